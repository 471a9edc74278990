"""Webhooks to a real receiver: signed, queued while it is away, none lost or doubled by kill -9."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from api.storage.tables import DeliveryRow
from tests.api.world import (
    CONFIRM,
    SECRET,
    World,
    cleared,
    make_event,
    make_site,
    make_world,
)
from tests.real.processes import Child, Receiver, running

HERE = Path(__file__).parent


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running(Receiver()) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path, receiver: Receiver) -> Iterator[World]:
    hook = {
        "name": "case-system",
        "url": f"http://127.0.0.1:{receiver.port}/cases",
        "secret": SECRET,
        "allow": ["127.0.0.0/8"],
    }
    made = make_world(make_site(tmp_path, hook))
    document = made.site.model_dump(mode="json", exclude={"cameras"})
    document["webhooks"][0]["secret"] = SECRET
    document["site"] = made.site.site.model_dump()
    (tmp_path / "site.json").write_text(
        json.dumps({k: document[k] for k in ("site", "storage", "webhooks")}), encoding="utf-8"
    )
    yield made
    made.database.close()


def worker(world: World) -> Child:
    started = Child(
        str(HERE / "outbox_worker.py"), str(Path(world.site.storage.evidence).parent / "site.json")
    )
    assert started.line().strip() == "ready"
    return started


def confirm(world: World) -> str:
    case_id = world.case(kind="dirty_truck", subtype="spill")
    world.review(case_id, CONFIRM)
    return case_id


def queued(world: World) -> set[str]:
    with world.database.read() as session:
        return set(session.scalars(select(DeliveryRow.event_id)))


def accepted_once(receiver: Receiver) -> None:
    """No id was accepted twice, and every send under one id carried the same bytes."""
    accepted = [e["id"] for e in receiver.seen if e["answer"] == "200"]
    assert len(accepted) == len(set(accepted))
    bodies: dict[str, str] = {}
    for entry in receiver.seen:
        assert bodies.setdefault(entry["id"], entry["body"]) == entry["body"]


def test_a_confirmed_case_arrives_signed_and_becomes_emitted(world, receiver):
    event = make_event()
    case_id = world.take(event)
    assert queued(world) == set(), "nothing leaves before a person confirms"
    world.review(case_id, CONFIRM)
    world.take(cleared(event))
    with running(worker(world)):
        receiver.until_accepted(queued(world))
    first, second = (e["event"] for e in receiver.seen)
    assert first["type"] == "streetwarden.case.confirmed.v1"
    assert second["type"] == "streetwarden.case.cleared.v1"
    assert first["specversion"] == "1.0"
    assert first["subject"] == first["data"]["case_id"] == case_id
    assert [first["data"]["sequence"], second["data"]["sequence"]] == [1, 2]
    assert receiver.seen[0]["id"] == first["id"]
    assert {item["redacted"] for item in first["data"]["evidence"]} == {True}
    assert {item["role"] for item in first["data"]["evidence"]} == {"masked", "annotated"}
    assert first["data"]["review"]["reviewer"] == "Officer Li"
    assert second["data"]["when"]["cleared"] is not None
    detail = world.read(case_id)
    assert detail.stage == "emitted"
    assert [e.action for e in detail.log].count("emitted") == 1


def test_cases_queue_while_the_receiver_fails_and_arrive_when_it_is_back(world, receiver):
    receiver.answer("500")
    cases = [confirm(world) for _ in range(5)]
    with running(worker(world)):
        receiver.until_seen(12)
        port = receiver.port
        receiver.kill()  # now it is not there at all
        cases += [confirm(world) for _ in range(5)]
        with running(Receiver(port)) as back:
            back.until_accepted(queued(world))
            back.seen = receiver.seen + back.seen
            accepted_once(back)
            assert {e["event"]["subject"] for e in back.seen} == set(cases)


def test_kill_9_between_sending_and_noting_resends_under_the_same_id(world, receiver):
    receiver.answer("hang")
    case_id = confirm(world)
    others = [confirm(world) for _ in range(8)]
    first = worker(world)
    receiver.until_seen(1)
    first.kill()  # the receiver has the event, the database does not know
    taken = receiver.seen[0]["id"]
    receiver.answer("200")
    with running(worker(world)):
        receiver.until_accepted(queued(world))
    assert [e["answer"] for e in receiver.seen if e["id"] == taken] == ["hang", "200"]
    assert {e["event"]["subject"] for e in receiver.seen} == {case_id, *others}
    accepted_once(receiver)


def test_two_workers_never_send_the_same_event(world, receiver):
    for _ in range(20):
        confirm(world)
    with running(worker(world)), running(worker(world)):
        receiver.until_accepted(queued(world))
    accepted_once(receiver)
    assert len(receiver.seen) == 20


def test_kill_9_at_any_moment_loses_nothing(world, receiver):
    for _ in range(12):
        confirm(world)
    for seen in (2, 5, 9):
        with running(worker(world)):
            receiver.until_seen(seen)
    with running(worker(world)):
        receiver.until_accepted(queued(world))
    for entry in receiver.seen:
        assert all(e["body"] == entry["body"] for e in receiver.seen if e["id"] == entry["id"])
