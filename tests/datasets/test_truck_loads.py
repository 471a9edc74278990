import csv
import json
from pathlib import Path

import numpy as np
import pytest

from datasets.crops import read_labels
from datasets.errors import RecipeError
from datasets.truck_loads import COUNTS, GROUND, SURFACES, Body, Painter, read_bodies, write

CORNERS = np.array([[40, 30], [200, 30], [200, 80], [40, 80]], np.float32)
LOOSE = np.full((60, 60, 3), (30, 60, 120), np.uint8)


def body(surface: str, shade: int = 200) -> Body:
    pixels = np.full((160, 300, 3), shade, np.uint8)
    return Body(pixels, surface, CORNERS)


def painter() -> Painter:
    return Painter([[LOOSE]], [body("tarpaulin", 90), body("bed_covered", 60)], seed=0)


@pytest.mark.parametrize("surface", sorted(COUNTS))
def test_a_load_is_painted_where_it_lies_and_nowhere_else(surface: str) -> None:
    before = body(surface)
    after = painter().paint(before, covered=False)
    changed = np.abs(after.astype(int) - before.pixels).max(2) > 8
    assert changed[45:75, 100:140].mean() > 0.5
    changed[20:92, 30:210] = False
    assert not changed.any()
    assert after[60, 120, 2] > after[60, 120, 0]  # the colour of the earth that was given


@pytest.mark.parametrize("surface", ["rim", "bed", "tarpaulin"])
def test_a_cover_comes_from_another_truck(surface: str) -> None:
    before = body(surface)
    after = painter().paint(before, covered=True)
    assert after[70, 120].max() < 100
    assert np.array_equal(after[120:], before.pixels[120:])


def test_same_seed_same_pictures(tmp_path: Path) -> None:
    bodies = [body("rim"), body("bed")]
    for name in "ab":
        written = write(bodies, painter(), tmp_path / name)
    assert written == sum(COUNTS["rim"] + COUNTS["bed"])
    rows = [json.loads(line) for line in (tmp_path / "a" / "crops.jsonl").read_text().splitlines()]
    assert {row["load"] for row in rows} == {"open", "covered"}
    assert {row["part"] for row in rows} == {"train"}
    for row in rows:
        pictures = [(tmp_path / name / row["image"]).read_bytes() for name in "ab"]
        assert pictures[0] == pictures[1]


def test_no_held_out_picture_lends_a_body_or_its_ground() -> None:
    held = {row["picture_sha256"] for row in read_labels() if row["part"] == "held_out"}
    for listing in (SURFACES, GROUND):
        with listing.open(newline="") as file:
            used = {row["picture_sha256"] for row in csv.DictReader(file)}
        assert used
        assert not used & held


def test_a_folder_without_the_pictures_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"truck_surfaces\.csv"):
        read_bodies(tmp_path)
