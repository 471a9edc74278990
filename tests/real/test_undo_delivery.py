"""Undo against a real delivery worker and a real receiver: what was undone is never received."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from api.cases.step_requests import Undo
from api.cases.steps import Step
from api.delivery.worker import Outbox
from api.errors import IllegalStep
from api.storage.tables import DeliveryRow
from tests.api.world import (
    CONFIRM,
    OFFICER,
    SECRET,
    World,
    make_event,
    make_site,
    make_world,
    step_desk,
)
from tests.real.processes import Receiver, running

CASES = 12


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
    made = make_world(make_site(tmp_path, hook, review={"undo": "60s"}))
    yield made
    made.database.close()


def confirmed(world: World) -> str:
    case_id = world.intake.take(make_event(kind="dirty_truck", subtype="spill"), [])
    assert case_id is not None
    world.review(case_id, CONFIRM)
    return case_id


def test_no_receiver_ever_sees_a_confirmation_that_was_undone(world, receiver):
    """Half of the cases are due at once: whichever comes first, the worker or the person, wins."""
    desk, undone, late = step_desk(world.database, world.site), set(), set()
    cases = [confirmed(world) for _ in range(CASES)]
    with world.database.write() as session:
        due = update(DeliveryRow).where(DeliveryRow.case_id.in_(cases[::2]))
        session.execute(due.values(next_attempt_at=datetime.now(UTC)))
    outbox = Outbox(world.database, world.site)

    def undo() -> None:
        # From the last: the worker, which begins with the first, comes towards it.
        for case_id in reversed(cases):
            try:
                desk.take(OFFICER, case_id, Undo(step=Step.UNDO))
                undone.add(case_id)
            except IllegalStep:
                late.add(case_id)

    person = threading.Thread(target=undo)
    outbox.start()
    person.start()
    person.join()
    with world.database.read() as session:
        waiting = select(DeliveryRow.event_id)
        ids = set(session.scalars(waiting))
    receiver.until_accepted(ids)
    outbox.stop()
    assert {entry["event"]["subject"] for entry in receiver.seen} == late
    assert undone | late == set(cases)
    assert set(cases[1::2]) <= undone, "what is held can be undone, worker or not"
    for case_id in undone:
        assert world.read(case_id).stage == "pending_review"
    for case_id in late:
        assert world.read(case_id).stage == "emitted"
