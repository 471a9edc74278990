"""Thousands of cases to hostile receivers while the service is killed: nothing lost, in order.

One receiver is down, one flaps, one is slow, one answers nonsense; the service that confirms cases
and delivers them is killed -9 at random. On PostgreSQL there are two, and it is restarted.
"""

from __future__ import annotations

import json
import os
import queue
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from api.storage.database import Database
from api.storage.tables import AttemptRow, CaseRow, DeliveryRow, LogRow
from tests.api.world import SECRET
from tests.ports import free_port
from tests.real import postgres
from tests.real.processes import HERE, Child

RECEIVERS = ("down", "flaps", "slow", "nonsense")


@dataclass(frozen=True)
class Size:
    """How much of it: cases, kills, seconds that the slow receiver takes."""

    cases: int
    kills: int
    delay: float


SMALL = Size(cases=40, kills=3, delay=0.05)
FULL = Size(cases=2000, kills=20, delay=0.5)


class City:
    """Four receivers, some of which run."""

    def __init__(self, root: Path, delay: float, seed: int) -> None:
        self._root, self._delay, self._seed = root, delay, seed
        self.lines: queue.Queue[str] = queue.Queue()
        self.ports = {name: free_port() for name in RECEIVERS}
        self.running: dict[str, Child] = {}

    def start(self, name: str) -> None:
        arguments = (name, self.ports[name], self.ledger(name), self._seed, self._delay, SECRET)
        child = Child(str(HERE / "flood_receiver.py"), *map(str, arguments), to=self.lines)
        while "port" not in self.lines.get(timeout=60):
            pass
        self.running[name] = child

    def toggle(self, name: str) -> None:
        """Kill -9 a receiver that runs, start one that does not."""
        if name in self.running:
            self.running.pop(name).kill()
        else:
            self.start(name)

    def close(self) -> None:
        while self.running:
            self.running.popitem()[1].kill()

    def ledger(self, name: str) -> Path:
        return self._root / f"{name}.db"

    def came(self, name: str) -> list[dict[str, Any]]:
        """What a receiver got, in order."""
        database = sqlite3.connect(self.ledger(name))
        database.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in database.execute("SELECT * FROM came ORDER BY n")]
        finally:
            database.close()

    def hooks(self) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "url": f"http://127.0.0.1:{port}/in",
                "secret": SECRET,
                "allow": ["127.0.0.0/8"],
            }
            for name, port in self.ports.items()
        ]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path):
    """A database's address, how many services work on it, and what restarts it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'cases.db'}", 1, lambda: None
        return
    with postgres.restartable() as (address, restart):
        yield postgres.new_database(address), 2, restart


def test_a_flood_of_cases_with_hostile_receivers_and_kills_loses_nothing(tmp_path, store):
    flood(tmp_path, SMALL, *store)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_thousand_cases_with_hostile_receivers_and_twenty_kills_lose_nothing(tmp_path, store):
    flood(tmp_path, FULL, *store)


def flood(root: Path, size: Size, address: str, workers: int, restart: Callable[[], None]) -> None:
    seed = int(os.environ.get("FLOOD_SEED", random.randrange(2**31)))
    print(f"\nseed {seed} (FLOOD_SEED={seed} repeats it)")
    dice, began = random.Random(seed), time.monotonic()
    city = City(root, size.delay, seed)
    given = {"root": str(root), "database": address, "hooks": city.hooks(), "cases": size.cases}

    def loading() -> Child:
        return Child(str(HERE / "flood_service.py"), json.dumps(given))

    with ExitStack() as stack:
        stack.callback(city.close)
        for name in ("flaps", "slow", "nonsense"):
            city.start(name)
        services = [loading() for _ in range(workers)]
        spare = [loading()]
        stack.callback(lambda: [one.kill() for one in services + spare])
        for one in services:
            _begin(one)
        for number in _moments(city, dice, size):
            victim = dice.randrange(workers)
            services[victim].kill()
            city.toggle("flaps")
            if number == size.kills * 2 // 3:
                city.start("down")
                restart()
            services[victim] = spare.pop()
            _begin(services[victim])
            if number + 1 < size.kills:
                spare.append(loading())
        if "flaps" not in city.running:
            city.start("flaps")
        database = Database.open(address)
        stack.callback(database.close)
        for one in services:
            assert one.line(1200).strip() == "confirmed"
        _until_delivered(city, database)
        for one in services:
            one.end()
        _check(city, database, size)
        _tell(city, database, size, time.monotonic() - began)


def _begin(service: Child) -> None:
    service.tell("go")
    assert service.line().strip() == "ready"


def _moments(city: City, dice: random.Random, size: Size) -> Iterator[int]:
    """The kills, each when so many requests have come: before everything is delivered.

    Each case makes a request or more at each of the three receivers that run at first.
    """
    came = 0
    for number, moment in enumerate(sorted(dice.sample(range(1, 3 * size.cases), size.kills))):
        while came < moment:
            assert "forged" not in city.lines.get(timeout=120)
            came += 1
        yield number


def _until_delivered(city: City, database: Database) -> None:
    """Look after each request, and each second, as what is noted last makes no request."""
    waiting = select(func.count()).select_from(DeliveryRow).where(DeliveryRow.state != "delivered")
    silent = 0
    while silent < 120:
        with database.read() as session:
            if not session.scalar(waiting):
                return
        try:
            for _ in range(20):
                assert "forged" not in city.lines.get(timeout=1)
            silent = 0
        except queue.Empty:
            silent += 1
    raise AssertionError("no request came for two minutes, and not everything is delivered")


def _check(city: City, database: Database, size: Size) -> None:
    with database.read() as session:
        rows = list(session.scalars(select(DeliveryRow).order_by(DeliveryRow.id)))
        cases = session.scalar(select(func.count()).select_from(CaseRow))
        emitted = Counter(session.scalars(select(LogRow.case_id).where(LogRow.action == "emitted")))
    assert cases >= size.cases
    assert set(emitted.values()) == {1}
    assert len(emitted) == cases
    for name in RECEIVERS:
        sent = {r.event_id: (r.case_id, r.sequence) for r in rows if r.receiver == name}
        effective: dict[str, tuple[str, int]] = {}
        bodies: dict[str, str] = {}
        for request in city.came(name):
            assert bodies.setdefault(request["id"], request["body"]) == request["body"]
            if request["accepted"]:
                effective.setdefault(request["id"], (request["case_id"], request["sequence"]))
        assert effective == sent, f"{name}: lost or invented"
        assert len({case for case, _ in effective.values()}) == cases
        assert len(set(effective.values())) == len(effective), (
            "a sequence number tells events apart"
        )
        for case in {case for case, _ in effective.values()}:
            order = [sequence for one, sequence in effective.values() if one == case]
            assert order == sorted(order), f"{name}: {case} out of order"


def _tell(city: City, database: Database, size: Size, seconds: float) -> None:
    with database.read() as session:
        begun = dict(
            session.execute(
                select(DeliveryRow.receiver, func.sum(DeliveryRow.attempts)).group_by(
                    DeliveryRow.receiver
                )
            ).all()
        )
        ended = dict(
            session.execute(
                select(AttemptRow.receiver, func.count()).group_by(AttemptRow.receiver)
            ).all()
        )
    print(
        f"{database.engine.dialect.name}: {size.cases} cases, {size.kills} kills, {seconds:.0f} s"
    )
    for name in RECEIVERS:
        came = city.came(name)
        accepted = [request["id"] for request in came if request["accepted"]]
        again = len(accepted) - len(set(accepted))
        print(
            f"{name}: {len(set(accepted))} events; attempts begun {begun[name]}, "
            f"noted {ended[name]}; requests that came {len(came)}, accepted again and dropped by "
            f"their id {again}"
        )
