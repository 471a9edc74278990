"""The case log: the one place that writes it.

An entry is written in the transaction of the change that it is about, after the change: it states
the stage that the case is in then. Tables refuse to change or delete one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.storage.tables import CaseRow, LogRow


def enter(
    session: Session,
    case: CaseRow,
    action: str,
    *,
    by: Principal | str,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> LogRow:
    """Log what has happened to a case.

    Args:
        session: of the transaction that changes it.
        case: as it is after the change.
        action: what happened, one word.
        by: a key's holder, or the part of this program that did it.
        reason: in words.
        data: what a program reads; JSON.
        at: when (UTC); now by default.
    """
    actor, key_id = (by, None) if isinstance(by, str) else (by.label, by.key_id)
    entry = LogRow(
        case_id=case.id,
        at=at or datetime.now(UTC),
        actor=actor,
        key_id=key_id,
        action=action,
        stage=case.stage,
        reason=reason,
        data=dict(data or {}),
    )
    session.add(entry)
    return entry
