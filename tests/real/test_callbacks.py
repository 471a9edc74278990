"""Cases to the reference receiver in its own process and its call-backs back, over real HTTP."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.app import create_app
from tests.api.callbacks.calling import (
    HOOK,
    WORK_ORDER,
    actions,
    post,
    sent,
    signed,
    take,
    told,
)
from tests.api.http.test_webhook_routes import Asleep
from tests.api.world import CONFIRM, SECRET, World, make_event, make_site, make_world, served
from tests.ports import free_port
from tests.real.processes import Child, running


class CaseSystem(Child):
    """`streetwarden receive --play`."""

    def __init__(self, store: Path, api: int, port: int = 0) -> None:
        options = ["--port", str(port), "--store", str(store), "--api", f"http://127.0.0.1:{api}"]
        super().__init__("-m", "scripts.streetwarden", "receive", "--play", *options)
        self.port: int = json.loads(self.line())["port"]

    def until(self, what: str) -> dict[str, Any]:
        """Its next line about an `event` or a `callback`."""
        while True:
            line: dict[str, Any] = json.loads(self.line())
            if what in line:
                return line

    def played(self) -> list[dict[str, Any]]:
        """The answers to its call-backs, until the last one has its own."""
        answers: list[dict[str, Any]] = []
        while not answers or answers[-1]["said"]["event"] != "closed":
            line = self.until("callback")
            if line["answer"].startswith("{"):
                answers.append(json.loads(line["answer"]))
        return answers


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> str | None:
    """The database's; None for SQLite in the site's folder."""
    return request.getfixturevalue("new_database")() if request.param == "postgresql" else None


@contextmanager
def opened(folder: Path, address: str | None, port: int = 9) -> Iterator[World]:
    hook = {**HOOK, "url": f"http://127.0.0.1:{port}/", "allow": ["127.0.0.0/8"]}
    world = make_world(make_site(folder, hook), address)
    try:
        yield world
    finally:
        world.database.close()


def confirmed(world: World) -> str:
    case_id = world.take(make_event(kind="dirty_truck", subtype="spill"))
    world.review(case_id, CONFIRM)
    return case_id


def test_a_case_goes_to_the_receiver_and_its_whole_way_back(tmp_path, address, monkeypatch):
    monkeypatch.setenv("CASE_SECRET", SECRET)
    api = free_port()
    with (
        running(CaseSystem(tmp_path / "receiver.db", api)) as system,
        opened(tmp_path, address, system.port) as world,
        served(create_app(world.site, world.database, world.evidence), api),
    ):
        case_id = confirmed(world)
        event = system.until("event")
        assert (event["new"], event["event"]["subject"]) == (True, case_id)
        answers = system.played()
        assert [one["state"] for one in answers] == ["applied"] * 5
        assert {one["receiver"] for one in answers} == {"main"}
        case = world.read(case_id)
        assert actions(world, case_id) == ["emitted", *WORK_ORDER]
        assert (case.stage, case.outcome, case.task_no) == (
            *("closed", "corrected", f"RW-{case_id[-8:]}"),
        )
        asked = {"webhook-request-origin": "city.example"}
        leave = httpx.options(f"http://127.0.0.1:{system.port}/", headers=asked, trust_env=False)
        assert leave.headers["webhook-allowed-origin"] == "*"
        forged = signed({"id": "x", "subject": case_id}, "whsec_" + "c3RyYW5nZXI" * 4)
        strange = httpx.post(f"http://127.0.0.1:{system.port}/", **forged, trust_env=False)
        assert strange.status_code == 401


def test_kill_9_of_the_receiver_between_taking_and_answering_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("CASE_SECRET", SECRET)
    api, store = free_port(), tmp_path / "receiver.db"
    with socket.socket() as nobody:  # held, so that no other test's server hears its call-backs
        nobody.bind(("127.0.0.1", 0))
        first = CaseSystem(store, nobody.getsockname()[1], free_port())  # it comes back there
        _kill_and_go_on(tmp_path, first, store, api)


def _kill_and_go_on(tmp_path: Path, first: CaseSystem, store: Path, api: int) -> None:
    with opened(tmp_path, None, first.port) as world:
        with served(create_app(world.site, world.database, world.evidence), api):
            case_id = confirmed(world)
            taken = first.until("event")
            first.kill()
            with running(CaseSystem(store, api, first.port)) as second:
                answers = second.played()
                # As our outbox does that has not heard whether it was taken.
                again = signed(taken["event"])
                answer = httpx.post(f"http://127.0.0.1:{second.port}/", **again, trust_env=False)
                assert (answer.status_code, second.until("event")["new"]) == (204, False)
        assert [one["state"] for one in answers] == ["applied"] * 5
        assert actions(world, case_id) == ["emitted", *WORK_ORDER]


def test_out_of_order_over_http_ends_the_same_on_both_databases(tmp_path, address):
    with opened(tmp_path, address) as world:
        asleep = Asleep(world.database, world.site)
        app = create_app(world.site, world.database, world.evidence, outbox=asleep)
        with (
            served(app) as where,
            httpx.Client(base_url=where, trust_env=False, timeout=60) as http,
        ):
            for order in list(permutations(range(5)))[::40]:
                case_id = sent(world)
                for place in order:
                    said = told(WORK_ORDER[place], place, id=f"{case_id}:{place}")
                    assert post(http, case_id, signed(said)).status_code == 200
                assert actions(world, case_id) == ["emitted", *WORK_ORDER], order


@pytest.mark.soak
def test_every_order_of_a_work_order_ends_the_same_on_both_databases(tmp_path, address):
    with opened(tmp_path, address) as world:
        for order in permutations(range(5)):
            case_id = sent(world)
            for place in order:
                take(world, case_id, told(WORK_ORDER[place], place))
            assert actions(world, case_id) == ["emitted", *WORK_ORDER], order


def test_at_the_same_time_each_counts_once(tmp_path, address):
    with opened(tmp_path, address) as world:
        case_id, senders = sent(world), 2 * len(WORK_ORDER)
        barrier, failed = threading.Barrier(senders), []

        def call(place: int) -> None:
            barrier.wait()
            try:
                take(world, case_id, told(WORK_ORDER[place % 5], place % 5))
            except Exception as error:  # noqa: BLE001 - it is what is asked for
                failed.append(error)

        threads = [threading.Thread(target=call, args=(n,)) for n in range(senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert actions(world, case_id) == ["emitted", *WORK_ORDER]
