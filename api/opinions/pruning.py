"""Pruning of the queue: of cases that people have decided, nobody is asked any more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from api.cases.stages import WAITING
from api.opinions.queue import State
from api.storage.pruning import Rule
from api.storage.tables import CaseRow, OpinionRow

KEPT = timedelta(days=30)
"""How long why there was no answer can be looked into."""


def _over(now: datetime) -> ColumnElement[bool]:
    """Of a case that waits still it is kept: else it would be asked about anew.

    One that was never asked about and waits no more goes at once: it stands in the way.
    """
    waits = select(CaseRow.id).where(CaseRow.stage.in_([stage.value for stage in WAITING]))
    old = or_(OpinionRow.created_at < now - KEPT, OpinionRow.state == State.WAITING.value)
    return and_(old, OpinionRow.case_id.not_in(waits))


def rules() -> Iterator[Rule]:
    """What was answered is the case's, and in its log: only how it went is forgotten."""
    yield Rule("questions to a model", OpinionRow.case_id, _over)
