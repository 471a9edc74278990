"""Several deliveries on their way at once; what is wrong with one stays with it."""

from __future__ import annotations

import asyncio
import socket
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text, update

import api.delivery.queue
import api.delivery.settlement
from api.delivery.breaker import Pace
from api.delivery.outcome import Outcome, Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Sender
from api.delivery.worker import Outbox
from api.storage.tables import AttemptRow
from tests.api.delivery.test_delivery_clock import Clock
from tests.api.delivery.test_queue import BAD, OK, ONE_RETRY, hook, rows
from tests.api.world import CONFIRM, SECRET, cleared, make_event, make_site, make_world
from vision.site import Webhook

HOUR = RetryPolicy(waits=(timedelta(hours=1),) * 9, jitter=0)


@pytest.fixture
def world(tmp_path):
    made = make_world(make_site(tmp_path, hook("main")))
    yield made
    made.database.close()


@pytest.fixture
def queue(world):
    return DeliveryQueue(world.database, world.site.calendar, "worker")


def confirm(world, count):
    for _ in range(count):
        event = make_event(kind="dirty_truck", subtype="spill")
        world.review(world.take(event), CONFIRM)
    return event


def test_one_event_of_each_case_is_taken_at_once(world, queue):
    world.take(cleared(confirm(world, 3)))
    taken = queue.take("main", 8)
    assert [claim.id for claim in taken] == [row.id for row in rows(world)[:3]]
    assert {row.owner for row in rows(world)[:3]} == {"worker"}
    assert queue.take("main", 8) == []
    queue.settle_all({claim.id: OK for claim in taken}, ONE_RETRY)
    assert [claim.id for claim in queue.take("main", 8)] == [rows(world)[3].id]


def test_a_clock_that_jumps_makes_nothing_due_that_is_under_way(world, queue, monkeypatch):
    confirm(world, 2)
    taken = [claim.id for claim in queue.take("main", 8)]
    monkeypatch.setattr(api.delivery.queue, "datetime", Clock)
    monkeypatch.setattr(Clock, "ahead", timedelta(minutes=10))
    assert queue.take("main", 8, besides=taken) == []
    assert [claim.id for claim in queue.take("main", 8)] == taken, "after a crash they are due"


def test_a_row_that_cannot_be_read_ends_as_a_dead_letter_and_holds_up_no_other(world, queue):
    confirm(world, 3)
    with world.database.write() as session:
        session.execute(text("UPDATE deliveries SET body = CAST(X'ff' AS TEXT) WHERE id = 2"))
    taken = queue.take("main", 8)
    assert [claim.fault is None for claim in taken] == [True, False, True]
    fault = Outcome(Result.FAILED, error=taken[1].fault)
    outcomes = {claim.id: OK if claim.fault is None else fault for claim in taken}
    queue.settle_all(outcomes, RetryPolicy(waits=()))
    assert outcomes == {}
    with world.database.read() as session:
        states = session.execute(text("SELECT state FROM deliveries ORDER BY id")).scalars().all()
        error = session.execute(text("SELECT last_result FROM deliveries WHERE id = 2")).scalar()
    assert states == ["delivered", "dead", "delivered"]
    assert "cannot be read" in error


def test_a_case_that_cannot_follow_keeps_its_own_event_alone(world, queue, monkeypatch):
    confirm(world, 3)
    taken = queue.take("main", 8)
    broken = rows(world)[1].case_id
    emit = api.delivery.settlement.emit

    def fails(session, case_id, *args, **kwargs):
        if case_id == broken:
            raise ValueError("its row makes no sense")
        emit(session, case_id, *args, **kwargs)

    monkeypatch.setattr(api.delivery.settlement, "emit", fails)
    queue.settle_all({claim.id: OK for claim in taken}, HOUR)
    assert [row.state for row in rows(world)] == ["delivered", "pending", "delivered"]
    assert "makes no sense" in rows(world)[1].last_result
    assert rows(world)[1].owner is None


