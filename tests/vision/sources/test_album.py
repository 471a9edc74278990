from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.errors import SourceBroken
from vision.frames import Clock


def fill(folder: Path, count: int) -> None:
    for n in range(count):
        Image.new("RGB", (40 + n, 24), "white").save(folder / f"{n}.png")


def test_every_picture_of_a_folder_is_read_in_order(tmp_path: Path, read_all: Callable) -> None:
    fill(tmp_path, 12)
    frames, album = read_all(tmp_path, analyse_fps=1)
    assert [f.name for f in frames] == [f"{n}.png" for n in range(12)]
    assert [f.width for f in frames] == [40 + n for n in range(12)]
    assert {f.clock for f in frames} == {Clock.PHOTO}
    assert not album.live
    assert album.trouble is None


def test_one_picture_is_a_source_of_one_frame(tmp_path: Path, read_all: Callable) -> None:
    fill(tmp_path, 1)
    frames, _ = read_all(tmp_path / "0.png")
    assert [f.name for f in frames] == ["0.png"]
    assert (np.asarray(frames[0].pixels) == 255).all()


def test_a_broken_picture_is_named_and_the_others_go_on(tmp_path: Path, read_all: Callable) -> None:
    fill(tmp_path, 5)
    (tmp_path / "2.png").write_bytes(b"")
    frames, album = read_all(tmp_path)
    assert [(f.name, f.index) for f in frames] == [
        ("0.png", 0),
        ("1.png", 1),
        ("3.png", 3),
        ("4.png", 4),
    ]
    assert "2.png: is empty" in album.trouble
    (tmp_path / "3.png").write_bytes(b"x")
    _, album = read_all(tmp_path)
    assert album.trouble.startswith("2 of 5 pictures could not be read")


def test_a_folder_without_a_readable_picture_is_broken(tmp_path: Path, read_all: Callable) -> None:
    with pytest.raises(SourceBroken, match="holds no picture"):
        read_all(tmp_path)
    (tmp_path / "0.png").touch()
    with pytest.raises(SourceBroken, match="is empty"):
        read_all(tmp_path)
