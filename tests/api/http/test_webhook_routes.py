"""What an operator sees of the receivers, and the replay of dead letters."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import select, update

from api.access.roles import Role
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.worker import Outbox
from api.http.app import create_app
from api.storage.tables import DeliveryRow, FailingRow
from tests.api.world import CONFIRM, NOON, SECRET, make_event, make_site, make_world, served


@pytest.fixture
def world(tmp_path):
    hook = {"name": "main", "url": "https://user:pw@main.example/in?token=t", "secret": SECRET}
    made = make_world(make_site(tmp_path, hook))
    yield made
    made.database.close()


class Asleep(Outbox):
    """A worker that never starts, so that the test alone moves the queue."""

    def start(self) -> None:
        pass

    @property
    def alive(self) -> bool:
        return True


@contextmanager
def operator(world, role=Role.ADMIN, **scope):
    asleep = Asleep(world.database, world.site)
    app = create_app(world.site, world.database, world.evidence, outbox=asleep)
    headers = {"Authorization": f"Bearer {world.key(role, **scope)}"}
    with (
        served(app) as address,
        httpx.Client(base_url=address, headers=headers, trust_env=False) as http,
    ):
        yield http


def confirm(world, camera="gate"):
    zone = "north pavement" if camera == "gate" else "whole picture"
    case = world.take(make_event(kind="dirty_truck", subtype="spill", camera=camera, zone=zone))
    world.review(case, CONFIRM)
    return case


def test_dead_letters_are_shown_and_replayed(world):
    cases = [confirm(world) for _ in range(3)]
    work = DeliveryQueue(world.database, world.site.calendar, "test")
    dead = Outcome(Result.FAILED, status=500, error="the receiver answered 500")
    work.settle(work.claim("main"), dead, RetryPolicy(waits=()))
    with operator(world) as http:
        (shown,) = http.get("/v1/webhooks").json()["items"]
        assert shown["url"] == "https://main.example/in"
        assert (shown["pending"], shown["dead"], shown["delivered"]) == (2, 1, 0)
        page = http.get("/v1/webhooks/main/deliveries", params={"limit": 2}).json()
        rest = http.get("/v1/webhooks/main/deliveries", params={"cursor": page["next"]}).json()
        assert [d["case_id"] for d in page["items"] + rest["items"]] == cases[::-1]
        assert rest["items"][0]["last_result"] == "the receiver answered 500"
        only = http.get("/v1/webhooks/main/deliveries", params={"state": "dead"}).json()["items"]
        assert [d["case_id"] for d in only] == cases[:1]
        assert (
            'streetwarden_outbox_depth{receiver="main",state="dead"} 1.0'
            in http.get("/metrics").text
        )
        wrong = http.post("/v1/webhooks/main/replay", params={"delivery": 999})
        assert wrong.status_code == 409
        assert http.post("/v1/webhooks/main/replay").json() == {"replayed": 1}
        assert http.get("/v1/webhooks").json()["items"][0]["pending"] == 3
        assert SECRET not in http.get("/v1/webhooks").text
    with world.database.write() as session:
        session.execute(update(DeliveryRow).values(next_attempt_at=datetime.now(UTC)))
    assert work.claim("main") is not None


def test_a_scoped_auditor_sees_deliveries_of_its_cameras_only(world):
    confirm(world)
    with operator(world, Role.AUDITOR, cameras=["yard"]) as http:
        assert http.get("/v1/webhooks/main/deliveries").json()["items"] == []
        assert http.get("/v1/webhooks").json()["items"][0]["pending"] == 0
        assert http.post("/v1/webhooks/main/replay").status_code == 403


def test_a_scoped_admin_replays_letters_of_its_cameras_only(world):
    cases = {camera: confirm(world, camera) for camera in ("gate", "yard")}
    work = DeliveryQueue(world.database, world.site.calendar, "test")
    dead = Outcome(Result.FAILED, status=500, error="the receiver answered 500")
    for _ in cases:
        work.settle(work.claim("main"), dead, RetryPolicy(waits=()))
    with world.database.read() as session:
        ids = {row.case_id: row.id for row in session.scalars(select(DeliveryRow))}
    with operator(world, cameras=["yard"]) as http:
        foreign = {"delivery": ids[cases["gate"]]}
        assert http.post("/v1/webhooks/main/replay", params=foreign).status_code == 409
        assert http.post("/v1/webhooks/main/replay").json() == {"replayed": 1}
    with world.database.read() as session:
        states = {row.case_id: row.state for row in session.scalars(select(DeliveryRow))}
    assert states == {cases["gate"]: "dead", cases["yard"]: "pending"}


def test_a_receiver_that_is_gone_is_enabled_by_who_sees_all(world):
    confirm(world, "gate")
    confirm(world, "yard")
    work = DeliveryQueue(world.database, world.site.calendar, "test")
    gone = Outcome(Result.GONE, status=410, error="the receiver answered 410 Gone")
    work.settle(work.claim("main"), gone, RetryPolicy())
    for scope in ({"cameras": ["gate"]}, {"kinds": ["dirty_truck"]}):
        with operator(world, **scope) as http:
            answer = http.post("/v1/webhooks/main/replay")
            assert answer.status_code == 409
            assert "sees all" in answer.json()["detail"]
    assert work.claim("main") is None
    with operator(world) as http:
        assert http.post("/v1/webhooks/main/replay").json() == {"replayed": 1}
    assert work.claim("main") is not None


def test_what_failed_last_is_told_to_who_sees_all(tmp_path):
    hook = {"name": "main", "url": "http://127.0.0.1:9/", "secret": SECRET}
    world = make_world(make_site(tmp_path, hook))
    with world.database.write() as session:
        session.add(FailingRow(name="main", since=NOON, error="case SW-1: no picture", told=[]))
    asleep = Asleep(world.database, world.site)
    with served(create_app(world.site, world.database, world.evidence, outbox=asleep)) as address:
        for scope, error in (({}, "case SW-1: no picture"), ({"divisions": ["421302"]}, None)):
            headers = {"Authorization": f"Bearer {world.key(Role.ADMIN, **scope)}"}
            found = httpx.get(
                f"{address}/v1/webhooks", headers=headers, trust_env=False, timeout=60
            )
            (shown,) = found.json()["items"]
            assert (shown["last_error"], shown["failing_since"] is None) == (error, False)
    world.database.close()
