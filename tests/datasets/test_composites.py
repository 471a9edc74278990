"""Cutting objects out of some pictures and setting them into others."""

import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from datasets.canvas import Canvas
from datasets.composites import SIDE, TALL, compose, write_composites
from datasets.cutouts import Cutout, cutouts
from datasets.errors import RecipeError
from datasets.importers import Box
from datasets.photos import read_view, training_photos
from datasets.recipe import class_names
from datasets.views import View
from scripts.commands.data import data

BOX = Box("stall", 0.3, 0.3, 0.7, 0.8)
PERSON = Box("person", 0.4, 0.2, 0.6, 0.8)


def street(boxes: tuple[Box, ...] = (BOX,)) -> View:
    """A red disc, its box around it, on noisy grey."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(90, 130, (240, 320, 3), np.uint8)
    cv2.ellipse(pixels, (160, 132), (64, 60), 0, 0, 360, (20, 20, 220), -1)
    return View("street", pixels, boxes)


def ground(boxes: tuple[Box, ...] = ()) -> View:
    return View("ground", np.full((240, 320, 3), 110, np.uint8), boxes)


def plain(name: str, width: int = 300, height: int = 300, **more: object) -> Cutout:
    """A grey block whose mask holds all of it."""
    pixels = np.full((height, width, 3), 200, np.uint8)
    return Cutout(name, pixels, np.ones((height, width), np.float32), **more)  # type: ignore[arg-type]


def red(pixels: np.ndarray) -> np.ndarray:
    return (pixels[..., 2].astype(int) - pixels[..., 1]) > 60


def names(view: View) -> list[str]:
    return [box.name for box in view.boxes]


def test_the_mask_follows_the_object_and_not_its_box() -> None:
    (cutout,) = cutouts([street()], {"stall"})
    hard = cutout.mask > 0.5
    truth = red(cutout.pixels)
    assert (hard & truth).sum() / (hard | truth).sum() > 0.95
    assert cutout.mask[0, 0] < 0.1


def test_a_mask_found_on_a_smaller_crop_fits_the_large_one() -> None:
    pixels = np.asarray(cv2.resize(street().pixels, (1280, 960)), np.uint8)
    (cutout,) = cutouts([View("large", pixels, (BOX,))], {"stall"})
    hard, truth = cutout.mask > 0.5, red(cutout.pixels)
    assert cutout.pixels.shape[0] > 450
    assert (hard & truth).sum() / (hard | truth).sum() > 0.95


@pytest.mark.parametrize(
    "boxes",
    [
        (Box("bin", 0.3, 0.3, 0.7, 0.8),),
        (BOX, Box("car", 0.3, 0.3, 0.6, 0.8)),
        (Box("stall", 0.3, 0.3, 0.35, 0.35),),
        (Box("stall", 0.0, 0.3, 1.0, 0.8),),
    ],
    ids=["another class", "covered by another object", "too small", "cut off on both sides"],
)
def test_what_cannot_be_cut_out_is_passed_over(boxes: tuple[Box, ...]) -> None:
    assert [cutout.name for cutout in cutouts([street(boxes)], {"stall"})] == []


@pytest.mark.parametrize(
    ("boxes", "found"),
    [
        ((PERSON,), 1),
        ((Box("person", 0.3, 0.3, 0.7, 0.8),), 0),
        ((Box("person", 0.4, 0.3, 0.6, 1.0),), 0),
        ((PERSON, Box("person", 0.4, 0.2, 0.55, 0.8)), 0),
    ],
    ids=["whole", "half behind something", "cut off by the border", "in a crowd"],
)
def test_what_stands_beside_is_cut_out_where_it_is_whole(
    boxes: tuple[Box, ...], found: int
) -> None:
    pixels = np.random.default_rng(1).integers(90, 130, (240, 320, 3), np.uint8)
    for box in boxes:
        center = (round((box.x1 + box.x2) * 160), round((box.y1 + box.y2) * 120))
        axes = (round(box.width * 155), round(box.height * 115))
        cv2.ellipse(pixels, center, axes, 0, 0, 360, (20, 20, 220), -1)
    got = list(cutouts([View("street", pixels, boxes)], {"person"}, whole=True))
    assert len(got) == found


def test_the_seller_is_cut_out_with_the_stall_and_mirrored_with_it() -> None:
    seller = Box("person", 0.42, 0.45, 0.48, 0.65)
    (cutout,) = cutouts([street((BOX, seller))], {"stall"})
    (part,) = cutout.parts
    assert part.x1 == pytest.approx(0.3, abs=0.03)
    (other,) = cutout.mirrored().parts
    assert (other.x1, other.x2) == pytest.approx((1 - part.x2, 1 - part.x1))
    canvas = Canvas(ground())
    assert canvas.put(cutout, 0.5, 0.9, 0.5, guarded=True)
    assert sorted(box.name for box in canvas.boxes()) == ["person", "stall"]


def test_what_the_border_cut_off_is_set_at_the_border() -> None:
    canvas = Canvas(ground())
    canvas.put(plain("stall", cut=frozenset({"left"})), 0.5, 0.9, 0.3, guarded=True)
    canvas.put(plain("stall", cut=frozenset({"right"})), 0.5, 0.9, 0.3, guarded=True)
    one, other = canvas.boxes()
    assert (one.x1, other.x2) == (0, 1)


def test_a_label_lies_where_the_object_was_set_in_and_its_size_is_bounded() -> None:
    objects = list(cutouts([street()], {"stall"}))
    seen = []
    for seed in range(40):
        view = compose(ground(), objects, {}, 0, random.Random(seed))
        ys, xs = np.nonzero(red(view.pixels))
        assert bool(view.boxes) == bool(len(xs))
        for box in view.boxes:
            seen.append(box.height)
            assert xs.min() / 320 >= box.x1 - 0.01
            assert xs.max() / 320 <= box.x2 + 0.01
            assert ys.min() / 240 >= box.y1 - 0.01
            assert ys.max() / 240 <= box.y2 + 0.01
            assert len(xs) > 0.5 * box.area * 240 * 320
    assert len(seen) >= 20
    assert min(seen) < 2 * TALL[0]
    assert TALL[0] - 0.01 <= min(seen) <= max(seen) <= TALL[1] + 0.01


def test_what_is_hidden_loses_its_label_and_the_rest_keeps_it() -> None:
    everywhere = tuple(Box("car", x / 10, y / 10, (x + 1) / 10, (y + 1) / 10)
                       for x in range(10) for y in range(10))  # fmt: skip
    canvas = Canvas(ground(everywhere))
    assert canvas.put(plain("stall"), 0.5, 0.9, 0.45, guarded=True)
    (stall,) = [box for box in canvas.boxes() if box.name == "stall"]
    kept = [box for box in canvas.boxes() if box.name == "car"]
    hidden = [box for box in everywhere if box not in kept]
    assert hidden
    assert all(stall.overlap(box) > 0.55 * box.area for box in hidden)
    assert all(stall.overlap(box) < 0.65 * box.area for box in kept)


def test_many_hide_an_object_together() -> None:
    canvas = Canvas(ground((Box("car", 0.4, 0.5, 0.6, 0.7),)))
    narrow = plain("person", 40, 120)
    canvas.put(narrow, 0.45, 0.8, 0.4, guarded=False)
    assert "car" in [box.name for box in canvas.boxes()]
    canvas.put(narrow, 0.55, 0.8, 0.4, guarded=False)
    assert [box.name for box in canvas.boxes()] == ["person", "person"]


def test_nothing_is_set_before_a_stall_so_that_it_cannot_be_told() -> None:
    canvas = Canvas(ground())
    assert canvas.put(plain("stall"), 0.5, 0.8, 0.3, guarded=True)
    assert not canvas.put(plain("car"), 0.5, 0.9, 0.5, guarded=False)
    assert canvas.put(plain("person", 40, 120), 0.45, 0.85, 0.3, guarded=False)
    assert sorted(box.name for box in canvas.boxes()) == ["person", "stall"]


def test_groups_stand_on_the_ground_and_keep_their_labels() -> None:
    crowd = {"person": [plain("person", 150, 400)], "bicycle": [plain("bicycle", 300, 200)]}
    seen: list[Box] = []
    for seed in range(20):
        view = compose(ground(), [], crowd, 2, random.Random(seed))
        assert len(view.boxes) <= 12
        seen += view.boxes
    assert {box.name for box in seen} == {"person", "bicycle"}
    assert all(box.y2 > 0.2 for box in seen)


def merged(folder: Path) -> Path:
    """A merged folder: a source of stalls with a person, and one of a large bare street."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    pixels = street().pixels
    cv2.ellipse(pixels, (40, 120), (14, 50), 0, 0, 360, (200, 20, 20), -1)
    cv2.imwrite(str(folder / "images" / "a.png"), pixels)
    ids = {name: index for index, name in enumerate(class_names())}
    (folder / "labels" / "a.txt").write_text(
        f"{ids['stall']} 0.5 0.55 0.4 0.5\n{ids['person']} 0.125 0.5 0.09 0.42\n"
    )
    cv2.imwrite(str(folder / "images" / "b.jpg"), np.full((1500, 2000, 3), 110, np.uint8))
    (folder / "labels" / "b.txt").write_text("")
    rows = [
        {"file": "images/a.png", "source": "stalls", "part": "train"},
        {"file": "images/b.jpg", "source": "streets", "part": "train"},
        {"file": "images/b.jpg", "source": "streets", "part": "train"},
        {"file": "images/c.jpg", "source": "held", "part": "val"},
    ]
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_photos_are_listed_once_and_read_at_the_size_of_use(tmp_path: Path) -> None:
    (picture,) = training_photos(merged(tmp_path / "m"), {"streets"})["streets"]
    assert read_view(picture, SIDE).pixels.shape == (480, 640, 3)
    assert read_view(picture, 1280).pixels.shape == (960, 1280, 3)
    assert read_view(picture, 4000).pixels.shape == (1500, 2000, 3)


