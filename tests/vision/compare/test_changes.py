"""What counts as a change: boxes and pixels of two pictures laid over each other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.vision.compare.roof_engine import build, ground
from vision.compare.appearance import face, resemblance
from vision.compare.areas import changed
from vision.compare.changes import Side, Structures, compare

FIELD = ground(1, (400, 300))
HOUSE, SHED = (100, 100, 160, 150), (250, 60, 300, 110)


def side(picture, *seen: tuple[tuple[int, int, int, int], float], known=None) -> Side:
    boxes = np.array([box for box, _ in seen], np.float64).reshape(-1, 4)
    scores = np.array([score for _, score in seen])
    everywhere = np.ones((300, 400), bool) if known is None else known
    return Side(Structures(boxes, scores), face(picture, everywhere), everywhere)


def whats(found) -> list[str]:
    return [change.what for change in found.changes]


def test_a_new_house_appears_and_an_old_one_stays() -> None:
    before, after = build(FIELD, SHED), build(FIELD, SHED, HOUSE)
    found = compare(side(before, (SHED, 0.7)), side(after, (SHED, 0.6), (HOUSE, 0.8)), 2)
    assert whats(found) == ["appeared"]
    assert found.changes[0].box == HOUSE
    assert len(found.unchanged) == 1


def test_what_the_detector_missed_before_is_not_new() -> None:
    picture = build(FIELD, HOUSE)
    bright = cv2.convertScaleAbs(picture, alpha=0.7, beta=60).astype(np.uint8)
    found = compare(side(picture), side(bright, (HOUSE, 0.8)), 2)
    assert (whats(found), len(found.unchanged)) == ([], 1)
    # And what it misses now has not gone.
    found = compare(side(picture, (HOUSE, 0.8)), side(bright), 2)
    assert (whats(found), len(found.unchanged)) == ([], 1)


def test_what_was_seen_weakly_before_is_not_new_even_if_its_pixels_differ() -> None:
    found = compare(side(FIELD, (HOUSE, 0.12)), side(build(FIELD, HOUSE), (HOUSE, 0.8)), 2)
    assert (whats(found), len(found.unchanged)) == ([], 1)
    part = (100, 100, 160, 114)
    found = compare(side(FIELD, (part, 0.12)), side(build(FIELD, HOUSE), (HOUSE, 0.8)), 2)
    assert (whats(found), len(found.doubtful)) == ([], 1)


def test_a_house_that_is_gone() -> None:
    found = compare(side(build(FIELD, HOUSE), (HOUSE, 0.8)), side(FIELD), 2)
    assert whats(found) == ["gone"]


def test_it_has_grown_only_beyond_what_boxes_are_wrong_by() -> None:
    large = (100, 100, 160, 200)
    before, after = build(FIELD, HOUSE), build(FIELD, large)
    found = compare(side(before, (HOUSE, 0.8)), side(after, (large, 0.8)), 2)
    assert whats(found) == ["grown"]
    assert (found.changes[0].box, found.changes[0].earlier) == (large, HOUSE)
    # The same roof with a box drawn a little larger; and one that the pixels do not bear out.
    wider = (98, 98, 164, 154)
    assert whats(compare(side(before, (HOUSE, 0.8)), side(before, (wider, 0.8)), 2)) == []
    assert whats(compare(side(after, (HOUSE, 0.8)), side(after, (large, 0.8)), 2)) == []
    # So far off that it may be the registration's error.
    assert whats(compare(side(before, (HOUSE, 0.8)), side(after, (large, 0.8)), 80)) == []
    # A neighbour that was drawn as a box of its own before.
    rest = (100, 150, 160, 200)
    found = compare(side(before, (HOUSE, 0.8), (rest, 0.4)), side(after, (large, 0.8)), 2)
    assert whats(found) == []


def test_what_the_other_picture_does_not_show_is_not_compared() -> None:
    known = np.ones((300, 400), bool)
    known[:, :130] = False
    found = compare(side(FIELD, known=known), side(build(FIELD, HOUSE), (HOUSE, 0.8)), 2)
    assert (whats(found), len(found.unseen)) == ([], 1)


@pytest.mark.parametrize("shift", [0, 3, 6])
def test_a_place_resembles_itself_as_far_beside_as_it_may_lie(shift: int) -> None:
    there = face(np.roll(build(FIELD, HOUSE), shift, axis=1))
    here = face(build(FIELD, HOUSE))
    assert resemblance(here, there, HOUSE, reach=shift) > 0.9
    assert resemblance(here, face(FIELD), HOUSE, reach=shift) < 0.5


def test_changed_areas_lie_where_houses_were_built_and_nowhere_else() -> None:
    bare = np.full((300, 400, 3), 120, np.uint8)
    bare = (bare + np.random.default_rng(0).normal(0, 4, bare.shape)).clip(0, 255).astype(np.uint8)
    village = build(
        bare,
        *(
            (200 + 30 * i, 100 + 30 * j, 218 + 30 * i, 118 + 30 * j)
            for i in range(4)
            for j in range(4)
        ),
        colour=(230, 230, 230),
    )
    (area,) = changed(face(bare), face(village))
    x1, y1, x2, y2 = area.box
    assert 170 < x1 < 220
    assert 70 < y1 < 120
    assert 300 < x2 < 350
    assert 200 < y2 < 250
    assert changed(face(bare), face(bare)) == []
    nowhere = face(bare, np.zeros((300, 400), bool))
    assert changed(nowhere, face(village)) == []
