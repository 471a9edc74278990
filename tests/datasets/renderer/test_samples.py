import json

import cv2
import numpy as np
import pytest

from datasets.errors import RenderError
from datasets.renderer.samples import class_ids, render_sample, render_samples


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return render_samples(tmp_path_factory.mktemp("samples"), 8, seed=3)


def test_same_seed_same_pixels_and_truth():
    one, boxes, quality = render_sample(1, 11)
    two, again, same = render_sample(1, 11)
    assert np.array_equal(one, two)
    assert (boxes, quality) == (again, same)
    other, _, _ = render_sample(1, 12)
    assert other.shape != one.shape or not np.array_equal(other, one)


def test_labels_are_yolo_and_inside_the_picture(folder):
    seen = set()
    images = sorted((folder / "images").glob("*.jpg"))
    assert len(images) == 8
    for image in images:
        assert cv2.imread(str(image)).shape[2] == 3
        for line in (folder / "labels" / f"{image.stem}.txt").read_text().splitlines():
            label, *values = line.split()
            seen.add(int(label))
            cx, cy, w, h = map(float, values)
            assert cx - w / 2 >= -1e-6
            assert cx + w / 2 <= 1 + 1e-6
            assert cy - h / 2 >= -1e-6
            assert cy + h / 2 <= 1 + 1e-6
    assert seen <= set(class_ids().values())
    assert len(seen) >= 6


def test_truck_crops_name_their_state(folder):
    crops = [json.loads(line) for line in (folder / "crops.jsonl").read_text().splitlines()]
    assert crops
    for crop in crops:
        assert (folder / crop["image"]).exists()
        assert crop["load"] in {"open", "covered", "empty", "other"}
        assert crop["dirt"] in {"clean", "muddy"}


def test_unwritable_folder_says_so(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(RenderError, match=r"cannot be made.*Choose another folder"):
        render_samples(blocked / "out", 1)
