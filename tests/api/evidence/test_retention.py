"""What is kept, what is forgotten, and what proves it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from threading import Event
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from api.access.roles import Role
from api.cases.hold import set_hold
from api.cases.requests import HoldRequest
from api.evidence.nightly import Nightly
from api.evidence.retention import PURGED, Purge
from api.storage.tables import CaseRow, PurgeRow
from scripts.streetwarden import app
from tests.api.world import CONFIRM, OFFICER, REJECT, World, make_event, store_pictures
from vision.errors import EvidenceError, EvidenceUnavailable, SiteError
from vision.evidence import EvidenceRole
from vision.site.retention import Retention

DAY = timedelta(days=1)
NEVER = datetime.min.replace(tzinfo=UTC)
RETENTION = Retention.model_validate({"kinds": {"dirty_truck": {"rejected": "2d"}}})


@dataclass
class Aged:
    """Cases made now, and a purge whose clock is days ahead."""

    world: World
    days: float = 0.0

    @property
    def purge(self) -> Purge:
        now = datetime.now(UTC) + self.days * DAY
        return Purge(self.world.database, self.world.evidence, RETENTION, now=lambda: now)

    def on_day(self, days: float) -> int:
        self.days = days
        return self.purge.run().removed

    def kept(self, case: str) -> int:
        """How many of its files are in the store."""
        found = 0
        for item in self.world.read(case).evidence:
            try:
                self.world.evidence.path(item.sha256)
            except EvidenceError:
                continue
            found += 1
        return found


@pytest.fixture
def aged(world: World) -> Aged:
    return Aged(world)


def with_clip(world: World) -> str:
    """A case with three pictures and a clip of today."""
    event = make_event()
    clip = replace(
        store_pictures(world.evidence, event)[0],
        sha256=world.evidence.put(b"clip"),
        role=EvidenceRole.ORIGINAL,
        media_type="video/mp4",
        size=4,
        captured_at=datetime.now(UTC),
        of=None,
    )
    case = world.intake.take(event, [*store_pictures(world.evidence, event), clip])
    assert case is not None
    return case


def test_each_class_goes_in_its_time(aged: Aged) -> None:
    world = aged.world
    rejected, truck, confirmed, waiting = (
        world.case(),
        world.case(kind="dirty_truck", subtype="spill"),
        world.case(camera="yard", zone="whole picture"),
        world.case(kind="overflowing_bin", subtype="bin_overflow"),
    )
    for case in (rejected, truck):
        world.review(case, REJECT)
    world.review(confirmed, CONFIRM)
    cases = {"rejected": rejected, "truck": truck, "waiting": waiting, "confirmed": confirmed}
    left: dict[float, list[str]] = {}
    for days in (1.9, 2.1, 6.9, 7.1, 179.0, 181.0, 729.0, 731.0):
        aged.on_day(days)
        left[days] = [name for name, case in cases.items() if aged.kept(case) == 3]
        assert all(aged.kept(case) in {0, 3} for case in cases.values())
    assert left == {
        1.9: ["rejected", "truck", "waiting", "confirmed"],
        2.1: ["rejected", "waiting", "confirmed"],
        6.9: ["rejected", "waiting", "confirmed"],
        7.1: ["waiting", "confirmed"],
        179.0: ["waiting", "confirmed"],
        181.0: ["confirmed"],
        729.0: ["confirmed"],
        731.0: [],
    }


def test_a_clip_goes_before_the_pictures(aged: Aged) -> None:
    case = with_clip(aged.world)
    aged.world.review(case, CONFIRM)
    assert aged.on_day(29.9) == 0
    assert aged.on_day(30.1) == 1
    kept = {item.media_type for item in aged.world.read(case).evidence if item.purged_at is None}
    assert kept == {"image/jpeg"}
    # That it went is no reason to keep the pictures for longer.
    assert aged.on_day(731) == 3


def test_a_plate_is_forgotten_with_the_last_picture(aged: Aged) -> None:
    """Also one that a person has said although nothing was read of it."""

    def plate() -> object:
        with aged.world.database.read() as session:
            return session.get_one(CaseRow, case).plate

    case = with_clip(aged.world)
    aged.world.review(case, CONFIRM)
    with aged.world.database.write() as session:
        session.get_one(CaseRow, case).plate = {"said": {"text": "鄂A12345"}}
    assert aged.on_day(30.1) == 1
    assert plate() is not None, "the clip alone went"
    assert aged.on_day(731) == 3
    assert plate() is None


def test_what_happens_to_a_case_keeps_it_on(aged: Aged) -> None:
    case = aged.world.case()
    aged.world.review(case, REJECT)
    set_hold(aged.world.database, OFFICER, case, HoldRequest(hold=True, reason="appeal 2026-117"))
    assert aged.on_day(800) == 0
    assert aged.kept(case) == 3
    set_hold(aged.world.database, OFFICER, case, HoldRequest(hold=False, reason="appeal over"))
    assert aged.on_day(8) == 3


def test_proof_and_log_say_what_went_and_why(aged: Aged) -> None:
    case = aged.world.case()
    aged.world.review(case, REJECT)
    before = aged.world.read(case)
    aged.on_day(8)
    with aged.world.database.read() as session:
        proofs = list(session.scalars(select(PurgeRow)))
    assert {p.sha256 for p in proofs} == {item.sha256 for item in before.evidence}
    for proof in proofs:
        assert (proof.case_id, proof.rule) == (case, "rejected: 7d")
        assert proof.due_at < proof.decided_at <= (proof.removed_at or NEVER)
        assert proof.size > 0
    after = aged.world.read(case)
    assert [entry.action for entry in after.log][-1] == PURGED
    assert {f["sha256"] for f in after.log[-1].data["files"]} == {p.sha256 for p in proofs}
    assert after.review == before.review
    assert aged.on_day(9) == 0
    assert len(aged.world.read(case).log) == len(after.log), "a second purge says nothing again"


def test_a_file_that_another_case_has_stays_for_it(aged: Aged) -> None:
    world = aged.world
    first, second = make_event(), make_event(camera="yard", zone="whole picture")
    items = store_pictures(world.evidence, first)
    one = world.intake.take(first, items)
    other = world.intake.take(second, [replace(item, camera="yard") for item in items])
    assert one is not None
    assert other is not None
    assert one != other
    world.review(one, REJECT)
    world.review(other, CONFIRM)
    assert aged.on_day(8) == 0
    assert aged.kept(other) == 3
    assert all(item.purged_at for item in world.read(one).evidence)
    assert aged.on_day(731) == 6, "both proofs are fulfilled by then"
    assert aged.kept(other) == 0


def test_what_no_case_knows_is_listed_and_stays(aged: Aged) -> None:
    stray = aged.world.evidence.put(b"of an event that is on its way")
    case = aged.world.case()
    aged.world.review(case, REJECT)
    aged.days = 800
    assert list(aged.purge.strays()) == [(stray, 30)]
    assert {one.sha256 for one in aged.purge.due()} == {
        item.sha256 for item in aged.world.read(case).evidence
    }
    assert aged.kept(case) == 3, "to list removes nothing"
    aged.purge.run()
    assert aged.world.evidence.read(stray)
    assert list(aged.purge.strays()) == [(stray, 30)]


class Away:
    """A store that removes some files and is gone then."""

    def __init__(self, world: World, takes: int) -> None:
        self._store, self._takes = world.evidence, takes

    def delete(self, digest: str) -> None:
        if not self._takes:
            raise EvidenceUnavailable("the store is away")
        self._takes -= 1
        self._store.delete(digest)


def test_a_purge_that_is_cut_off_goes_on_the_next_time(aged: Aged) -> None:
    case = aged.world.case()
    aged.world.review(case, REJECT)
    later = datetime.now(UTC) + 8 * DAY
    store: Any = Away(aged.world, takes=1)
    with pytest.raises(EvidenceUnavailable):
        Purge(aged.world.database, store, RETENTION, now=lambda: later).run()
    assert aged.kept(case) == 2
    # A store that is away, and one whose power was cut before the database knew.
    for item in aged.world.read(case).evidence[1:2]:
        aged.world.evidence.delete(item.sha256)
    assert aged.on_day(8) == 2
    assert aged.kept(case) == 0


def test_a_purged_picture_is_gone_and_the_answer_says_so(aged: Aged, client: Any) -> None:
    case = aged.world.case()
    http = client(Role.OFFICER)
    aged.world.review(case, REJECT)
    aged.on_day(8)
    for item in http.get(f"/v1/cases/{case}").json()["evidence"]:
        assert item["purged_at"]
        for reason in ({}, {"reason": "complaint 4711"}):
            answer = http.get(f"/v1/media/{item['sha256']}", params=reason)
            assert answer.status_code == 410
            assert "retention" in answer.json()["detail"]


def test_a_hold_is_set_for_a_reason_once(world: World, client: Any) -> None:
    case = world.case()
    http, path = client(Role.OFFICER), f"/v1/cases/{case}/hold"
    assert http.post(path, json={"hold": False, "reason": "nothing"}).status_code == 409
    assert http.post(path, json={"hold": True, "reason": " "}).status_code == 422
    held = http.post(path, json={"hold": True, "reason": "appeal 2026-117"})
    assert held.json()["hold"]["reason"] == "appeal 2026-117"
    assert held.json()["log"][-1]["action"] == "held"
    again = http.post(path, json={"hold": True, "reason": "another appeal"})
    assert again.status_code == 409
    assert "a officer" in again.json()["detail"]
    free = http.post(path, json={"hold": False, "reason": "appeal decided"})
    assert free.json()["hold"] is None


@pytest.mark.parametrize(
    ("after", "then"),
    [
        ("2026-05-01T18:00", "2026-05-01T19:30"),
        ("2026-05-01T19:30", "2026-05-02T19:30"),
        ("2026-05-01T20:00", "2026-05-02T19:30"),
    ],
)
def test_it_runs_at_night(aged: Aged, after: str, then: str) -> None:
    nightly = Nightly(aged.purge, ZoneInfo("Asia/Shanghai"))
    moment = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert nightly.next(moment) == datetime.fromisoformat(then).replace(tzinfo=UTC)


class Told:
    """A purge that says when it has run."""

    def __init__(self, purge: Purge) -> None:
        self.purge, self.ran = purge, Event()

    def run(self, stopping: Any) -> Any:
        done = self.purge.run(stopping)
        self.ran.set()
        return done


def test_each_night_that_comes(aged: Aged) -> None:
    case = aged.world.case()
    aged.world.review(case, REJECT)
    aged.days = 8
    purge: Any = Told(aged.purge)
    evening = datetime(2026, 5, 1, 18, 0, tzinfo=UTC)
    times = iter([evening])
    night = datetime(2026, 5, 1, 19, 30, 0, 1, UTC)
    nightly = Nightly(purge, ZoneInfo("Asia/Shanghai"), now=lambda: next(times, night))
    nightly.start()
    assert purge.ran.wait(60)
    nightly.stop()
    assert aged.kept(case) == 0


@pytest.fixture
def site_file(tmp_path: Path, world: World) -> Path:
    file = tmp_path / "site.yaml"
    file.write_text(
        f"site: {{name: t}}\nstorage: {{database: '{world.site.storage.database}', "
        f"evidence: {tmp_path / 'evidence'}}}\nretention: {{undecided: 1d}}\n"
    )
    return file


class TwoDaysAgo(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) - 2 * DAY


def test_the_command_lists_and_purges(
    site_file: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.cases.log.datetime", TwoDaysAgo)
    case = world.case()
    stray = world.evidence.put(b"stray")
    listed = [json.loads(line) for line in purged(site_file, "--dry-run", "--json").splitlines()]
    assert [one["case"] for one in listed] == [case] * 3 + [None]
    assert listed[0]["rule"] == "undecided: 1d"
    assert "3 files would go" in purged(site_file, "--dry-run")
    assert "3 files taken from their cases, 3 removed" in purged(site_file)
    assert json.loads(purged(site_file, "--json")) == {"taken": 0, "removed": 0, "bytes": 0}
    assert world.evidence.read(stray) == b"stray"


def test_without_retention_nothing_is_purged(site_file: Path) -> None:
    site_file.write_text(site_file.read_text().partition("retention:")[0])
    run = CliRunner().invoke(app, ["purge", str(site_file)])
    assert isinstance(run.exception, SiteError)
    assert "retention: {rejected: 7d" in str(run.exception)


def purged(site_file: Path, *options: str) -> str:
    run = CliRunner().invoke(app, ["purge", str(site_file), *options])
    assert run.exit_code == 0, run.output
    return run.stdout


def test_an_appeal_is_a_hold(aged: Aged) -> None:
    world = aged.world
    case = world.case()
    world.review(case, CONFIRM)
    for step in (
        {"step": "emit", "data": {"to": "case system"}},
        {"step": "appeal", "reason": "it was not me"},
    ):
        world.step(case, step)
    assert aged.on_day(800) == 0
    world.step(case, {"step": "overturn", "reason": "it was not them"})
    assert aged.on_day(8) == 3, "what was no violation is forgotten as a rejected one"