@pytest.mark.parametrize("source", ["cafes", "held"])
def test_sources_that_are_not_there_are_named(tmp_path: Path, source: str) -> None:
    with pytest.raises(RecipeError, match=rf"no training pictures of {source}.*stalls, streets"):
        training_photos(merged(tmp_path / "m"), {"stalls", source})


def test_the_command_writes_the_share_without_and_the_same_seed_the_same(tmp_path: Path) -> None:
    folder = merged(tmp_path / "m")
    command = ["composites", str(folder), "--of", "stall", "--from", "stalls", "--onto", "streets"]
    command += ["--beside", "person", "--without", "0.5", "--count", "8", "--seed", "3"]
    for name in ("a", "b"):
        result = CliRunner().invoke(data, [*command, "--out", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
    files = sorted(path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*.*"))
    assert len(files) == 16
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    views = [read_view(path, SIDE) for path in sorted((tmp_path / "a" / "images").iterdir())]
    bare = [view for view in views if "stall" not in names(view)]
    assert len(bare) == 4
    assert any("person" in names(view) for view in bare)
    assert any("person" in names(view) for view in views if view not in bare)
    assert all(max(view.pixels.shape) == SIDE for view in views)


@pytest.mark.parametrize(
    ("more", "said"),
    [(["--without", "0.4"], "--beside"), (["--beside", "bus"], "bus")],
    ids=["nothing to set in", "a class that is not there"],
)
def test_what_cannot_be_made_is_said(tmp_path: Path, more: list[str], said: str) -> None:
    folder = merged(tmp_path / "m")
    command = ["composites", str(folder), "--of", "stall", "--from", "stalls", "--onto", "streets"]
    result = CliRunner().invoke(data, [*command, *more, "--out", str(tmp_path / "o")])
    assert isinstance(result.exception, RecipeError)
    assert said in str(result.exception)


def test_a_seed_writes_what_it_wrote_whatever_the_count(tmp_path: Path) -> None:
    folder = merged(tmp_path / "m")
    streets = training_photos(folder, {"streets"})
    for name, count in (("a", 2), ("b", 4)):
        write_composites([plain("stall")], {}, streets, tmp_path / name, count, seed=4)
    for path in (tmp_path / "a").rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()
