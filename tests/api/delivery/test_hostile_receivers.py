"""Whatever a receiver does is one failed attempt of that receiver; the others get theirs."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import select

from api.delivery.outcome import Result
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Sender
from api.delivery.worker import Outbox
from api.errors import DatabaseUnavailable
from api.storage.tables import DeliveryRow
from tests.api.world import CONFIRM, SECRET, make_event, make_site, make_world
from vision.site import Webhook

ABSURD = "Thu, 01 Jan 99999999999999999999 00:00:00 GMT"
ANSWERS = {
    "absurd date": f"HTTP/1.1 503 No\r\nRetry-After: {ABSURD}\r\nContent-Length: 0\r\n\r\n",
    "absurd zone": "HTTP/1.1 503 No\r\nRetry-After: 1 Jan 2030 00:00:00 +99999999999\r\n\r\n",
    "last year": "HTTP/1.1 503 No\r\nRetry-After: Fri, 31 Dec 9999 23:59:59 -2300\r\n\r\n",
    "absurd seconds": f"HTTP/1.1 429 No\r\nRetry-After: {'9' * 4000}\r\n\r\n",
    "redirect": "HTTP/1.1 307 Go\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
    "bad location": "HTTP/1.1 302 Go\r\nLocation: http://a..b:99999/\r\n\r\n",
    "no status": "nonsense\r\n\r\n",
    "bad header": "HTTP/1.1 200 OK\r\nbad\x00: \xff\r\n\r\n",
    "bad length": "HTTP/1.1 500 No\r\nContent-Length: -5\r\n\r\n",
    "long header": f"HTTP/1.1 200 OK\r\nX: {'x' * 300_000}\r\n\r\n",
    "bad encoding": "HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz",
    "bad cookie": f"HTTP/1.1 500 No\r\nSet-Cookie: a=b; expires={ABSURD}; max-age=x\r\n\r\n",
    "closes": "",
    "HTTP/0.9": "<html>accepted</html>\n",
    "another version": "HTTP/7.3 200 OK\r\nContent-Length: 0\r\n\r\n",
    "many headers": "HTTP/1.1 200 OK\r\n" + "X: of many\r\n" * 100_000 + "\r\n",
    "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "not TLS": "HTTP/1.1 400 Bad\r\n\r\n",
}
ENDLESS = "HTTP/1.1 {} X\r\nTransfer-Encoding: chunked\r\n\r\n"


class Receiver:
    """Answers each request with these bytes, then with `more` for ever, then closes.

    Without an answer (None) it keeps the connection until it ends.
    """

    def __init__(self, answer: str | None, more: str = "") -> None:
        self._answer, self._more = (answer or "").encode("latin-1"), more.encode()
        self._holds = answer is None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.came = threading.Semaphore(0)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ended.is_set():
            connection, _ = self.listener.accept()
            with connection:
                self.came.release()
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        try:
            connection.settimeout(20)
            got = b""
            while b"{" not in got and (part := connection.recv(65536)):
                got += part
                if part[0] == 22:  # TLS begins
                    break
            if self._holds:
                self._ended.wait()
            connection.sendall(self._answer)
            while self._more and not self._ended.is_set():
                connection.sendall(self._more)
        except OSError:
            return

    def let_go(self) -> None:
        self._ended.set()

    def close(self) -> None:
        self.let_go()
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        self.listener.close()


@contextmanager
def receivers(*answers: tuple[str | None, str]) -> Iterator[list[Receiver]]:
    made = [Receiver(*answer) for answer in answers]
    try:
        yield made
    finally:
        for one in made:
            one.close()


def hook(port: int, name: str = "main", scheme: str = "http") -> dict[str, object]:
    url = f"{scheme}://127.0.0.1:{port}/{name}"
    return {"name": name, "url": url, "secret": SECRET, "allow": ["127.0.0.0/8"]}


def send(made: Webhook, total: float = 20.0, body: str = "{}"):
    async def go():
        async with Sender(made, timedelta(seconds=total)) as sender:
            return await sender.send("evt_1", body)

    return asyncio.run(go())


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_of_any_kind_is_a_failed_attempt_in_printable_words(name):
    scheme = "https" if name == "not TLS" else "http"
    with receivers((ANSWERS[name], "")) as [one]:
        outcome = send(Webhook.model_validate(hook(one.port, scheme=scheme)))
    assert outcome.result is Result.FAILED
    assert outcome.error
    assert outcome.error.isprintable()
    assert len(outcome.error) <= 300
    assert RetryPolicy().wait(1, outcome.retry_after) <= timedelta(days=1)


@pytest.mark.parametrize(("status", "result"), [(200, Result.DELIVERED), (500, Result.FAILED)])
def test_a_body_that_never_ends_is_not_read(status, result):
    with receivers((ENDLESS.format(status), "4\r\nxxxx\r\n")) as [one]:
        assert send(Webhook.model_validate(hook(one.port))).result is result


def test_interim_answers_that_never_end_are_read_up_to_a_bound():
    with receivers(("HTTP/1.1 100 Go\r\n\r\n", "HTTP/1.1 100 Go\r\n\r\n" * 1000)) as [one]:
        outcome = send(Webhook.model_validate(hook(one.port)))
    assert outcome.error == "the answer is longer than 256 KiB"


def test_a_large_event_that_is_not_read_is_left_after_the_total_time():
    with receivers((None, "")) as [one]:
        body = "{" + "x" * 30_000_000 + "}"  # more than the system holds for a connection
        outcome = send(Webhook.model_validate(hook(one.port)), total=1, body=body)
        one.let_go()
    assert outcome.error == "no answer in time"


def test_headers_that_come_slowly_for_ever_are_left_after_the_total_time():
    with receivers((None, "")) as [one]:
        outcome = send(Webhook.model_validate(hook(one.port)), total=0.3)
        one.let_go()
    assert outcome.error == "no answer in time"


@pytest.mark.parametrize("url", ["http://a..b/", "http://127.0.0.1:99999/", "http://" + "a" * 99])
def test_an_address_that_no_check_caught_is_a_failed_attempt(url, caplog):
    made = Webhook.model_validate(hook(1)).model_copy(update={"url": url})
    assert send(made).result is Result.FAILED
    assert send(made).result is Result.FAILED
    assert sum("Traceback" in (r.exc_text or "") for r in caplog.records) <= 1


def test_a_body_that_cannot_be_sent_is_a_failed_attempt():
    assert send(Webhook.model_validate(hook(1)), body="\ud800").result is Result.FAILED


def confirm(world) -> None:
    case = world.take(make_event(kind="dirty_truck", subtype="spill"))
    world.review(case, CONFIRM)


@contextmanager
def working(world) -> Iterator[Outbox]:
    outbox = Outbox(world.database, world.site)
    outbox.start()
    try:
        yield outbox
    finally:
        outbox.stop()


GOOD = "HTTP/1.1 204 OK\r\nContent-Length: 0\r\n\r\n"


def test_no_receiver_ends_or_delays_another(tmp_path):
    """The hostile ones get the first event and fail; the good one gets all of them."""
    answers = [*((a, "") for n, a in ANSWERS.items() if n != "not TLS"), (GOOD, "")]
    with receivers((None, ""), *answers) as made:
        hooks = [hook(one.port, f"r{n}") for n, one in enumerate(made)]
        site = make_site(tmp_path, *hooks, hook(1, "typo"))
        typo = site.webhooks[-1].model_copy(update={"url": "http://a..b/"})
        site = site.model_copy(update={"webhooks": (*site.webhooks[:-1], typo)})
        world = make_world(site)
        with working(world) as outbox:
            for _ in range(3):
                confirm(world)
                assert made[-1].came.acquire(timeout=30)
            assert all(one.came.acquire(timeout=30) for one in made[:-1])
            assert outbox.alive
            made[0].let_go()  # or stopping would wait for it
        with world.database.read() as session:
            rows = list(session.scalars(select(DeliveryRow)))
        world.database.close()
    good = f"r{len(made) - 1}"
    assert {r.state for r in rows if r.receiver == good} == {"delivered"}
    assert {r.state for r in rows if r.receiver != good} == {"pending"}
    ended = [r for r in rows if r.attempts and r.owner is None]  # not cut off by `stop`
    assert all(r.last_result for r in ended if r.receiver != good)


def test_trouble_of_the_workers_own_pauses_and_is_told_once(tmp_path, monkeypatch, caplog):
    """A database that is down, then a fault in our own code, then all is well again."""
    trouble = [DatabaseUnavailable("cases.db: locked; wait"), ZeroDivisionError("ours")] * 2
    take = DeliveryQueue.take

    def troubled(queue, *args):
        if trouble:
            raise trouble.pop(0)
        return take(queue, *args)

    monkeypatch.setattr(DeliveryQueue, "take", troubled)
    monkeypatch.setattr("api.delivery.lane._FIRST_PAUSE_S", 0.001)
    with receivers((GOOD, "")) as [one]:
        world = make_world(make_site(tmp_path, hook(one.port)))
        confirm(world)
        with caplog.at_level(logging.WARNING), working(world):
            assert one.came.acquire(timeout=30)
        world.database.close()
    assert trouble == []
    told = [r.getMessage() for r in caplog.records if r.name == "streetwarden.outbox"]
    assert sum("locked; wait" in line for line in told) <= 1
    assert sum("ZeroDivisionError: ours" in line for line in told) <= 1


def test_an_outcome_waits_for_the_database_instead_of_being_sent_again(tmp_path, monkeypatch):
    monkeypatch.setattr("api.delivery.lane._FIRST_PAUSE_S", 0.001)
    away = [DatabaseUnavailable("away")] * 6
    settle = DeliveryQueue.settle_all
    settled = threading.Event()

    def troubled(queue, outcomes, retry):
        if away:
            raise away.pop()
        settle(queue, outcomes, retry)
        settled.set()

    monkeypatch.setattr(DeliveryQueue, "settle_all", troubled)
    with receivers((GOOD, "")) as [one]:
        world = make_world(make_site(tmp_path, hook(one.port)))
        confirm(world)
        with working(world):
            assert settled.wait(30)
        with world.database.read() as session:
            (row,) = session.scalars(select(DeliveryRow))
        world.database.close()
    assert (row.state, row.attempts) == ("delivered", 1)


def test_a_name_server_that_hangs_holds_up_nobody_else(tmp_path, monkeypatch):
    """More receivers with such names than threads that asyncio would resolve names in."""
    real, go_on = socket.getaddrinfo, threading.Event()

    def hangs(host, *args, **kwargs):
        if host == "hangs.example":
            go_on.wait(60)
        return real(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    with receivers((GOOD, "")) as [one]:
        hanging = [
            {"name": f"h{n}", "url": "http://hangs.example/", "secret": SECRET} for n in range(12)
        ]
        world = make_world(make_site(tmp_path, *hanging, hook(one.port)))
        outbox = Outbox(world.database, world.site)
        outbox.start()
        try:
            for _ in range(2):
                confirm(world)
                assert one.came.acquire(timeout=15)
        finally:
            go_on.set()
            outbox.stop()
        world.database.close()
