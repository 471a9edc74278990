"""Benchmark: from a person's confirmation to the receiver, beside the bare HTTP client.

The same receiver, bodies and number at once for both. *All at once*: cases that wait when the
outbox starts, against a client that posts as many. *One by one*: each is confirmed when the one
before has arrived, against a post.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx
from sqlalchemy import select, update

from api.access.roles import Principal, Role
from api.cases.parts import Checks
from api.cases.requests import ReviewRequest
from api.cases.review import ReviewDesk
from api.cases.stages import Stage
from api.delivery.breaker import Pace
from api.delivery.events import Announcer
from api.delivery.worker import Outbox
from api.records.site_chain import SiteChain
from api.storage.database import Database
from api.storage.tables import CaseRow, DeliveryRow
from scripts.bench.lists import fill
from scripts.machine import describe_machine
from scripts.server_process import ServerProcess
from vision.errors import StreetwardenError
from vision.site import Site

AT_ONCE = Pace().most
BARE = "httpx alone"
_PATIENCE_S = 60.0
_OFFICER = Principal("0", "bench", Role.OFFICER)
_CONFIRM = ReviewRequest(
    decision="confirm", checks=Checks(authentic=True, clear=True, complete=True, accurate=True)
)
_SECRET = "whsec_c3RyZWV0d2FyZGVuLWJlbmNoLXNlY3JldC0xMjM="  # noqa: S105 - of no receiver but ours


@dataclass(frozen=True, slots=True)
class Sent:
    """Cases per second all at once; milliseconds one by one: the median and the 99th percentile."""

    per_s: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class WebhookBench:
    """What was measured, by database and for the bare client; medians of the rounds."""

    cases: int
    rounds: int
    at_once: int
    body_bytes: int
    machine: Mapping[str, str]
    sent: Mapping[str, Sent]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Receipts(ServerProcess):
    """The receiver in its process, and when what came to it."""

    scheme = "http"

    def __init__(self) -> None:
        super().__init__([sys.executable, "-m", "scripts.bench.webhook_receiver"])
        assert self.process is not None
        assert self.process.stdout is not None
        self._lines = self.process.stdout
        self._came = threading.Condition()
        self._at: dict[str, float] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._lines:
            name, at = line.split()
            with self._came:
                self._at.setdefault(name, int(at) / 1e9)
                self._came.notify_all()

    def times(self, names: Sequence[str]) -> list[float]:
        """When these came, awaited; in seconds of `time.monotonic`.

        Raises:
            StreetwardenError: some do not come.
        """
        with self._came:
            there = self._came.wait_for(
                lambda: all(name in self._at for name in names), _PATIENCE_S
            )
            if not there:
                raise StreetwardenError(f"not everything came within {_PATIENCE_S:g} s")
            return [self._at[name] for name in names]


def bench_webhook(
    databases: Mapping[str, str],
    folder: Path,
    *,
    cases: int,
    rounds: int,
    progress: Callable[[str], None],
) -> WebhookBench:
    """Measure each database (empty, by address) and the bare client in turns.

    Raises:
        CaseError: a database has cases already.
        StreetwardenError: the receiver does not start, or something does not come.
    """
    with ExitStack() as stack:
        receipts = Receipts()
        stack.callback(receipts.kill)
        sides = []
        for name, address in databases.items():
            progress(f"{name}: writing cases")
            sides.append(_Ours(name, _site(address, folder / name, receipts.url("in")), receipts))
            stack.callback(sides[-1].database.close)
            sides[-1].fill(2 * cases * rounds)
        found: dict[str, list[Sent]] = {BARE: [], **{side.name: [] for side in sides}}
        for number in range(rounds):
            for side in sides:
                progress(f"round {number + 1} of {rounds}: {side.name}")
                found[side.name].append(side.round(cases))
            progress(f"round {number + 1} of {rounds}: {BARE}")
            bare = asyncio.run(_bare(receipts, sides[0].body(), f"bare-{number}", cases))
            found[BARE].append(bare)
        size = len(sides[0].body().encode())
    sent = {name: _medians(each) for name, each in found.items()}
    return WebhookBench(cases, rounds, AT_ONCE, size, describe_machine(), sent)


class _Ours:
    """A database with cases that wait for a person, and the product's way from there on."""

    def __init__(self, name: str, site: Site, receipts: Receipts) -> None:
        self.name = name
        self.database = Database.open(site.storage.database)
        SiteChain.open(self.database, site.storage.key_file)
        self._site = site
        self._desk = ReviewDesk(self.database, site, Announcer(site).announce)
        self._receipts = receipts
        self._pending: list[str] = []

    def fill(self, count: int) -> None:
        fill(self.database, count)
        with self.database.write() as session:
            session.execute(update(CaseRow).values(stage=Stage.PENDING_REVIEW.value))
            self._pending = list(session.scalars(select(CaseRow.id)))

    def body(self) -> str:
        """Of one of its webhooks."""
        with self.database.read() as session:
            return session.scalars(select(DeliveryRow.body).limit(1)).one()

    def round(self, cases: int) -> Sent:
        """Cases that wait, all at once; then one by one."""
        waiting = [self._confirm()[0] for _ in range(cases)]
        outbox = Outbox(self.database, self._site)
        began = time.monotonic()
        outbox.start()
        try:
            per_s = cases / (max(self._receipts.times(waiting)) - began)
            took = []
            for _ in range(cases):
                event, at = self._confirm()
                took.append(self._receipts.times([event])[0] - at)
        finally:
            outbox.stop()
        return _sent(per_s, took)

    def _confirm(self) -> tuple[str, float]:
        """Confirm a case; gives its event's id and when the confirmation was kept."""
        case_id = self._pending.pop()
        self._desk.review(_OFFICER, case_id, _CONFIRM)
        at = time.monotonic()
        with self.database.read() as session:
            found = select(DeliveryRow.event_id).where(DeliveryRow.case_id == case_id)
            return session.scalars(found).one(), at


