"""Pre-labels: what a teacher sees, kept by picture hash."""

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.catalogue import find
from models.prelabel import prelabel_folders


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A folder with a rendered street, and a file that is no picture."""
    from datasets.renderer.samples import render_sample

    folder = tmp_path / "street" / "images"
    folder.mkdir(parents=True)
    pixels, _, _ = render_sample(0, 5)
    cv2.imwrite(str(folder / "a.png"), np.asarray(pixels))
    (folder / "b.png").write_bytes(b"not a picture")
    return folder


def test_a_picture_is_looked_at_once_and_a_broken_one_named(
    street: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "made" / "seen.jsonl"
    teacher = find("streetwarden-n")
    assert prelabel_folders(teacher, [street], out, size=320, threshold=0.02) == 1
    assert "b.png: not a readable picture" in capsys.readouterr().out
    (row,) = map(json.loads, out.read_text().splitlines())
    assert row["picture"] == hashlib.sha256((street / "a.png").read_bytes()).hexdigest()
    assert row["seen"], "a rendered street shows something at so low a score"
    for name, score, x1, y1, x2, y2 in row["seen"]:
        assert name in teacher.classes
        assert 0.02 <= score <= 1
        assert 0 <= x1 < x2 <= 1
        assert 0 <= y1 < y2 <= 1

    assert prelabel_folders(teacher, [street], out, size=320, threshold=0.02) == 0
    assert len(out.read_text().splitlines()) == 1


def test_a_teacher_is_only_asked_for_some_classes(street: Path, tmp_path: Path) -> None:
    teacher = find("streetwarden-n")
    every, some = tmp_path / "every.jsonl", tmp_path / "some.jsonl"
    prelabel_folders(teacher, [street], every, size=320, threshold=0.02)
    seen = json.loads(every.read_text())["seen"]
    wanted = seen[0][0]
    prelabel_folders(teacher, [street], some, size=320, threshold=0.02, classes={wanted})
    assert json.loads(some.read_text())["seen"] == [one for one in seen if one[0] == wanted]
