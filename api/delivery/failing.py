"""Failing receivers: noted with each attempt, in its transaction; see `api.delivery.alerts`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.delivery.outcome import Outcome, Result
from api.storage.tables import FailingRow

LOG = logging.getLogger("streetwarden.outbox")
AFTER = timedelta(hours=1)
"""Failures of this long are told: a restart or an update of a case system takes less."""


def note(session: Session, receiver: str, outcome: Outcome, now: datetime) -> None:
    """Note how an attempt at a receiver ended. What we refuse to send says nothing about it."""
    if outcome.result is Result.REFUSED:
        return
    row = session.get(FailingRow, receiver, with_for_update=True)
    if outcome.result is Result.DELIVERED:
        if row is not None:
            _recovered(session, row, now)
        return
    error = outcome.error or ""
    if row is not None:
        row.error, row.recovered_at = error, None
        return
    # Another worker may be noting the same: its row is as good.
    with suppress(IntegrityError), session.begin_nested():
        session.add(FailingRow(name=receiver, since=now, error=error, told=[]))


def _recovered(session: Session, row: FailingRow, now: datetime) -> None:
    if row.event_id is None:
        session.delete(row)
    elif row.recovered_at is None:
        row.recovered_at = now
        LOG.warning("webhook %s: answers again; it had failed since %s UTC", row.name, _at(row))


def failing(session: Session, names: Iterable[str]) -> list[FailingRow]:
    """Those of these receivers that fail now, whether for long or not."""
    found = select(FailingRow).where(FailingRow.recovered_at.is_(None))
    return list(session.scalars(found.where(FailingRow.name.in_(tuple(names)))))


def told_of(row: FailingRow) -> str:
    """What is said of a receiver that has failed for long, in words."""
    return (
        f"webhook {row.name}: has failed since {_at(row)} UTC: {row.error}; what is for it waits "
        "and is sent when it answers"
    )


def _at(row: FailingRow) -> str:
    return f"{row.since:%Y-%m-%d %H:%M}"
