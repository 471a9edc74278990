"""What pictures may be used for: decided for when they were taken, and kept with the case."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.cases.schemas import CaseDetail
from tests.api.world import NOON, make_event, make_site, make_world
from vision.frames import Clock
from vision.registers.admissibility import Admissibility
from vision.registers.matters import Matter

MATTER: dict[str, Any] = {
    "kind": "street_vending",
    "basis": "Regulation, article 36",
    "penalty_evidence": True,
}
FILE: dict[str, Any] = {
    "legal_review": {"by": "Legal office", "on": "2026-01-05"},
    "technical_review": {"by": "Institute", "on": "2026-01-10", "until": "2026-12-31"},
    "sign": {"by": "Street office", "on": "2026-01-12"},
    "published": {"by": "Bureau", "on": "2026-01-15"},
    "valid": "2026-01-20/2027-01-19",
}


def judged(
    root: Path, *, matter: object = MATTER, file: object = FILE, **episode: Any
) -> CaseDetail:
    """A case of `gate` under these registers."""
    site = make_site(root)
    filed = Admissibility.model_validate(file) if file else None
    cameras = [c.model_copy(update={"admissibility": filed}) for c in site.cameras]
    matters = (Matter.model_validate(matter),) if matter else ()
    site = site.model_copy(update={"cameras": tuple(cameras), "matters": matters})
    world = make_world(site)
    try:
        return world.read(world.case(**episode))
    finally:
        world.database.close()


def test_a_complete_file_and_a_listed_matter_make_evidence(tmp_path: Path) -> None:
    document = tmp_path / "review.pdf"
    document.write_bytes(b"%PDF reviewed")
    acts = FILE | {"legal_review": FILE["legal_review"] | {"document": str(document)}}
    case = judged(tmp_path, file=acts)
    assert case.legal_use == "penalty_evidence"
    assert case.legal_basis is not None
    assert case.legal_basis.matter is not None
    assert case.legal_basis.matter["basis"] == "Regulation, article 36"
    assert case.legal_basis.device is not None
    review = case.legal_basis.device["legal_review"]
    assert review["sha256"] == hashlib.sha256(b"%PDF reviewed").hexdigest()
    assert str(tmp_path) not in case.model_dump_json()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"file": None}, ["no admissibility file"]),
        ({"matter": None}, ["not listed"]),
        ({"matter": MATTER | {"penalty_evidence": False}}, ["not listed"]),
        ({"matter": MATTER | {"subtype": "shop_outside"}}, ["not listed"]),
        ({"file": FILE | {"sign": None}}, ["sign at the place is missing"]),
        (
            {"file": FILE | {"sign": None, "valid": "2025-01-01/2025-12-31"}},
            ["valid on that day", "sign at the place"],
        ),
        ({"clock": Clock.MEDIA}, ["that of a file"]),
        (
            {"clock": Clock.PHOTO, "file": None, "matter": None},
            ["listed", "no adm", "that of a file"],
        ),
    ],
)
def test_else_it_is_a_lead_and_says_why(
    tmp_path: Path, changes: dict[str, Any], says: list[str]
) -> None:
    case = judged(tmp_path, **changes)
    assert case.legal_use == "lead_only"
    assert case.legal_why is not None
    assert len(case.legal_why) == len(says)
    for reason, part in zip(case.legal_why, says, strict=True):
        assert part in reason.en
        assert reason.zh
    assert case.legal_use_reason == "; ".join(reason.en for reason in case.legal_why)


@pytest.mark.parametrize(
    ("last_day", "use"),
    [("2026-05-21", "penalty_evidence"), ("2026-05-20", "lead_only")],
)
def test_it_counts_on_each_day_that_it_was_seen_in_local_time(
    tmp_path: Path, last_day: str, use: str
) -> None:
    # 15:56 to 16:01 UTC on the 20th: in Shanghai, from before midnight into the 21st.
    before = NOON.replace(day=20, hour=15, minute=56)
    late = make_event(at=before).episode
    case = judged(
        tmp_path,
        file=FILE | {"valid": f"2026-05-20/{last_day}"},
        opened_at=late.opened_at,
        confirmed_at=before + timedelta(minutes=5),
        last_seen_at=before + timedelta(minutes=5),
    )
    assert case.legal_use == use
