"""Deadlines: how long a case may stay in the stage to which it has come.

What a matter allows is frozen in the case; the calendar is the site's of today, for next year's
holidays are not known when a case is made.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from api.cases.law import matter
from api.cases.stages import Stage
from api.errors import IllegalStep
from api.storage.tables import CaseRow
from api.words.said import say
from vision.registers.working_calendar import Term, WorkingCalendar, parse_term

_log = logging.getLogger(__name__)


def of_stage(case: CaseRow, calendar: WorkingCalendar, now: datetime) -> dict[str, Any] | None:
    """The deadline of a case that has just come to its stage; None where its matter sets none."""
    text = matter(case).get("deadlines", {}).get(case.stage)
    if text is None:
        return None
    term = parse_term(text)
    try:
        return _deadline(case.stage, calendar.end(now, term), term)
    except ValueError as error:
        # The calendar was changed since. The case goes on; its log and the stage say since when.
        _log.error("no deadline is counted for %s: %s", case.id, error)
        return None


def of_grace(
    case: CaseRow, calendar: WorkingCalendar, now: datetime, until: datetime | None
) -> dict[str, Any]:
    """The deadline of a grace that is given now, until a stated moment or as long as usual.

    Raises:
        IllegalStep: none was stated, and its matter has none.
    """
    if until is not None:
        return _deadline(Stage.GRACE.value, until, None)
    text = matter(case).get("grace")
    if text is None:
        raise IllegalStep(say("grace_not_set"))
    term = parse_term(text)
    try:
        return _deadline(Stage.GRACE.value, calendar.end(now, term), term)
    except ValueError as error:
        why = say("grace_uncountable", term=str(term), why=str(error))
        raise IllegalStep(why) from None


def _deadline(stage: str, at: datetime, term: Term | None) -> dict[str, Any]:
    return {
        "at": at.astimezone(UTC).isoformat(),
        "amount": term.amount if term else None,
        "unit": term.unit.value if term else None,
        "stage": stage,
        "unseen": None,
    }
