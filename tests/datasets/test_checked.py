import json
from pathlib import Path

import pytest

from datasets.checked import BOXES, Checked, read_checked
from datasets.errors import LabelError
from datasets.importers import Box

WHOLE = {
    f"{name}/val"
    for name in (
        "bins_cn", "plates", "roofs_banepa", "roofs_kampala", "roofs_nacala", "trucks_road",
        "vehicles",
    )
}  # fmt: skip
"""Validation parts that were labelled by hand before a correction had to say why."""


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows))
    return path


def row(checked: list[str], *boxes: list[object], picture: str = "ab") -> dict[str, object]:
    return {"picture": picture, "source": "s", "checked": checked, "boxes": list(boxes)}


def test_lines_of_a_picture_add_up_and_the_later_one_counts(tmp_path: Path) -> None:
    first = write(
        tmp_path / "a.jsonl",
        row(["stall", "parasol"], ["stall", 0, 0, 0.5, 0.5], ["parasol", 0.1, 0, 0.2, 0.1]),
        row(["bin"], picture="cd"),
    )
    second = write(tmp_path / "b.jsonl", row(["stall"], ["stall", 0.5, 0.5, 1, 1, "umbrella"]))
    found = read_checked(first, second)
    assert found["cd"] == Checked(frozenset({"bin"}))
    assert found["ab"].classes == {"stall", "parasol"}
    assert set(found["ab"].boxes) == {
        Box("parasol", 0.1, 0, 0.2, 0.1),
        Box("stall", 0.5, 0.5, 1, 1, "umbrella"),
    }


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (row(["stall"], ["bin", 0, 0, 1, 1]), "bin"),
        (row(["dog"]), "dog"),
        (row(["stall"], ["stall", 0.5, 0, 0.4, 1]), "x1 < x2"),
        (row(["stall"], ["stall", 0, 0, 1, 1.5]), "fractions"),
        (row(["stall"], ["stall", 0, 0, 1]), "y2|y1|unpack"),
        ({"picture": "ab", "boxes": []}, "checked"),
        ({**row(["stall"]), "why": ""}, "why"),
        ({**row(["stall"]), "why": 3}, "why"),
        ("{", "JSON"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, bad: object, fault: str) -> None:
    path = write(tmp_path / "a.jsonl", row(["stall"]), bad)
    with pytest.raises(LabelError, match=rf"(?s)a\.jsonl:2: .*({fault})"):
        read_checked(path)


def test_a_line_may_say_why(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", {**row(["stall"]), "why": "a shop's own front"})
    assert read_checked(path)["ab"] == Checked(frozenset({"stall"}))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"none\.jsonl cannot be read"):
        read_checked(tmp_path / "none.jsonl")


def test_the_repository_s_own_boxes_are_valid() -> None:
    assert all(one.classes for one in read_checked(BOXES).values())


def test_corrected_validation_labels_say_why() -> None:
    rows = [json.loads(line) for line in BOXES.read_text().splitlines()]
    needed = [r for r in rows if r["source"].endswith("/val") and r["source"] not in WHOLE]
    assert needed
    assert [r["picture"] for r in needed if "why" not in r] == []
