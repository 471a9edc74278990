"""A clock that is set while deliveries wait: none waits for as long as the clock was wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import api.delivery.queue
import api.delivery.settlement
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import CLOCKS_DIFFER, LEASE, DeliveryQueue, replay
from api.delivery.retry import RetryPolicy
from tests.api.delivery.test_queue import BAD, OK, confirmed, hook, rows
from tests.api.world import make_site, make_world

POLICY = RetryPolicy(waits=(timedelta(minutes=5),) * 9, jitter=0)
FAR = [timedelta(hours=2), timedelta(days=365 * 30)]


class Clock(datetime):
    """The machine's clock, `ahead` of the right time."""

    ahead = timedelta()

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + cls.ahead


@pytest.fixture
def clock(monkeypatch):
    monkeypatch.setattr(api.delivery.queue, "datetime", Clock)
    monkeypatch.setattr(api.delivery.settlement, "datetime", Clock)
    monkeypatch.setattr(Clock, "ahead", timedelta())
    return Clock


@pytest.fixture
def world(tmp_path):
    made = make_world(make_site(tmp_path, hook("main")))
    yield made
    made.database.close()


def queue(world, owner="worker"):
    return DeliveryQueue(world.database, world.site.calendar, owner)


@pytest.mark.parametrize("ahead", FAR, ids=str)
def test_an_attempt_that_failed_while_the_clock_was_ahead_is_made_again_now(world, clock, ahead):
    confirmed(world)
    work = queue(world)
    clock.ahead = ahead
    claim = work.claim("main") or pytest.fail("not due")
    work.settle(claim, BAD, POLICY)
    clock.ahead = timedelta()
    assert work.next_due("main") <= datetime.now(UTC)
    again = work.claim("main")
    assert again.event_id == claim.event_id
    before = datetime.now(UTC)
    work.settle(again, BAD, POLICY)
    assert work.claim("main") is None, "the new schedule holds: no attempt after another"
    assert before + timedelta(minutes=5) <= work.next_due("main")


@pytest.mark.parametrize("ahead", FAR, ids=str)
def test_a_lease_taken_while_the_clock_was_ahead_ends(world, clock, ahead):
    confirmed(world)
    clock.ahead = ahead
    lost = queue(world).claim("main")
    clock.ahead = timedelta()
    other = queue(world, "other")
    assert other.next_due("main") <= datetime.now(UTC)
    assert other.claim("main").event_id == lost.event_id
    assert other.claim("main") is None, "the new lease holds"


@pytest.mark.parametrize("ahead", FAR, ids=str)
def test_an_event_queued_while_the_clock_was_ahead_is_due_now(world, clock, ahead):
    confirmed(world)
    with world.database.write() as session:
        row = session.get(api.delivery.queue.DeliveryRow, rows(world)[0].id)
        row.next_attempt_at = row.created_at = datetime.now(UTC) + ahead
    assert queue(world).next_due("main") <= datetime.now(UTC)
    assert queue(world).claim("main") is not None


def test_a_clock_that_was_behind_makes_an_attempt_sooner_not_never(world, clock):
    confirmed(world)
    work = queue(world)
    clock.ahead = -timedelta(days=365)
    with world.database.write() as session:
        row = session.get(api.delivery.queue.DeliveryRow, rows(world)[0].id)
        row.next_attempt_at = Clock.now(UTC)
    work.settle(work.claim("main"), BAD, POLICY)
    clock.ahead = timedelta()
    assert work.claim("main") is not None


def test_clocks_that_differ_a_little_change_no_schedule(world, clock):
    confirmed(world)
    work = queue(world)
    clock.ahead = CLOCKS_DIFFER - timedelta(seconds=5)
    work.settle(work.claim("main"), BAD, POLICY)
    clock.ahead = timedelta()
    assert work.claim("main") is None
    assert work.next_due("main") > datetime.now(UTC)


def test_a_long_wait_that_the_receiver_asked_for_is_kept(world):
    confirmed(world)
    work = queue(world)
    asked = Outcome(Result.FAILED, status=429, error="later", retry_after=timedelta(days=9))
    work.settle(work.claim("main"), asked, POLICY)
    assert work.claim("main") is None
    due = work.next_due("main") - datetime.now(UTC)
    assert timedelta(hours=23) < due <= timedelta(days=1)


def test_replay_reaches_what_waits_and_leaves_what_is_on_its_way(world):
    for _ in ("waits", "is on its way", "is due"):
        confirmed(world, kind="dirty_truck", subtype="spill")
    work = queue(world)
    work.settle(work.claim("main"), BAD, POLICY)
    flight = work.claim("main")
    assert replay(world.database, "main") == 1
    due = [work.claim("main").event_id, work.claim("main").event_id]
    assert due == [rows(world)[n].event_id for n in (2, 0)], "what has been due the longest first"
    assert {r.id: r.owner for r in rows(world)}[flight.id] == "worker"
    work.settle(flight, OK, POLICY)
    one = rows(world)[0]
    work.settle(one, BAD, POLICY)
    assert replay(world.database, "main", one.id) == 1
    assert replay(world.database, "main") == 0


def test_a_lease_is_longer_than_clocks_may_differ_and_an_attempt_may_last():
    assert timedelta(seconds=20) < CLOCKS_DIFFER <= LEASE
