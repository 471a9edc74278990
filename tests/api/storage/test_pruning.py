"""Pruning: what has arrived long ago goes, and with it nothing that anybody still needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import generate_latest
from sqlalchemy import func, select, update

import api.storage.pruning
from api.access.pruning import SESSIONS
from api.access.pruning import rules as of_access
from api.access.roles import Role
from api.delivery.pruning import ATTEMPTS, DELIVERED
from api.delivery.pruning import rules as of_deliveries
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Outcome, Result
from api.evidence.nightly import Nightly
from api.monitoring.metrics import registry
from api.storage.pruning import prune
from api.storage.tables import AttemptRow, DeliveryRow, KeyRow, LogRow
from tests.api.world import CONFIRM, SECRET, World, make_site, make_world

NOW = datetime.now(UTC)
OLD = timedelta(days=1000)
RULES = [*of_deliveries(), *of_access()]


@pytest.fixture
def world(tmp_path):
    hook = {"name": "main", "url": "https://main.example/in", "secret": SECRET}
    made = make_world(make_site(tmp_path, hook))
    yield made
    made.database.close()


def delivered(world: World, outcome: Outcome, age: timedelta, *, closed: bool = True) -> int:
    """A delivery with one attempt, so long ago, of a case that is closed; its id."""
    case = world.case(kind="dirty_truck", subtype="spill")
    world.review(case, CONFIRM)
    world.step(case, {"step": "emit", "data": {"to": "main"}})
    if closed:
        world.step(case, {"step": "close", "data": {"outcome": "permitted"}})
    queue = DeliveryQueue(world.database, world.site.calendar, "worker")
    claim = queue.claim("main")
    assert claim is not None
    queue.settle(claim, outcome, RetryPolicy())
    at = NOW - age
    with world.database.write() as session:
        session.execute(update(AttemptRow).where(AttemptRow.delivery_id == claim.id).values(at=at))
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id == claim.id, DeliveryRow.delivered_at.is_not(None))
            .values(delivered_at=at)
        )
    return claim.id


def count(world: World, column) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count(column))) or 0


ARRIVED = Outcome(Result.DELIVERED, status=200)
GONE = Outcome(Result.GONE, status=410, error="gone")


def test_what_has_arrived_long_ago_goes_and_counts_do_not_fall(world, monkeypatch):
    monkeypatch.setattr(api.storage.pruning, "BATCH", 2)
    for _ in range(5):
        delivered(world, ARRIVED, OLD)
    asked_about = delivered(world, ARRIVED, ATTEMPTS + timedelta(days=1))
    young = delivered(world, ARRIVED, ATTEMPTS - timedelta(days=1))
    logged = count(world, LogRow.id)
    metric = 'streetwarden_delivery_attempts_total{receiver="main",result="delivered"} 7.0'
    assert metric in generate_latest(registry(world.database, None)).decode()
    for _ in range(2):  # the second time there is nothing
        prune(world.database, RULES, NOW)
        with world.database.read() as session:
            assert set(session.scalars(select(DeliveryRow.id))) == {asked_about, young}
            assert list(session.scalars(select(AttemptRow.delivery_id))) == [young]
        assert metric in generate_latest(registry(world.database, None)).decode()
    assert count(world, LogRow.id) == logged
    assert ATTEMPTS < DELIVERED


def test_dead_letters_stay_with_their_attempts_however_old(world):
    dead = delivered(world, GONE, OLD)
    assert prune(world.database, RULES, NOW) == dict.fromkeys(
        ("attempts at deliveries", "deliveries", "console keys", "sessions"), 0
    )
    with world.database.read() as session:
        assert session.get_one(DeliveryRow, dead).body
        assert len(list(session.scalars(select(AttemptRow)))) == 1


def test_what_arrived_of_a_case_that_is_not_closed_stays_as_its_call_backs_are_still_to_come(world):
    open_still = delivered(world, ARRIVED, OLD, closed=False)
    gone = prune(world.database, RULES, NOW)
    assert (gone["attempts at deliveries"], gone["deliveries"]) == (1, 0)
    with world.database.read() as session:
        assert session.get_one(DeliveryRow, open_still).body


def test_ended_sessions_go_and_keys_that_people_made_stay(world):
    world.keys.session_key()
    world.key(Role.VIEWER, expires=timedelta(days=1))
    later = NOW + SESSIONS + timedelta(days=2)
    assert prune(world.database, RULES, NOW)["console keys"] == 0
    assert prune(world.database, RULES, later)["console keys"] == 1
    with world.database.read() as session:
        assert [key.session for key in session.scalars(select(KeyRow))] == [False]


def test_it_is_done_at_night_also_where_evidence_is_kept_for_good(world):
    delivered(world, ARRIVED, OLD)
    nightly = Nightly(
        None,
        ZoneInfo("Asia/Shanghai"),
        prune=lambda now, stopping: prune(world.database, RULES, now, stopping),
    )
    assert nightly.once()
    assert count(world, DeliveryRow.id) == 0


def test_what_cannot_be_pruned_now_is_tried_again(world):
    def fail(_now, _stopping):
        raise KeyError("a bug")

    nightly = Nightly(None, ZoneInfo("Asia/Shanghai"), prune=fail)
    assert not nightly.once()
