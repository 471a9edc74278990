import json
from pathlib import Path
from typing import Any

import pytest

from datasets.checked import Checked, read_checked
from datasets.folders import list_folder
from datasets.reviewed import CLASSES, Case, Report, export_cases

PIXELS = {"o1": b"original 1", "m1": b"masked 1", "o2": b"original 2", "m2": b"masked 2"}


def case(
    name: str,
    decision: str | None = "confirm",
    reason: str | None = None,
    *,
    subtype: str = "bin_overflow",
    frame: str = "1",
    minute: int = 30,
    **changes: Any,
) -> Case:
    kind = {"bin_overflow": "overflowing_bin", "exposed_garbage": "overflowing_bin"}
    at = f"2026-05-21T04:{minute:02d}:00Z"
    pictures = [("original", f"o{frame}"), ("masked", f"m{frame}"), ("annotated", "x")]
    return {
        "case_id": name,
        "kind": kind.get(subtype, subtype),
        "subtype": subtype,
        "camera": "gate",
        "box": [0.25, 0.5, 0.5, 1.0],
        "review": {"decision": decision, "reason": reason} if decision else None,
        "when": {"first_seen": "2026-05-21T04:00:00Z", "last_seen": "2026-05-21T04:50:00Z"},
        "evidence": [
            {"role": role, "sha256": digest, "moment": "confirmed", "captured_at": at}
            for role, digest in pictures
        ],
        **changes,
    }


def run(out: Path, *cases: Case, **options: Any) -> tuple[Report, dict[bytes, list[list[str]]]]:
    """Exports, and gives the labels of each written picture."""
    report = export_cases(cases, PIXELS.__getitem__, out, **options)
    labels = {
        entry.picture.read_bytes(): [row.split() for row in entry.labels.read_text().splitlines()]
        for entry in list_folder(out)
    }
    return report, labels


def named(rows: list[list[str]]) -> list[str]:
    return sorted(CLASSES[int(row[0])] for row in rows)


def test_a_confirmed_case_is_a_masked_picture_with_its_box(tmp_path: Path) -> None:
    report, labels = run(tmp_path, case("A"))
    label = str(CLASSES.index("overflowing_bin"))
    assert labels == {b"masked 1": [[label, "0.375000", "0.750000", "0.250000", "0.500000"]]}
    assert report == Report(pictures=1, confirmed=1)
    assert (tmp_path / "boxes.jsonl").read_text() == ""
    (entry,) = list_folder(tmp_path)
    assert entry.names == dict(enumerate(CLASSES))


def test_originals_are_taken_when_asked_for(tmp_path: Path) -> None:
    _, labels = run(tmp_path, case("A"), originals=True)
    assert list(labels) == [b"original 1"]


def test_a_false_positive_is_looked_for_and_not_there(tmp_path: Path) -> None:
    garbage = case("B", subtype="exposed_garbage", frame="2")
    report, labels = run(tmp_path, case("A", "reject", "false_positive"), garbage)
    assert (report.confirmed, report.refuted) == (1, 1)
    assert {data: named(rows) for data, rows in labels.items()} == {
        b"masked 1": ["garbage"],
        b"masked 2": ["garbage"],
    }
    row = json.loads((tmp_path / "boxes.jsonl").read_text())
    assert (row["checked"], row["boxes"]) == (["overflowing_bin"], [])
    (found,) = read_checked(tmp_path / "boxes.jsonl").values()
    assert found == Checked(frozenset({"overflowing_bin"}))


@pytest.mark.parametrize(
    ("refused", "other", "why"),
    [
        (case("A", "reject", "duplicate"), None, "duplicate"),
        (case("A", "reject", "not_visible"), None, "not_visible"),
        (case("A", "reject", "no_legal_basis"), None, "no_legal_basis"),
        (case("A", "reject", "false_positive", subtype="dirty_truck"), None, "the rule's"),
        (case("A", "reject", "false_positive", subtype="illegal_structure"), None, "the rule's"),
        (case("A", "reject", "false_positive"), case("W", None), "another case"),
        (case("A", "reject", "false_positive"), case("W", frame="9"), "another case"),
        (case("A", evidence=[]), None, "no picture"),
        (case("A", frame="9"), None, "m9"),
    ],
)
def test_what_teaches_nothing_is_named(
    tmp_path: Path, refused: Case, other: Case | None, why: str
) -> None:
    report, labels = run(tmp_path, *(one for one in (refused, other) if one))
    assert labels == {}
    assert report.left_out[0].startswith("A: ")
    assert why in report.left_out[0]


def test_what_is_permitted_is_there(tmp_path: Path) -> None:
    report, labels = run(tmp_path, case("A", "reject", "permitted", subtype="street_vending"))
    assert [named(rows) for rows in labels.values()] == [["stall"]]
    assert report == Report(pictures=1, permitted=1)


def test_cases_are_counted_by_what_people_said_and_pictures_once(tmp_path: Path) -> None:
    report, labels = run(
        tmp_path,
        case("A"),
        case("B", subtype="exposed_garbage"),
        case("C", "reject", "permitted", subtype="street_vending"),
        case("D", "reject", "false_positive", frame="2", minute=55),
        case("E", "reject", "duplicate"),
    )
    assert len(labels) == 2
    assert (report.pictures, report.confirmed, report.permitted, report.refuted) == (2, 2, 1, 1)
    assert len(report.left_out) == 1


def test_only_cases_of_that_moment_and_camera_are_drawn_in(tmp_path: Path) -> None:
    gone = {"first_seen": "2026-05-21T03:00:00Z", "last_seen": "2026-05-21T03:59:59Z"}
    report, labels = run(
        tmp_path,
        case("A"),
        case("B", subtype="exposed_garbage"),
        case("C", when=gone, evidence=[]),
        case("D", camera="yard", evidence=[]),
        case("E", None),
    )
    assert report.confirmed == 2
    assert [named(rows) for rows in labels.values()] == [["garbage", "overflowing_bin"]]