def test_what_failed_while_the_receiver_was_down_is_due_when_it_is_back(world, queue):
    confirm(world, 4)
    before, refused, failed, silent = queue.take("main", 8)
    queue.settle(before, BAD, HOUR)
    with world.database.write() as session:
        session.execute(update(AttemptRow).values(at=datetime.now(UTC) - timedelta(hours=2)))
    since = datetime.now(UTC) - timedelta(hours=1)
    queue.settle(refused, Outcome(Result.FAILED, status=422, error="no"), HOUR)
    queue.settle(failed, BAD, HOUR)
    queue.settle(silent, Outcome(Result.FAILED, error="no answer in time"), HOUR)
    assert queue.take("main", 8) == []
    queue.release("main", since)
    assert {claim.id for claim in queue.take("main", 8)} == {failed.id, silent.id}
    assert {row.failures for row in rows(world)} == {1}, "it counts as a failure all the same"


class Together(BaseHTTPRequestHandler):
    """Answers when as many are there as are to be at once."""

    barrier = threading.Barrier(8, timeout=60)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.barrier.wait()
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def test_eight_are_under_way_at_once(tmp_path):
    server = serving(Together)
    url = {"url": f"http://127.0.0.1:{server.server_port}/", "allow": ["127.0.0.0/8"]}
    world = make_world(make_site(tmp_path, hook("main", **url)))
    confirm(world, 16)
    outbox = Outbox(world.database, world.site)
    outbox.start()
    try:
        until(world, lambda row: row.state == "delivered", 16)
    finally:
        outbox.stop()
        server.shutdown()
        server.server_close()
        world.database.close()
    assert not Together.barrier.broken


def until(world, wanted, count):
    """Await it: looked at after each commit of the outbox's, as nothing else tells of them."""
    looks = threading.Event()
    for _ in range(600):
        if sum(map(wanted, rows(world))) >= count:
            return
        looks.wait(0.1)
    raise AssertionError([(row.state, row.last_result) for row in rows(world)])


def test_a_receiver_that_is_down_is_not_hit_by_all_that_waits(tmp_path):
    server = serving(Together)
    Together.barrier = threading.Barrier(1)
    there = {"url": f"http://127.0.0.1:{server.server_port}/", "allow": ["127.0.0.0/8"]}
    gone = {"url": "http://127.0.0.1:1/", "allow": ["127.0.0.0/8"]}
    world = make_world(make_site(tmp_path, hook("there", **there), hook("gone", **gone)))
    confirm(world, 30)
    outbox = Outbox(world.database, world.site, pace=Pace(first=timedelta(hours=1)))
    outbox.start()
    try:
        until(world, lambda row: row.state == "delivered", 30)
        until(world, lambda row: row.receiver == "gone" and row.failures > 0, 5)
    finally:
        outbox.stop()
        server.shutdown()
        server.server_close()
    assert sum(row.attempts for row in rows(world) if row.receiver == "gone") <= 8 + 4
    world.database.close()


def test_what_a_receiver_says_too_much_is_no_answer_to_the_next_event():
    """Its second answer lies in the connection when the next event comes."""
    listener = socket.create_server(("127.0.0.1", 0))
    accept = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    refuse = b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"

    def serve() -> None:
        for answer in (accept + accept, refuse):
            connection, _ = listener.accept()
            with connection:
                while b"{}" not in connection.recv(65536):
                    pass
                connection.sendall(answer)
                connection.recv(1)  # until the sender hangs up

    thread = threading.Thread(target=serve)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    made = Webhook.model_validate(hook("main", url=url, allow=["127.0.0.0/8"], secret=SECRET))

    async def go() -> list[Result]:
        async with Sender(made) as sender:
            return [(await sender.send(f"evt_{n}", "{}")).result for n in range(2)]

    assert asyncio.run(go()) == [Result.DELIVERED, Result.FAILED]
    thread.join()
    listener.close()
