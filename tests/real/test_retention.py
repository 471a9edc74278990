"""A year of cases under retention, on SQLite and on PostgreSQL, aged by the clock of the purge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.cases.hold import set_hold
from api.cases.requests import HoldRequest
from api.evidence.retention import Purge
from api.storage.tables import CaseRow, EvidenceRow, PurgeRow
from tests.api.world import CONFIRM, OFFICER, REJECT, World, make_event, make_site, make_world
from tests.real import postgres
from vision.evidence import EvidenceItem, EvidenceRole
from vision.site.retention import Retention

DAY = timedelta(days=1)
DAYS = 365
START = datetime(2025, 11, 1, 4, 0, tzinfo=UTC)
END = START + DAYS * DAY
RETENTION = Retention.model_validate(
    {"rejected": "7d", "undecided": "60d", "confirmed": "200d", "raw_clips": "30d"}
)


class Clock(datetime):
    """What the log and the reviews take for now."""

    current = START

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return cls.current.astimezone(tz)


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    address = None
    if request.param == "postgresql":
        address = postgres.new_database(request.getfixturevalue("cluster"))
    for module in ("log", "review", "new_case", "hold"):
        monkeypatch.setattr(f"api.cases.{module}.datetime", Clock)
    made = make_world(make_site(tmp_path), address)
    yield made
    made.database.close()


def live_a_year(world: World) -> dict[str, tuple[int, str]]:
    """A case a day, each with a picture and a clip: on which day, and what became of it."""
    fates: dict[str, tuple[int, str]] = {}
    for day in range(DAYS):
        Clock.current = START + day * DAY
        event = make_event(at=Clock.current, kind="dirty_truck", subtype="spill")
        case = world.intake.take(event, _files(world, day))
        assert case is not None
        fate = ("rejected", "undecided", "confirmed", "held")[day % 4]
        if fate == "rejected":
            world.review(case, REJECT)
        elif fate != "undecided":
            world.review(case, CONFIRM)
        if fate == "held":
            set_hold(world.database, OFFICER, case, HoldRequest(hold=True, reason="an appeal"))
        fates[case] = (day, fate)
    return fates


def _files(world: World, day: int) -> list[EvidenceItem]:
    still = EvidenceItem(
        sha256=world.evidence.put(f"picture {day}".encode() * 100),
        role=EvidenceRole.ORIGINAL,
        media_type="image/jpeg",
        size=100 * len(f"picture {day}"),
        camera="gate",
        captured_at=Clock.current,
        moment="confirmed",
        of=None,
    )
    clip = replace(
        still,
        sha256=world.evidence.put(f"clip {day}".encode() * 1000),
        media_type="video/mp4",
        size=1000 * len(f"clip {day}"),
    )
    return [still, clip]


@pytest.mark.timeout(600)
def test_a_year_of_cases(world: World) -> None:
    fates = live_a_year(world)
    before = sum(stored.size for stored in world.evidence.list())
    purge = Purge(world.database, world.evidence, RETENTION, now=lambda: END)
    done = purge.run()
    life = {"rejected": 7, "undecided": 60, "confirmed": 200}
    kept = {
        case: {
            "still": fate == "held" or DAYS - day < life[fate],
            "clip": fate == "held" or DAYS - day < min(30, life[fate]),
        }
        for case, (day, fate) in fates.items()
    }
    there = {stored.sha256: stored.size for stored in world.evidence.list()}
    with world.database.read() as session:
        rows = list(session.scalars(select(EvidenceRow)))
        proofs = list(session.scalars(select(PurgeRow)))
        assert session.scalar(select(func.count()).select_from(CaseRow)) == DAYS
    for row in rows:
        form = "clip" if row.media_type == "video/mp4" else "still"
        stays = kept[row.case_id][form]
        assert (row.sha256 in there) == stays, (fates[row.case_id], form)
        assert (row.purged_at is None) == stays
    gone = [row for row in rows if row.purged_at is not None]
    assert Counter(p.sha256 for p in proofs) == Counter(row.sha256 for row in gone)
    assert all(p.removed_at is not None for p in proofs)
    assert done.taken == done.removed == len(gone)
    assert done.size == sum(row.size for row in gone) == before - sum(there.values())
    assert purge.run().taken == 0
    held = [case for case, (_, fate) in fates.items() if fate == "held"]
    assert all(item.purged_at is None for case in held for item in world.read(case).evidence)
    print(f"\n{before} bytes of {DAYS} cases, {sum(there.values())} are left, {len(proofs)} proofs")
