"""Pruning of access: console sessions that have ended long ago; keys that people made stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_

from api.storage.pruning import Rule
from api.storage.tables import KeyRow

SESSIONS = timedelta(days=30)
"""How long an ended session stays listed: each start makes one. The log names whose it was."""


def _sessions(now: datetime) -> ColumnElement[bool]:
    return and_(KeyRow.session.is_(True), KeyRow.expires_at < now - SESSIONS)


def rules() -> Iterator[Rule]:
    """What may go of this room's tables."""
    yield Rule("sessions", KeyRow.id, _sessions)
