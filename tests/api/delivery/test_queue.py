"""The outbox as a queue: order, retries, dead letters, leases, disabled receivers."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from api.cases.requests import ReviewRequest
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue, replay
from api.delivery.retry import STANDARD_WAITS, RetryPolicy
from api.delivery.worker import Outbox
from api.errors import CaseError
from api.storage.tables import AttemptRow, DeliveryRow
from tests.api.world import (
    CONFIRM,
    SECRET,
    TICKS,
    cleared,
    make_event,
    make_site,
    make_world,
)
from vision.errors import SiteError

OK = Outcome(Result.DELIVERED, status=200)
BAD = Outcome(Result.FAILED, status=500, error="the receiver answered 500")
ONE_RETRY = RetryPolicy(waits=(timedelta(),), jitter=0)


def hook(name, **changes):
    return {"name": name, "url": f"https://{name}.example/in", "secret": SECRET, **changes}


@pytest.fixture
def world(tmp_path):
    hooks = [
        hook("main"),
        hook("vending", kinds=["street_vending"], stages=["confirmed", "rejected"]),
    ]
    made = make_world(make_site(tmp_path, *hooks))
    yield made
    made.database.close()


def queue(world, lease=timedelta(seconds=60)):
    return DeliveryQueue(world.database, world.site.calendar, "worker", lease)


def confirmed(world, **changes):
    event = make_event(**changes)
    case_id = world.take(event)
    world.review(case_id, CONFIRM)
    return case_id, event


def rows(world):
    with world.database.read() as session:
        return list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))


@pytest.mark.parametrize(
    ("url", "start"), [("", "/v1/media/"), ("https://sw.example/", "https://sw.example/v1/media/")]
)
def test_links_start_with_the_sites_address(tmp_path, url, start):
    site = make_site(tmp_path, hook("main"))
    site = site.model_copy(update={"site": site.site.model_copy(update={"url": url})})
    world = make_world(site)
    confirmed(world)
    (row,) = rows(world)
    world.database.close()
    links = [item["href"] for item in json.loads(row.body)["data"]["evidence"]]
    assert links
    assert all(link.startswith(start) for link in links)


def test_receivers_get_the_kinds_and_stages_they_asked_for(world):
    confirmed(world)
    confirmed(world, kind="dirty_truck", subtype="spill")
    other = world.take(make_event(zone="south"))
    reject = ReviewRequest(decision="reject", reason="permitted", checks=TICKS)
    world.review(other, reject)
    assert [(r.receiver, r.type.split(".")[2]) for r in rows(world)] == [
        ("main", "confirmed"),
        ("vending", "confirmed"),
        ("main", "confirmed"),
        ("vending", "rejected"),
    ]
    first, second = rows(world)[:2]
    assert first.event_id == second.event_id
    assert "original" not in first.body.replace("originals", "")
    assert SECRET not in first.body


def test_an_event_waits_for_the_one_before_it_of_the_same_case(world):
    _, event = confirmed(world)
    world.take(cleared(event))
    confirmed(world, kind="dirty_truck", subtype="spill")
    work = queue(world)
    first = work.claim("main")
    other = work.claim("main")
    assert other.id != first.id
    assert work.claim("main") is None, "the clearing waits for the confirmation"
    work.settle(first, OK, ONE_RETRY)
    third = work.claim("main")
    assert ".cleared." in third.body
    assert third.event_id != first.event_id


def test_a_dead_letter_holds_back_its_case_until_it_is_replayed(world):
    _, event = confirmed(world)
    world.take(cleared(event))
    work = queue(world)
    for _ in range(2):
        work.settle(work.claim("main"), BAD, ONE_RETRY)
    assert work.claim("main") is None
    assert work.next_due("main") is None
    dead = next(r for r in rows(world) if r.state == "dead")
    assert (dead.attempts, dead.last_result) == (2, "the receiver answered 500")
    with pytest.raises(CaseError, match="no dead letter"):
        replay(world.database, "main", 999)
    assert replay(world.database, "main", dead.id) == 1
    again = work.claim("main")
    assert (again.event_id, again.body) == (dead.event_id, dead.body)
    work.settle(again, OK, ONE_RETRY)
    assert ".cleared." in work.claim("main").body


def test_a_lease_that_ends_gives_the_same_event_to_another_worker(world):
    confirmed(world)
    lost = queue(world, timedelta()).claim("main")
    other = DeliveryQueue(world.database, world.site.calendar, "other")
    found = other.claim("main")
    assert (found.event_id, found.body) == (lost.event_id, lost.body)
    assert other.claim("main") is None
    queue(world).settle(lost, BAD, ONE_RETRY)  # a late failure takes nothing from the other
    assert rows(world)[0].state == "pending"
    other.settle(found, OK, ONE_RETRY)
    queue(world).settle(lost, BAD, ONE_RETRY)
    assert rows(world)[0].state == "delivered"
    with world.database.read() as session:
        assert len(list(session.scalars(select(AttemptRow)))) == 3


def test_the_first_acceptance_makes_the_case_emitted_once(world):
    case_id, _ = confirmed(world)
    work = queue(world)
    for name in ("main", "vending"):
        work.settle(work.claim(name), OK, ONE_RETRY)
    case = world.read(case_id)
    assert case.stage == "emitted"
    assert [e.reason for e in case.log if e.action == "emitted"] == ["accepted by main"]


def test_410_disables_the_receiver_and_a_replay_enables_it(world):
    confirmed(world)
    confirmed(world, kind="dirty_truck", subtype="spill")
    work = queue(world)
    gone = Outcome(Result.GONE, status=410, error="the receiver answered 410 Gone")
    work.settle(work.claim("main"), gone, RetryPolicy())
    assert work.claim("main") is None
    assert work.next_due("main") is None
    assert work.claim("vending") is not None, "the other receiver goes on"
    assert replay(world.database, "main") == 1
    assert work.claim("main") is not None
    assert work.claim("main") is not None


def test_the_schedule_is_the_specifications(world):
    policy = RetryPolicy(jitter=0)
    waits = [policy.wait(n) for n in range(1, len(STANDARD_WAITS) + 2)]
    hours = [w.total_seconds() / 3600 for w in waits[:-1]]
    assert hours == [5 / 3600, 5 / 60, 0.5, 2, 5, 10, 14, 20, 24]
    assert waits[-1] is None
    jittered = [RetryPolicy().wait(2) for _ in range(50)]
    assert len(set(jittered)) > 1
    assert all(STANDARD_WAITS[1] <= w <= STANDARD_WAITS[1] * 1.2 for w in jittered)
    assert policy.wait(1, timedelta(hours=1)) == timedelta(hours=1)
    assert policy.wait(4, timedelta(seconds=1)) == STANDARD_WAITS[3], "never sooner"
    assert policy.wait(1, timedelta(days=99)) == timedelta(days=1)


def test_a_failure_is_due_again_after_its_wait(world):
    confirmed(world)
    work = queue(world)
    before = datetime.now(UTC)
    policy = RetryPolicy(waits=(timedelta(minutes=5),), jitter=0)
    work.settle(work.claim("main"), BAD, policy)
    due = work.next_due("main")
    assert before + timedelta(minutes=5) <= due <= datetime.now(UTC) + timedelta(minutes=5)
    assert work.claim("main") is None
    with world.database.write() as session:
        session.execute(update(DeliveryRow).values(next_attempt_at=before))
    assert work.claim("main") is not None


def test_a_secret_that_cannot_sign_is_said_at_the_start(tmp_path):
    made = make_world(make_site(tmp_path, hook("main", secret="ü")))
    with pytest.raises(SiteError, match=r"webhook main.*Base64"):
        Outbox(made.database, made.site)
    made.database.close()


def test_the_worker_stops_while_it_waits(world):
    outbox = Outbox(world.database, world.site)
    outbox.start()
    assert outbox.alive
    outbox.stop()
    assert not outbox.alive
    outbox.start()
    outbox.stop()


def test_a_worker_that_cannot_start_keeps_nobody_waiting(world, monkeypatch):
    """As where no file can be opened any more: the server says so instead of hanging."""

    def fail(work: Coroutine[Any, Any, None]) -> None:
        work.close()
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("api.delivery.worker.asyncio.run", fail)
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    outbox = Outbox(world.database, world.site)
    starting = threading.Thread(target=outbox.start, daemon=True)
    starting.start()
    starting.join(20)
    assert not starting.is_alive()
    outbox.stop()
    assert not outbox.alive
