"""A made-up year of cases for benches of reports: each with its log, one every five minutes.

Two of five are false alarms; the others are confirmed, handed over, handled or handled twice,
closed. Rows are as wide as real ones, since reading them is what a report may cost.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text

from api.storage.database import Database
from scripts.bench.lists import fill

_WHY = (
    '[{"en": "at one place for 312 s (rule: 300 s), over 14 looks", "zh": "同一位置持续312秒（判定标准：'
    '300秒），共检测14次", "data": {"dwell_s": 312, "looks": 14, "objects": 3}, {"en": "no permit covers '
    'it", "zh": "无许可覆盖该位置", "data": {"permits": []}]'
)
_DIMENSIONS = """
UPDATE cases SET division = '4213' || (10 + {n} / 2 % 8), grid = '4213010010' || (100 + {n} / 2 % 160),
  zone = 'zone ' || ({n} / 2 % 3), address = 'No. ' || ({n} % 300) || ' Liberation Road, at the market gate',
  score = 0.3 + ({n} * 7919 % 600) / 1000.0, why = '{why}', legal_use_reason = 'no admissibility file is kept',
  prior_cases = CASE WHEN {n} % 9 = 0 THEN '["SW-1"]' ELSE '[]' END,
  stage = CASE WHEN {n} % 5 < 2 THEN 'rejected' WHEN {n} % 5 < 4 THEN 'closed' ELSE 'handled' END,
  outcome = CASE WHEN {n} % 5 < 2 THEN NULL WHEN {n} % 50 = 2 THEN 'withdrawn' WHEN {n} % 5 < 4 THEN 'corrected' END
WHERE {n} >= {first} AND {n} < {first} + {many}
"""
_LOG = (
    # action, stage, which, minutes after, reason
    ("opened", "pending_review", "1 = 1", "0", "''"),
    ("rejected", "rejected", "{n} % 5 < 2", "3 + {n} * 31 % 97", "'false_positive'"),
    ("confirmed", "confirmed", "{n} % 5 >= 2", "3 + {n} * 31 % 97", "''"),
    ("emitted", "emitted", "{n} % 5 >= 2", "101", "'accepted by main'"),
    ("filed", "filed", "{n} % 5 >= 2", "120", "''"),
    ("dispatched", "dispatched", "{n} % 5 >= 2", "150", "''"),
    ("handled", "handled", "{n} % 5 >= 2", "200 + {n} * 17 % 2880", "''"),
    ("returned", "returned", "{n} % 25 = 2", "3100", "''"),
    ("handled", "handled", "{n} % 25 = 2", "3200", "''"),
    ("closed", "closed", "{n} % 5 IN (2, 3)", "3300", "''"),
    ("cleared", "closed", "{n} % 2 = 1", "4000", "''"),
)
_AT_ONCE = 20_000


def fill_year(database: Database, cases: int, progress: Callable[[str], None]) -> None:
    """Write cases with their logs; records of the logs are left out, as no report reads them.

    Raises:
        CaseError: the database has cases already.
    """
    progress("writing cases")
    fill(database, cases)
    postgresql = database.on_postgresql
    n = f"CAST(substr(id, 4) AS {'BIGINT' if postgresql else 'INTEGER'})"
    for first in range(0, cases, _AT_ONCE):
        with database.write() as session:
            said = _DIMENSIONS.format(n=n, first=first, many=_AT_ONCE, why=_WHY)
            session.execute(text(said.replace(":", "\\:")))
    for action, stage, which, minutes, reason in _LOG:
        progress(f"writing logs: {action}")
        later = (
            f"created_at + ({minutes.format(n=n)}) * interval '1 minute'"
            if postgresql
            else f"strftime('%Y-%m-%d %H:%M:%f000', created_at, ({minutes.format(n=n)}) || ' minutes')"
        )
        statement = (
            "INSERT INTO case_log (case_id, at, actor, action, stage, reason, data) "
            f"SELECT id, {later}, 'a reviewer', '{action}', '{stage}', {reason}, "
            '\'{"note": "", "checks": {"authentic": true, "clear": true}\' '
            f"FROM cases WHERE {which.format(n=n)}"
        )
        with database.write() as session:
            session.execute(text(statement.replace(":", "\\:")))
    if postgresql:
        with database.write() as session:
            session.execute(text("ANALYZE"))
