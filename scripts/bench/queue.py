"""Benchmark: the review queue with many cases that wait: listed, counted, the next one claimed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

from sqlalchemy import select, text, update

from api.access.roles import Principal, Role
from api.cases.queue import Narrowed, QueueDesk
from api.storage.database import Database
from api.storage.tables import CaseRow
from vision.site import Site

WAITING = 10_000
_REASON = {"en": "Stayed 5 min over 6 looks. " * 10, "zh": "停留5分钟，共6次。" * 20, "data": {}}
"""A case's reasons are some 2 kB: rows as wide as real ones."""


@dataclass(frozen=True, slots=True)
class _Asked:
    name: str
    work: Callable[[QueueDesk], object]


def _questions() -> tuple[_Asked, ...]:
    anyone = Principal("0", "all", Role.REVIEWER)
    some = frozenset(f"camera-{n:03d}" for n in range(40))
    forty = Principal("1", "forty", Role.REVIEWER, cameras=some)
    street = Principal("2", "street", Role.REVIEWER, divisions=frozenset({"421303001"}))
    one = Narrowed(camera="camera-007")
    return (
        _Asked("queue: the first 20, with counts", lambda desk: desk.page(anyone, Narrowed(), 20)),
        _Asked("queue: of one camera", lambda desk: desk.page(anyone, one, 20)),
        _Asked("queue: key of forty cameras", lambda desk: desk.page(forty, Narrowed(), 20)),
        _Asked("queue: key of a division", lambda desk: desk.page(street, Narrowed(), 20)),
        _Asked("queue: how many wait", lambda desk: desk.total(anyone)),
        _Asked("queue: the next, claimed", lambda desk: desk.next(anyone, Narrowed())),
        _Asked("queue: the next, key of forty", lambda desk: desk.next(forty, Narrowed())),
    )


def bench_queue(database: Database, site: Site, rounds: int) -> dict[str, float]:
    """Let the newest cases of a filled database wait; median milliseconds of each question."""
    with database.write() as session:
        newest = select(CaseRow.id).order_by(CaseRow.id.desc()).limit(WAITING)
        waiting = update(CaseRow).where(CaseRow.id.in_(newest))
        session.execute(waiting.values(stage="pending_review", why=[_REASON] * 4))
        if database.on_postgresql:
            session.execute(text("ANALYZE cases"))
    desk = QueueDesk(database, site)
    return {asked.name: round(median(_timed(desk, asked, rounds)), 1) for asked in _questions()}


def _timed(desk: QueueDesk, asked: _Asked, rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        began = time.perf_counter()
        asked.work(desk)
        yield (time.perf_counter() - began) * 1e3
