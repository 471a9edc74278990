"""Benchmark: how long each report takes over a year of cases."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from api.access.roles import Principal, Role
from api.reports.desk import ReportDesk
from api.storage.database import Database
from scripts.bench.a_year import fill_year
from scripts.bench.lists import BUSY
from vision.site import Site

ASKED = (
    ("a day", "report", "2026-03-18"),
    ("a week", "report", "2026-W12"),
    ("a month", "report", "2026-03"),
    ("rates of a month", "rates", "2026-03"),
    ("rates of the year", "rates", "2026"),
    ("device outliers of a month", "devices", "2026-03"),
    ("device outliers of the year", "devices", "2026"),
    ("precision and advice, a month", "precision", "2026-03"),
    ("precision and advice, the year", "precision", "2026"),
)
_LIMITED = frozenset({BUSY, *(f"camera-{n:03}" for n in range(1, 40))})


@dataclass(frozen=True, slots=True)
class ReportBench:
    """Median seconds of each report by database; `limited`: for a key of forty cameras."""

    cases: int
    rounds: int
    seconds: Mapping[str, Mapping[str, float]]
    limited: Mapping[str, Mapping[str, float]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def bench_reports(
    databases: Mapping[str, Database],
    site: Site,
    *,
    cases: int,
    rounds: int,
    progress: Callable[[str], None],
) -> ReportBench:
    """Fill each empty database with a year of cases and time every report, JSON included.

    Raises:
        CaseError: a database has cases already.
    """
    anyone = Principal("0", "all", Role.VIEWER)
    limited = Principal("0", "forty", Role.VIEWER, cameras=_LIMITED)
    took: dict[str, dict[str, dict[str, float]]] = {"all": {}, "limited": {}}
    for name, database in databases.items():
        fill_year(database, cases, lambda said, name=name: progress(f"{name}: {said}"))  # type: ignore[misc]
        desk = ReportDesk(database, site)
        for whose, who in (("all", anyone), ("limited", limited)):
            found = took[whose].setdefault(name, {})
            for told, what, period in ASKED:
                progress(f"{name}: {told}")
                found[told] = round(
                    median(_timed(desk, who, what, period) for _ in range(rounds)), 3
                )
    return ReportBench(cases, rounds, took["all"], took["limited"])


def _timed(desk: ReportDesk, who: Principal, what: str, period: str) -> float:
    began = time.perf_counter()
    getattr(desk, what)(who, desk.period(period)).model_dump_json()
    return time.perf_counter() - began
