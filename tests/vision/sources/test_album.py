from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vision.errors import SourceBroken
from vision.frames import Clock
from vision.sources.address import as_text


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


def test_every_file_that_is_not_read_is_told_of(
    tmp_path: Path, read_all: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, 1)
    (tmp_path / "DJI_0001.DNG").write_bytes(b"x")
    (tmp_path / "may.rar").write_bytes(b"x")
    frames, album = read_all(tmp_path)
    assert len(frames) == 1
    assert album.trouble.startswith("DJI_0001.DNG: not read, is a raw photo")
    assert album.trouble.endswith("nor are 1 more")
    assert "may.rar: is an archive" in caplog.text
    (tmp_path / "1.png").write_bytes(b"")
    _, album = read_all(tmp_path)
    assert "1.png: is empty" in album.trouble
    assert "DJI_0001.DNG" in album.trouble


def test_linked_folders_are_read(tmp_path: Path, read_all: Callable) -> None:
    for name in ("nas", "photos"):
        (tmp_path / name).mkdir()
    fill(tmp_path / "nas", 2)
    (tmp_path / "photos/may").symlink_to(tmp_path / "nas")
    (tmp_path / "photos/loop").symlink_to("..")
    frames, album = read_all(tmp_path / "photos")
    assert [f.name for f in frames] == ["may/0.png", "may/1.png"]
    assert "loop: not read" in album.trouble


def test_names_that_are_no_utf8_are_read_and_can_be_written(
    tmp_path: Path, read_all: Callable
) -> None:
    folder = tmp_path / os.fsdecode("照".encode("gb18030"))
    folder.mkdir()
    fill(folder, 1)
    (folder / "0.png").rename(folder / os.fsdecode(b"\xff\x1b[2J.png"))
    (folder / os.fsdecode(b"\xfe.png")).write_bytes(b"")
    source = as_text(str(folder))
    assert source.isascii()
    frames, album = read_all(source)
    assert [f.name for f in frames] == ["\\xff\\x1b[2J.png"]
    assert f"{tmp_path}/照/\\xfe.png: is empty" in album.trouble
