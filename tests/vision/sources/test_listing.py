"""Every file of a folder: read, or named with why it is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vision.errors import SourceBroken
from vision.sources.listing import list_folder, list_pictures, natural, walk


def fill(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def told(root: Path) -> dict[str, str]:
    return {str(one.below): one.why for one in walk(root)}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a.HEIC", ""),
        ("a.jp2", ""),
        ("DJI_0001.DNG", "raw photo"),
        ("a.CR3", "raw photo"),
        ("a.mp4", "watch --source"),
        ("a.rar", "archive"),
        ("a.pdf", "document"),
        ("a.psd", "export it as JPEG"),
        ("a.zip", "zip"),
        ("notes.txt", "no picture"),
        ("IMG_0001", "suffix"),
        ("a.jpg.part", "suffix"),
        (".hidden.jpg", "hidden"),
    ],
)
def test_each_file_is_a_picture_or_says_why_it_is_not_read(
    tmp_path: Path, name: str, why: str
) -> None:
    (found,) = told(fill(tmp_path, name)).values()
    assert (found == "") if not why else (why in found)


def test_what_computers_leave_behind_goes_without_a_word(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", "._a.jpg", "__MACOSX/a.jpg")
    fill(tmp_path, "@eaDir/a.jpg", "System Volume Information/x")
    assert told(tmp_path) == {"a.jpg": ""}


def test_many_texts_beside_photos_are_one_line(tmp_path: Path) -> None:
    fill(tmp_path, *(f"labels/{n}.txt" for n in range(40)), "a.jpg", "a.txt", "labels/x.rar")
    assert told(tmp_path) == {
        "a.jpg": "",
        "a.txt": "holds no picture",
        "labels/*.txt": "40 files hold no picture",
        "labels/x.rar": "is an archive that is not read; unpack it",
    }


def test_linked_folders_are_entered_once_and_loops_are_named(tmp_path: Path) -> None:
    fill(tmp_path, "nas/may/b.jpg", "photos/a.jpg", "photos/sub/c.jpg")
    photos = tmp_path / "photos"
    (photos / "may").symlink_to(tmp_path / "nas/may")
    (photos / "may again").symlink_to(tmp_path / "nas/may")
    (photos / "loop").symlink_to("..")
    (photos / "self").symlink_to(".")
    (photos / "sub/top").symlink_to(photos)
    (tmp_path / "nas/may/back").symlink_to(tmp_path / "nas")
    (photos / "gone").symlink_to("nowhere")
    (photos / "knot").symlink_to("knot")
    found = told(photos)
    assert [name for name, why in found.items() if not why] == ["a.jpg", "may/b.jpg", "sub/c.jpg"]
    assert "same folder as" in found["may again"]
    for name in ("loop", "self", "sub/top", "may/back"):
        assert "leads up" in found[name], name
    for name in ("gone", "knot"):
        assert "link to what is not there" in found[name]


def test_a_link_named_before_the_folder_itself_costs_nothing(tmp_path: Path) -> None:
    fill(tmp_path, "z/a.jpg")
    (tmp_path / "b").symlink_to("z")
    found = told(tmp_path)
    assert found["b/a.jpg"] == ""
    assert "same folder" in found["z"]


def test_a_folder_that_cannot_be_listed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, "a.jpg", "closed/b.jpg")
    listing = Path.iterdir

    def refuse(self: Path):
        if self.name == "closed":
            raise PermissionError(13, "Permission denied")
        return listing(self)

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert told(tmp_path) == {"a.jpg": "", "closed": "cannot be listed (Permission denied)"}


def test_pipes_and_hidden_folders_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    fill(tmp_path, ".trash/a.jpg")
    found = told(tmp_path)
    assert "not an ordinary file" in found["pipe.jpg"]
    assert "hidden folder" in found[".trash"]


def test_a_missing_folder_is_an_error_and_an_empty_one_is_not(tmp_path: Path) -> None:
    assert list_folder(tmp_path) == []
    with pytest.raises(SourceBroken, match="cannot read this folder"):
        list_pictures(tmp_path / "missing")


def test_numbers_are_sorted_as_numbers_however_long() -> None:
    names = ["10", "9", "a2", "a10", "007", "9" * 5000]
    assert sorted(names, key=natural) == ["007", "9", "10", "9" * 5000, "a2", "a10"]