async def _bare(receipts: Receipts, body: str, run: str, cases: int) -> Sent:
    names = [f"{run}-{number}" for number in range(2 * cases)]
    url, content = receipts.url("in"), body.encode()
    async with httpx.AsyncClient(trust_env=False) as client:

        async def post(name: str) -> None:
            await client.post(url, content=content, headers={"webhook-id": name})

        async def worker(mine: list[str]) -> None:
            for name in mine:
                await post(name)

        together, alone = names[:cases], names[cases:]
        began = time.monotonic()
        await asyncio.gather(*(worker(together[n::AT_ONCE]) for n in range(AT_ONCE)))
        per_s = cases / (max(receipts.times(together)) - began)
        starts = []
        for name in alone:
            starts.append(time.monotonic())
            await post(name)
    ends = receipts.times(alone)
    return _sent(per_s, [end - start for start, end in zip(starts, ends, strict=True)])


def _sent(per_s: float, took: Sequence[float]) -> Sent:
    p99 = quantiles(took, n=100, method="inclusive")[98]
    return Sent(round(per_s, 1), round(median(took) * 1e3, 2), round(p99 * 1e3, 2))


def _medians(rounds: Sequence[Sent]) -> Sent:
    return Sent(
        median(one.per_s for one in rounds),
        median(one.p50_ms for one in rounds),
        median(one.p99_ms for one in rounds),
    )


def _site(address: str, folder: Path, url: str) -> Site:
    folder.mkdir(parents=True, exist_ok=True)
    hook = {"name": "bench", "url": url, "secret": _SECRET, "allow": ["127.0.0.0/8"]}
    return Site.model_validate(
        {
            "site": {"name": "bench"},
            "storage": {"database": address, "evidence": str(folder / "evidence")},
            "cameras": [{"id": "camera-000", "source": "0"}],
            "webhooks": [hook],
            "review": {"undo": "0s"},
        }
    )
