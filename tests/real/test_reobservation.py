"""A case in grace is looked at again: on SQLite and PostgreSQL, by an injected clock and camera."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cases.grace_timer import GraceTimer
from api.cases.reobservation import PATIENCE, Reobservation
from api.cases.schemas import CaseDetail
from api.cases.stages import Stage
from api.delivery.events import Announcer
from api.records.site_chain import SiteChain
from api.storage.database import Database
from tests.api.world import (
    CONFIRM,
    SECRET,
    World,
    cleared,
    ended,
    make_event,
    make_site,
    make_world,
    store_pictures,
)
from tests.real import postgres
from vision.episodes import EpisodeEvent
from vision.evidence import REOBSERVED, SecondLook

UNTIL = datetime(2026, 5, 21, 8, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOOK = {
    "name": "case-system",
    "url": "https://main.example/in",
    "secret": SECRET,
    "stages": ["confirmed", "cleared", "reobserved", "closed"],
}


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    address = None
    if request.param == "postgresql":
        address = postgres.new_database(request.getfixturevalue("cluster"))
    made = make_world(make_site(tmp_path, HOOK), address)
    yield made
    made.database.close()


@dataclass
class Camera:
    """A camera that shows an episode still, or says why not."""

    world: World
    event: EpisodeEvent
    why: str | None = None
    asked: list[tuple[str, str, datetime]] = field(default_factory=list)

    def __call__(self, camera: str, episode: str, after: datetime) -> SecondLook:
        self.asked.append((camera, episode, after))
        if self.why is not None:
            return SecondLook(why=self.why)
        seen = replace(self.event.frame, captured_at=after + timedelta(seconds=3))
        again = replace(self.event, frame=seen)
        items = [
            replace(item, moment=REOBSERVED) for item in store_pictures(self.world.evidence, again)
        ]
        return SecondLook(items, seen.captured_at)


def in_grace(world: World) -> tuple[str, EpisodeEvent]:
    event = make_event()
    case = world.take(event)
    world.review(case, CONFIRM)
    world.step(case, {"step": "emit", "data": {"to": "case system"}})
    told = {
        "said": "Please clear this place.",
        "at": "2026-05-21T05:00:00Z",
        "where": "Market gate",
        "way": "in_person",
        "gateway": "Officer Li",
    }
    world.step(case, {"step": "notice", "data": told})
    world.step(case, {"step": "give_grace", "data": {"until": UNTIL.isoformat()}})
    return case, event


def rounds(world: World, camera: Camera | None, database: Database | None = None) -> Reobservation:
    announce = Announcer(world.site).announce
    return Reobservation(database or world.database, world.site, announce, camera)


def actions(case: CaseDetail) -> list[str]:
    return [entry.action for entry in case.log]


def test_what_clears_in_grace_is_closed_as_corrected_with_the_picture_after(world: World) -> None:
    case, event = in_grace(world)
    world.take(cleared(event))
    closed = world.read(case)
    assert (closed.stage, closed.outcome) == (Stage.CLOSED, "corrected")
    assert actions(closed)[-3:] == ["cleared", "reobserved", "closed"]
    seen = closed.log[-2]
    assert (seen.actor, seen.data["still_there"]) == ("streetwarden", False)
    after = [item.sha256 for item in closed.evidence if item.moment == "cleared"]
    assert seen.data["shown_by"] == after
    assert len(after) == 3
    world.take(cleared(event))
    assert world.read(case).log == closed.log, "told again, it changes nothing"


def test_what_cleared_before_the_grace_was_given_is_closed_by_the_next_round(world: World) -> None:
    event = make_event()
    case = world.take(event)
    world.review(case, CONFIRM)
    world.step(case, {"step": "emit", "data": {"to": "case system"}})
    told = {
        "said": "Please clear this place.",
        "at": "2026-05-21T05:00:00Z",
        "where": "Market gate",
        "way": "text",
        "gateway": "SMS",
    }
    world.step(case, {"step": "notice", "data": told})
    world.take(cleared(event))
    assert world.read(case).stage == Stage.NOTICED
    world.step(case, {"step": "give_grace", "data": {"until": UNTIL.isoformat()}})
    assert rounds(world, None).once(UNTIL - 60 * MINUTE) == 1
    assert world.read(case).outcome == "corrected"
    assert rounds(world, None).once(UNTIL - 60 * MINUTE) == 0


def test_what_is_still_there_after_the_grace_gets_a_picture_and_waits_for_a_person(
    world: World,
) -> None:
    case, event = in_grace(world)
    camera = Camera(world, event)
    again = rounds(world, camera)
    assert again.once(UNTIL - MINUTE) == 0
    assert camera.asked == [], "the grace is theirs until its end"
    assert again.once(UNTIL + MINUTE) == 1
    assert camera.asked == [("gate", event.episode.id, UNTIL)]
    seen = world.read(case)
    assert seen.stage == Stage.REOBSERVED
    pictures = [item for item in seen.evidence if item.moment == "reobserved"]
    assert [item.role for item in pictures] == ["original", "masked", "annotated"]
    assert all(item.captured_at > UNTIL for item in pictures)
    assert all(world.evidence.read(item.sha256) for item in pictures)
    entry = seen.log[-1]
    assert (entry.action, entry.data["still_there"]) == ("reobserved", True)
    assert entry.data["evidence"] == [item.sha256 for item in pictures]
    assert again.once(UNTIL + 60 * MINUTE) == 0, "onward by a person"
    assert {"accept", "close"} <= set(seen.allowed_steps)


@pytest.mark.parametrize("gone", [False, True], ids=["camera is down", "not watched any more"])
def test_where_no_camera_can_tell_nothing_is_claimed_and_it_says_so_once(
    world: World, gone: bool
) -> None:
    case, event = in_grace(world)
    if gone:
        world.take(ended(event))
    camera = Camera(world, event, why="camera gate has looked at nothing since (no route)")
    again = rounds(world, camera)
    assert again.once(UNTIL + MINUTE) == 0
    early = world.read(case)
    assert early.deadline is not None
    assert early.deadline.unseen is None, "it is given some minutes"
    for late in (PATIENCE, PATIENCE + MINUTE, 100 * PATIENCE):
        assert again.once(UNTIL + late) == 0
    stays = world.read(case)
    assert stays.stage == Stage.GRACE
    assert stays.deadline is not None
    assert stays.deadline.at == UNTIL
    words = "no camera watches its place any more" if gone else camera.why
    assert stays.deadline.unseen == words
    assert [e.reason for e in stays.log if e.action == "unseen"] == [words]
    assert not [item for item in stays.evidence if item.moment == "reobserved"]
    if not gone:
        camera.why = None
        assert again.once(UNTIL + 101 * PATIENCE) == 1, "it is back, and looks"
        assert world.read(case).stage == Stage.REOBSERVED


def test_a_server_that_watches_nothing_says_nothing_of_what_others_watch(world: World) -> None:
    case, _ = in_grace(world)
    assert rounds(world, None).once(UNTIL + 2 * PATIENCE) == 0
    assert "unseen" not in actions(world.read(case))


def test_two_servers_look_again_once(world: World) -> None:
    case, event = in_grace(world)
    address = world.database.engine.url.render_as_string(hide_password=False)
    both = threading.Barrier(2)

    class AtOnce(Camera):
        def __call__(self, camera: str, episode: str, after: datetime) -> SecondLook:
            both.wait(30)
            return super().__call__(camera, episode, after)

    moved: list[int] = []
    databases = [Database.open(address) for _ in range(2)]
    for database in databases:
        SiteChain.open(database, world.site.storage.key_file)
    threads = [
        threading.Thread(
            target=lambda d=d: moved.append(
                rounds(world, AtOnce(world, event), d).once(UNTIL + MINUTE)
            )
        )
        for d in databases
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for database in databases:
        database.close()
    assert sorted(moved) == [0, 1]
    seen = world.read(case)
    assert actions(seen).count("reobserved") == 1
    assert len([item for item in seen.evidence if item.moment == "reobserved"]) == 3


def test_what_clears_while_the_camera_is_asked_is_corrected(world: World) -> None:
    case, event = in_grace(world)

    class ClearsMeanwhile(Camera):
        def __call__(self, camera: str, episode: str, after: datetime) -> SecondLook:
            look = super().__call__(camera, episode, after)
            self.world.take(cleared(self.event))
            return look

    assert rounds(world, ClearsMeanwhile(world, event)).once(UNTIL + MINUTE) == 0
    closed = world.read(case)
    assert closed.outcome == "corrected"
    assert not [item for item in closed.evidence if item.moment == "reobserved"]


def test_the_timer_goes_by_its_clock_and_outlives_a_fault(world: World) -> None:
    case, event = in_grace(world)
    camera = Camera(world, event)
    times = iter([UNTIL - MINUTE, UNTIL + MINUTE, UNTIL + MINUTE])
    timer = GraceTimer(rounds(world, camera), now=lambda: next(times))
    assert timer.once()
    assert world.read(case).stage == Stage.GRACE

    def broken(_camera: str, _episode: str, _after: datetime) -> SecondLook:
        raise RuntimeError("a fault of the pipeline")

    timer._reobservation._look_again = broken
    assert not timer.once()
    timer._reobservation._look_again = camera
    assert timer.once()
    assert world.read(case).stage == Stage.REOBSERVED
    timer.start()
    timer.stop()
