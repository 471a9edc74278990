"""A made-up year of cases for benches of reports: each with its log, one every five minutes.

Two of five are false alarms; the others are confirmed, handed over, handled or handled twice,
closed. Rows are about as wide as real ones, since reading them is what a report may cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert, select, update

from api.storage.database import Database
from api.storage.tables import CaseRow, LogRow
from scripts.bench.lists import FIRST_DAY, fill

_WHY = [
    {
        "en": "at one place for 312 s (rule: 300 s), over 14 looks",
        "zh": "同一位置持续312秒（判定标准：300秒），共检测14次",
        "data": {"dwell_s": 312, "looks": 14, "objects": 3},
    },
    {"en": "no permit covers it", "zh": "无许可覆盖该位置", "data": {"permits": []}},
]
_TICKS = {"checks": {"authentic": True, "clear": True, "complete": True, "accurate": True}}
_AT_ONCE = 1000  # which a loaded machine writes within `api.storage.engine.LONGEST_S`


def fill_year(database: Database, cases: int, progress: Callable[[str], None]) -> None:
    """Write cases with their logs; records of the logs are left out, as no report reads them.

    Raises:
        CaseError: the database has cases already.
    """
    progress("writing cases")
    fill(database, cases)
    with database.read() as session:
        ids = list(session.scalars(select(CaseRow.id).order_by(CaseRow.id)))
    for first in range(0, cases, _AT_ONCE):
        progress(f"writing logs: {first} of {cases} cases")
        numbered = list(islice(enumerate(ids), first, first + _AT_ONCE))
        with database.write() as session:
            session.execute(update(CaseRow), [_known(n, case_id) for n, case_id in numbered])
            session.execute(
                insert(LogRow), [entry for n, case_id in numbered for entry in _log(n, case_id)]
            )
    if database.on_postgresql:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")  # which autovacuum does within a minute
            connection.commit()


def _known(n: int, case_id: str) -> dict[str, Any]:
    confirmed, closed = n % 5 >= 2, n % 5 in {2, 3}
    ended = "withdrawn" if n % 50 == 2 else "corrected"
    return {
        "id": case_id,
        "division": f"4213{10 + n // 2 % 8}",
        "grid": f"421301001000{100 + n // 2 % 160}",
        "zone": f"zone {n // 2 % 3}",
        "address": f"No. {n % 300} Liberation Road, at the market gate",
        "score": 0.3 + n * 7919 % 600 / 1000,
        "why": _WHY,
        "legal_use_reason": "no admissibility file is kept",
        "prior_cases": ["SW-1"] if n % 9 == 0 else [],
        "stage": ("closed" if closed else "handled") if confirmed else "rejected",
        "outcome": ended if closed else None,
    }


def _log(n: int, case_id: str) -> Iterator[dict[str, Any]]:
    for action, stage, minutes, reason in _happened(n):
        yield {
            "case_id": case_id,
            "at": FIRST_DAY + timedelta(minutes=n * 5 + minutes),
            "actor": "a reviewer",
            "action": action,
            "stage": stage,
            "reason": reason,
            "data": _TICKS,
        }


def _happened(n: int) -> Iterator[tuple[str, str, int, str]]:
    """What happens to a case: action, stage, minutes after it was opened, reason."""
    decided = 3 + n * 31 % 97
    yield "opened", "pending_review", 0, ""
    if n % 5 < 2:
        yield "rejected", "rejected", decided, "false_positive"
        return
    yield "confirmed", "confirmed", decided, ""
    yield "emitted", "emitted", 101, "accepted by main"
    yield "filed", "filed", 120, ""
    yield "dispatched", "dispatched", 150, ""
    yield "handled", "handled", 200 + n * 17 % 2880, ""
    if n % 25 == 2:
        yield "returned", "returned", 3100, ""
        yield "handled", "handled", 3200, ""
    if n % 5 < 4:
        yield "closed", "closed", 3300, ""
