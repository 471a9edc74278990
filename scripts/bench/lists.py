"""Benchmark: query times of lists with many cases, for the console's filters and limited keys.

The cases are made up: a city of cameras of which one sees far more than the others, most of its
cases decided, none of some kinds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import JSON, BigInteger, String, cast, func, insert, literal, null, select, text
from sqlalchemy import case as case_

from api.access.roles import Principal, Role
from api.cases.case_filter import CaseFilter, Near, Order
from api.cases.stages import Stage
from api.cases.store import CaseStore
from api.errors import CaseError
from api.storage.database import Database
from api.storage.tables import CaseRow, EvidenceRow, SightingRow, UtcTime
from scripts.bench.queue import WAITING, bench_queue
from vision.site import Site

CAMERAS = 200
BUSY = "camera-000"
"""Every other case is this camera's."""
QUIET = "yard"
"""A camera that has seen nothing."""
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_ROWS_AT_ONCE = 5000  # which takes far less than `api.storage.engine.LONGEST_S`
_DETECTOR = {"model": "m", "version": "1", "sha256": "", "threshold": 0.3}
_KINDS = ("street_vending", "overflowing_bin", "illegal_structure")


@dataclass(frozen=True, slots=True)
class Asked:
    """One query: its name, its principal and its filter."""

    name: str
    who: Principal
    wanted: CaseFilter
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class ListBench:
    """Median milliseconds of a page by database and question."""

    cases: int
    rounds: int
    ms: Mapping[str, Mapping[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def questions() -> tuple[Asked, ...]:
    """What the console asks, and the worst that a key may ask."""
    anyone = Principal("0", "all", Role.VIEWER)
    quiet = Principal("0", "quiet", Role.VIEWER, cameras=frozenset({QUIET}))
    busy = Principal("0", "busy", Role.VIEWER, cameras=frozenset({BUSY}))
    every = frozenset(_camera(n) for n in range(CAMERAS))
    city = Principal("0", "city", Role.VIEWER, cameras=every)
    trucks = Principal("0", "trucks", Role.VIEWER, kinds=frozenset({"dirty_truck", "bicycles"}))
    street, far = (
        Principal("0", code, Role.VIEWER, divisions=frozenset({code})) for code in ("421303", "99")
    )
    rare = Principal("0", "rare", Role.VIEWER, divisions=frozenset({"421304"}))
    day = FIRST_DAY + timedelta(days=2)
    pending, rejected, other = Stage.PENDING_REVIEW, Stage.REJECTED, _camera(100)
    soon, by_deadline = FIRST_DAY + timedelta(days=9), Order.DEADLINE
    waits = [pending, Stage.SECOND_REVIEW]
    return (
        Asked("everything", anyone, CaseFilter()),
        Asked("everything, the oldest first", anyone, CaseFilter(), Order.OLDEST),
        Asked("everything, by deadline", anyone, CaseFilter(), by_deadline),
        Asked("what is due", anyone, CaseFilter(due_until=soon), by_deadline),
        Asked("what is due, the newest first", anyone, CaseFilter(due_until=soon)),
        Asked("key of a busy camera, by deadline", busy, CaseFilter(), by_deadline),
        Asked("two stages", anyone, CaseFilter(stages=waits)),
        Asked("key of kinds without cases, two stages", trucks, CaseFilter(stages=waits)),
        Asked("words of few cases", anyone, CaseFilter(text="bridge")),
        Asked("words of most cases, a stage", anyone, CaseFilter(text="market", stages=[pending])),
        Asked("words of no case", anyone, CaseFilter(text="nowhere")),
        Asked("words, key of a busy camera", busy, CaseFilter(text="bridge")),
        Asked("the beginning of an id", anyone, CaseFilter(text="SW-0000000000")),
        Asked("stage", anyone, CaseFilter(stages=[pending])),
        Asked("a stage that no case has", anyone, CaseFilter(stages=[Stage.EMITTED])),
        Asked("closed", anyone, CaseFilter(stages=[Stage.CLOSED])),
        Asked("kind + closed", anyone, CaseFilter(kind="overflowing_bin", stages=[Stage.CLOSED])),
        Asked("kind", anyone, CaseFilter(kind="street_vending")),
        Asked("kind + stage", anyone, CaseFilter(kind="overflowing_bin", stages=[pending])),
        Asked("busy camera", anyone, CaseFilter(camera=BUSY)),
        Asked("busy camera + stage", anyone, CaseFilter(camera=BUSY, stages=[Stage.EMITTED])),
        Asked("busy camera + others' stage", anyone, CaseFilter(camera=BUSY, stages=[rejected])),
        Asked("one camera of many + stage", anyone, CaseFilter(camera=other, stages=[pending])),
        Asked("one day", anyone, CaseFilter(since=day, until=day + timedelta(days=1))),
        Asked("before all", anyone, CaseFilter(until=FIRST_DAY)),
        Asked("stage + before all", anyone, CaseFilter(stages=[rejected], until=FIRST_DAY)),
        Asked("busy camera + zone", anyone, CaseFilter(camera=BUSY, zone="north")),
        Asked("busy camera + before all", anyone, CaseFilter(camera=BUSY, until=FIRST_DAY)),
        Asked("near", anyone, CaseFilter(near=Near(113.38, 31.71, 300))),
        Asked("near nothing", anyone, CaseFilter(near=Near(0, 0, 300))),
        Asked("key of a quiet camera", quiet, CaseFilter()),
        Asked("key of a quiet camera, that camera", quiet, CaseFilter(camera=QUIET)),
        Asked("key of a quiet camera, busy camera", quiet, CaseFilter(camera=BUSY)),
        Asked("key of a busy camera, quiet camera", busy, CaseFilter(camera=QUIET)),
        Asked("key of all cameras by name", city, CaseFilter(stages=[pending])),
        Asked("key of kinds without cases", trucks, CaseFilter()),
        Asked("key of a division", street, CaseFilter()),
        Asked("key of a division, busy camera", street, CaseFilter(camera=BUSY)),
        Asked("key of a division with few cases, kind", rare, CaseFilter(kind="street_vending")),
        Asked("key of a division without cases", far, CaseFilter()),
    )


def bench_lists(
    databases: Mapping[str, Database],
    site: Site,
    *,
    cases: int,
    rounds: int,
    progress: Callable[[str], None],
) -> ListBench:
    """Fill each empty database with cases, and time a page of 50 for each question and the queue.

    Raises:
        CaseError: a database has cases already.
    """
    ms: dict[str, dict[str, float]] = {}
    for name, database in databases.items():
        progress(f"{name}: writing {cases} cases")
        fill(database, cases)
        store = CaseStore(database, site)
        ms[name] = {}
        for asked in questions():
            progress(f"{name}: {asked.name}")
            ms[name][asked.name] = round(median(_timed(store, asked, rounds)), 1)
        progress(f"{name}: a queue of {WAITING}")
        ms[name] |= bench_queue(database, site, rounds)
    return ListBench(cases, rounds, ms)


def _timed(store: CaseStore, asked: Asked, rounds: int) -> Iterator[float]:
    for _ in range(rounds):
        began = time.perf_counter()
        store.page(asked.who, asked.wanted, None, 50, order=asked.order)
        yield (time.perf_counter() - began) * 1e3


def fill(database: Database, cases: int) -> None:
    """Write made-up cases, five minutes apart, each with a sighting and a picture.

    Raises:
        CaseError: the database has cases already.
    """
    with database.read() as session:
        if session.scalar(select(func.count()).select_from(CaseRow)):
            raise CaseError("this database has cases; give an empty one to measure on")
    for start in range(0, cases, _ROWS_AT_ONCE):
        end = min(start + _ROWS_AT_ONCE, cases)
        rows = _Rows(start, end, on_postgresql=database.on_postgresql)
        with database.write() as session:
            for table, columns in (
                (CaseRow, rows.case()),
                (SightingRow, rows.sighting()),
                (EvidenceRow, rows.evidence()),
            ):
                made = select(*columns.values()).select_from(rows.numbers)
                session.execute(insert(table).from_select(list(columns), made))
    if database.on_postgresql:
        with database.write() as session:
            session.execute(text("ANALYZE"))  # which autovacuum does within a minute


def _camera(number: int) -> str:
    return f"camera-{number:03d}"


class _Rows:
    """The made-up rows as SQL over the numbers from `start` to below `end`."""

    def __init__(self, start: int, end: int, *, on_postgresql: bool) -> None:
        first = select(literal(start).label("n")).cte("numbers", recursive=True)
        self.numbers = first.union_all(select(first.c.n + 1).where(first.c.n < end - 1))
        n = self._n = self.numbers.c.n
        minutes = n * 5
        if on_postgresql:
            self._at: Any = literal(FIRST_DAY, UtcTime()) + minutes * text("interval '1 minute'")
        else:
            step = cast(minutes, String) + " minutes"
            self._at = func.strftime("%Y-%m-%d %H:%M:%f000", f"{FIRST_DAY:%Y-%m-%d}", step)
        one_of = literal("camera-") + func.substr(cast(1000 + n // 2 % CAMERAS, String), 2, 3)
        self._camera = case_((n % 2 == 1, BUSY), else_=one_of)
        self._number = func.substr(cast(literal(10**12, BigInteger) + n, String), 2)
        self._id = literal("SW-") + self._number

    def _seen(self) -> dict[str, Any]:
        return {
            "camera": self._camera,
            "zone": literal("north pavement"),
            "box": literal([0.2, 0.4, 0.5, 0.8], JSON),
            "confirmed_at": self._at,
            "last_seen_at": self._at,
            "looks": literal(6),
            "score": literal(0.8),
        }

    def case(self) -> dict[str, Any]:
        """Columns of a case."""
        n = self._n
        decided = case_((n % 50 == 1, "closed"), (n % 2 == 1, "confirmed"), else_="rejected")
        streets = case_((n % 2 == 0, "421303001"), else_="421303002")
        empty = dict.fromkeys(("grid", "legal_use_reason"), literal(""))
        return self._seen() | {
            **empty,
            "address": case_((n % 1000 == 7, "East bridge"), else_="Market street"),
            "deadline_at": case_((n % 100 == 3, self._at), else_=null()),
            "division": case_((n % 1000 == 3, "421304001"), else_=streets),
            "id": self._id,
            "stage": case_((n % 1000 == 0, "pending_review"), else_=decided),
            "kind": case_((n % 3 == 0, _KINDS[0]), (n % 3 == 1, _KINDS[1]), else_=_KINDS[2]),
            "subtype": literal("stall"),
            "codes": literal([], JSON),
            "lon": 113.3 + n % 400 / literal(2000.0),
            "lat": 31.6 + n // 400 % 250 / literal(1250.0),
            "crs": literal("WGS84"),
            "first_seen_at": self._at,
            "dwell_s": literal(300.0),
            "clock": literal("stream"),
            "why": literal([], JSON),
            "detector": literal(_DETECTOR, JSON),
            "legal_use": literal("lead_only"),
            "sequence": literal(0),
            "created_at": self._at,
        }

    def sighting(self) -> dict[str, Any]:
        """Columns of its sighting."""
        known = {"episode_id": literal("E") + self._number, "case_id": self._id}
        return self._seen() | known | {"opened_at": self._at}

    def evidence(self) -> dict[str, Any]:
        """Columns of its picture."""
        return {
            "case_id": self._id,
            "episode_id": literal("E") + self._number,
            "sha256": literal("0" * 52) + self._number,
            "role": literal("masked"),
            "media_type": literal("image/jpeg"),
            "size": literal(1000),
            "camera": self._camera,
            "captured_at": self._at,
            "moment": literal("confirmed"),
        }
