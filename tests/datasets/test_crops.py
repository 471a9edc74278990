import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from datasets.crops import crop_box, cut, read_labels
from datasets.errors import LabelError, RecipeError

VALUES = {"load": {"open", "covered", "empty", "other", ""}, "dirt": {"clean", "muddy", ""}}


def test_labels_in_the_repository_are_whole() -> None:
    rows = read_labels()
    assert len(rows) > 150
    for row in rows:
        assert len(row["picture_sha256"]) == 64
        assert 0 <= float(row["x1"]) < float(row["x2"]) <= 1
        assert 0 <= float(row["y1"]) < float(row["y2"]) <= 1
        for name, values in VALUES.items():
            assert row[name] in values
        assert row["load"] or row["dirt"]  # a line that says nothing is none
    parts = {
        part: {row["picture_sha256"] for row in rows if row["part"] == part}
        for part in ("train", "held_out")
    }
    assert not parts["train"] & parts["held_out"]


def test_crops_are_found_by_the_pictures_hash(tmp_path: Path) -> None:
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[40:60, 50:150] = 255
    (tmp_path / "deep").mkdir()
    cv2.imwrite(str(tmp_path / "deep" / "any-name.png"), picture)
    sha = hashlib.sha256((tmp_path / "deep" / "any-name.png").read_bytes()).hexdigest()
    label = {"picture_sha256": sha, "x1": "0.25", "y1": "0.4", "x2": "0.75", "y2": "0.6"}
    attributes = {"load": "open", "dirt": "", "part": "train", "source": "street"}
    lost = {**label, **attributes, "picture_sha256": "0" * 64}
    assert cut([{**label, **attributes}, lost], tmp_path, tmp_path / "out") == 1
    (row,) = map(json.loads, (tmp_path / "out" / "crops.jsonl").read_text().splitlines())
    assert (row["load"], row["dirt"], row["part"]) == ("open", None, "train")
    crop = cv2.imread(str(tmp_path / "out" / row["image"]))
    assert 100 <= crop.shape[1] <= 115  # 100 px and the margin
    with pytest.raises(RecipeError, match="No labelled picture"):
        cut([lost], tmp_path / "deep", tmp_path / "out2")


def test_a_crop_stays_in_the_picture_and_is_never_empty() -> None:
    picture = np.zeros((10, 10, 3), np.uint8)
    assert crop_box(picture, (0.0, 0.0, 1.0, 1.0)).shape == (10, 10, 3)
    assert crop_box(picture, (0.5, 0.5, 0.5001, 0.5001)).size > 0


def test_labels_without_a_column(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("picture_sha256,x1\nab,0\n")
    with pytest.raises(LabelError, match=r"labels\.csv lack .*load"):
        read_labels(path)
    with pytest.raises(LabelError, match="Restore"):
        read_labels(tmp_path / "absent.csv")
