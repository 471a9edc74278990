"""Pruning of access: sessions that have ended; keys that people made stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_

from api.storage.pruning import Rule
from api.storage.tables import KeyRow, SessionRow

SESSIONS = timedelta(days=30)
"""How long an ended session stays listed: each start makes one. The log names whose it was."""


def _sessions(now: datetime) -> ColumnElement[bool]:
    return and_(KeyRow.session.is_(True), KeyRow.expires_at < now - SESSIONS)


def _ended(now: datetime) -> ColumnElement[bool]:
    """Of who never came back to sign out; a session that was idle too long ends in `sessions`."""
    return SessionRow.expires_at < now


def rules() -> Iterator[Rule]:
    """What may go of this room's tables."""
    yield Rule("console keys", KeyRow.id, _sessions)
    yield Rule("sessions", SessionRow.id, _ended)
