from collections.abc import Callable
from pathlib import Path

import pytest

from datasets.check import check
from datasets.folders import list_folder

NAMES = {0: "bin", 1: "garbage"}


def faults(folder: Path, *, backgrounds: bool = False) -> list[tuple[str, str]]:
    found = check(list_folder(folder), NAMES, backgrounds=backgrounds)
    return [(fault.kind, fault.text) for fault in found]


def test_a_sound_folder_has_no_faults(tmp_path: Path, labelled: Callable[..., Path]) -> None:
    labelled(tmp_path, "a.png", "0 0.5 0.5 0.2 0.2\n1 0.1 0.1 0.3 0.1 0.2 0.4\n")
    labelled(tmp_path, "b.png", "")
    (tmp_path / "labels" / "classes.txt").write_text("bin\ngarbage\n")
    assert faults(tmp_path) == []


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ("0 0.5 0.5 oops 0.2", "line"),
        ("0 0.5 0.5 0.2", "line"),
        ("0.5 0.5 0.5 0.2 0.2", "line"),
        ("2 0.5 0.5 0.2 0.2", "class"),
        ("0 0.95 0.5 0.2 0.2", "outside"),
        ("0 nan 0.5 0.2 0.2", "outside"),
        ("0 0.5 0.5 0 0.2", "tiny"),
        ("0 0.5 0.5 -0.2 0.2", "tiny"),
        ("0 0.5 0.5 0.002 0.2", "tiny"),
        ("0 0.2001 0.2 0.1 0.1", "box_twice"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(
    tmp_path: Path, labelled: Callable[..., Path], labels: str, kind: str
) -> None:
    labelled(tmp_path, "a.png", f"0 0.2 0.2 0.1 0.1\n{labels}\n0 0.8 0.8 0.1 0.1\n9 1 1 1 1\n")
    found = faults(tmp_path)
    (one, text), *rest = found
    assert one == kind
    assert "a.txt:2: " in text
    assert [k for k, _ in rest] == ["class", "outside"]


def test_bad_files_are_named_and_the_rest_goes_on(
    tmp_path: Path, labelled: Callable[..., Path]
) -> None:
    good = labelled(tmp_path, "a.png")
    (tmp_path / "images" / "b.png").write_bytes(good.read_bytes())
    (tmp_path / "labels" / "b.txt").write_text("")
    (tmp_path / "images" / "c.jpg").write_bytes(b"no picture")
    (tmp_path / "labels" / "c.txt").write_text("")
    labelled(tmp_path, "d.png", None)
    labelled(tmp_path, "d.jpg", None)
    (tmp_path / "labels" / "gone.txt").write_text("")
    kinds = {(kind, Path(text.split(":")[0]).name) for kind, text in faults(tmp_path)}
    assert kinds == {
        ("picture_twice", "b.png"),
        ("picture", "c.jpg"),
        ("no_labels", "d.jpg"),
        ("no_labels", "d.png"),
        ("name_twice", "d.png"),
        ("no_picture", "gone.txt"),
    }
    assert "no_labels" not in {kind for kind, _ in faults(tmp_path, backgrounds=True)}
