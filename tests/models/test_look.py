from pathlib import Path

import cv2
import numpy as np
import pytest

from models import find
from models.evaluation.bootstrap import draws
from models.evaluation.table import look_at
from models.evaluation.tiles import compare_tiles
from models.evaluation.truth import Picture
from models.look import Found, Looker, Pixels, letterboxed

LEAST = 40


class Bright(Looker):
    """Sees what is white, if it is large enough in the input: like a detector, in nothing else."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.classes = ("white",)

    def look(self, picture: Pixels) -> Found:
        tensor, scale, offset = letterboxed(picture, self.size)
        white = (tensor[0].min(0) > 0.6).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(white)
        rows = stats[1:][stats[1:, 2] * stats[1:, 3] >= LEAST]
        boxes = np.concatenate((rows[:, :2], rows[:, :2] + rows[:, 2:4]), 1)
        scores = np.minimum(0.5 + rows[:, 4] / 1e5, 0.99)
        count = len(rows)
        return Found(
            ((boxes - offset) / scale).astype(np.float32),
            scores.astype(np.float32),
            np.zeros(count, np.int64),
            np.ones(count, bool),
        )


def _scene(width: int, height: int, boxes: list[tuple[int, int, int, int]]) -> Pixels:
    pixels = np.full((height, width, 3), 40, np.uint8)
    for x1, y1, x2, y2 in boxes:
        pixels[y1:y2, x1:x2] = 255
    return pixels


@pytest.mark.parametrize(("width", "height"), [(640, 360), (100, 333), (64, 64), (1, 50)])
def test_letterbox_leads_back_to_the_picture(width: int, height: int) -> None:
    tensor, scale, offset = letterboxed(_scene(width, height, []), 320)
    assert tensor.shape[:2] == (1, 3)
    assert all(side % 32 == 0 for side in tensor.shape[2:])
    assert max(tensor.shape[2:]) == 320
    assert tensor.min() >= 0
    assert tensor.max() <= 1
    whole = np.array([0, 0, width, height]) * scale + offset
    rows, columns = (int(side) for side in tensor.shape[2:])
    assert whole[0] >= 0
    assert whole[2] <= columns + 1e-3
    assert whole[3] <= rows + 1e-3
    np.testing.assert_allclose((whole - offset) / scale, [0, 0, width, height], atol=1e-3)


def test_a_detector_gives_boxes_in_the_picture_best_first(tiny_weights: Path) -> None:
    looker = Looker(find(tiny_weights), 96, 0.0001)
    pixels = np.random.default_rng(0).integers(0, 256, (50, 90, 3), np.uint8)
    found = looker.look(pixels)
    assert 0 < len(found) <= 300
    assert (np.diff(found.scores) <= 0).all()
    assert found.boxes.min() >= 0
    assert (found.boxes.max(0) <= [90, 50, 90, 50]).all()
    assert found.first.any()
    single = Looker(find(tiny_weights), 96, 0.0001, several_labels=False).look(pixels)
    assert single.first.all()


def test_tiles_find_small_things_once_and_large_ones_whole() -> None:
    small = [(30, 30, 44, 44), (312, 100, 326, 114), (600, 300, 614, 314)]  # one across a seam
    large = (100, 150, 560, 330)
    found = Bright(320).look_in_tiles(_scene(640, 360, [*small, large]))
    boxes = sorted(map(tuple, np.rint(found.boxes).astype(int).tolist()))
    assert len(boxes) == 4
    np.testing.assert_allclose(boxes, sorted([*small, large]), atol=4)


def test_a_picture_that_fits_is_looked_at_once() -> None:
    looker = Bright(320)
    picture = _scene(320, 200, [(10, 10, 60, 60)])
    np.testing.assert_array_equal(looker.look(picture).boxes, looker.look_in_tiles(picture).boxes)


def test_tiles_are_measured_against_the_whole(tmp_path: Path) -> None:
    box = (312, 100, 320, 108)  # too small in the input when the picture is looked at whole
    pictures = []
    for number, (width, height) in enumerate(((640, 360), (640, 360), (320, 180))):
        file = tmp_path / f"{number}.png"
        cv2.imwrite(str(file), _scene(width, height, [box] if number < 2 else []))
        shape = np.array([box]) / (width, height, width, height)
        names, boxes = (("white",), shape) if number < 2 else ((), np.empty((0, 4)))
        measured = frozenset({"white"})
        marks = ("",) * len(names)
        pictures.append(Picture(file, "air", f"{number:064x}", measured, names, boxes, marks))
    looker = Bright(320)
    table = look_at(pictures, looker.look, 320, ("white",))
    result = compare_tiles(table, looker, draws(table.sources, 20, 0), 0.3)
    assert result["air"]["pictures"] == 2
    white = result["air"]["classes"]["white"]
    assert white["whole"]["recall"][0] == 0
    assert white["tiled"]["recall"][0] == 1
    assert white["recall_gain"][0] == 1
    assert white["ap50_gain"][0] > 0.9
