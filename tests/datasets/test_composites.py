"""Cutting objects out of some pictures and setting them into others."""

import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.composites import Cutout, compose, cutouts, read_views, write_composites
from datasets.errors import RecipeError
from datasets.importers import Box
from datasets.views import View

BOX = Box("stall", 0.3, 0.3, 0.7, 0.8)


def street(boxes: tuple[Box, ...] = (BOX,)) -> View:
    """A red disc, its box around it, on noisy grey."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(90, 130, (240, 320, 3), np.uint8)
    cv2.ellipse(pixels, (160, 132), (64, 60), 0, 0, 360, (20, 20, 220), -1)
    return View("street", pixels, boxes)


def ground() -> View:
    return View("ground", np.full((240, 320, 3), 110, np.uint8), (Box("car", 0.0, 0.0, 0.1, 0.1),))


def red(pixels: np.ndarray) -> np.ndarray:
    return (pixels[..., 2].astype(int) - pixels[..., 1]) > 60


def test_the_mask_follows_the_object_and_not_its_box() -> None:
    (cutout,) = cutouts([street()], {"stall"})
    hard = cutout.mask > 0.5
    truth = red(cutout.pixels)
    assert (hard & truth).sum() / (hard | truth).sum() > 0.95
    assert cutout.mask[0, 0] < 0.1


@pytest.mark.parametrize(
    "boxes",
    [
        (Box("bin", 0.3, 0.3, 0.7, 0.8),),
        (BOX, Box("car", 0.3, 0.3, 0.6, 0.8)),
        (Box("stall", 0.3, 0.3, 0.35, 0.35),),
    ],
    ids=["another class", "covered by another object", "too small"],
)
def test_what_cannot_be_cut_out_is_passed_over(boxes: tuple[Box, ...]) -> None:
    assert [cutout.name for cutout in cutouts([street(boxes)], {"stall"})] == []


def test_a_label_lies_where_the_object_was_set_in() -> None:
    objects = list(cutouts([street()], {"stall"}))
    seen = 0
    for seed in range(20):
        view = compose(ground(), objects, random.Random(seed))
        stalls = [box for box in view.boxes if box.name == "stall"]
        ys, xs = np.nonzero(red(view.pixels))
        assert bool(stalls) == bool(len(xs))
        for box in stalls:
            seen += 1
            assert xs.min() / 320 >= box.x1 - 0.01
            assert xs.max() / 320 <= box.x2 + 0.01
            assert ys.min() / 240 >= box.y1 - 0.01
            assert ys.max() / 240 <= box.y2 + 0.01
            assert len(xs) > 0.5 * box.area * 240 * 320
    assert seen >= 10


def test_what_is_hidden_loses_its_label_and_the_rest_keeps_it() -> None:
    whole = Cutout("stall", np.full((80, 80, 3), 200, np.uint8), np.ones((80, 80), np.float32))
    everywhere = tuple(Box("car", x / 10, y / 10, (x + 1) / 10, (y + 1) / 10)
                       for x in range(10) for y in range(10))  # fmt: skip
    seen = 0
    for seed in range(10):
        view = compose(View("g", ground().pixels, everywhere), [whole], random.Random(seed))
        (stall,) = [box for box in view.boxes if box.name == "stall"] or [None]
        if stall is None:
            continue
        seen += 1
        kept = [box for box in view.boxes if box.name == "car"]
        hidden = [box for box in everywhere if box not in kept]
        assert hidden
        assert all(stall.overlap(box) >= 0.6 * box.area for box in hidden)
        assert all(stall.overlap(box) < 0.6 * box.area for box in kept)
    assert seen >= 3


def test_the_same_seed_writes_the_same_pictures(tmp_path: Path) -> None:
    objects = list(cutouts([street()], {"stall"}))
    for name in ("a", "b"):
        write_composites(objects, [ground()], tmp_path / name, 3, seed=4)
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 6
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_sources_that_are_not_there_are_named(tmp_path: Path) -> None:
    row = '{"file": "images/x.jpg", "source": "streets", "part": "train"}\n'
    (tmp_path / "manifest.jsonl").write_text(row)
    with pytest.raises(RecipeError, match=r"no training pictures of stalls.*streets"):
        read_views(tmp_path, {"stalls"})
