"""The case log: the one place that writes it.

An entry is written in the transaction of the change that it is about, after the change: it states
the stage that the case is in then. Tables refuse to change or delete one. When the transaction
ends, each becomes a signed record of the site's chain; see `api.records`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.errors import CaseError
from api.storage.tables import CaseRow, LogRow
from api.words.said import Said
from vision.printable import harmless

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL has no NUL in texts; a lone surrogate is no UTF-8."""


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
        reason: in words; of one that a program gives (`say`), code and values are kept as the
            entry's `data.said`.
        data: what a program reads; JSON.
        at: when (UTC); now by default.

    Raises:
        CaseError: `data` holds what JSON has not, such as NaN.
    """
    actor, key_id = (by, None) if isinstance(by, str) else (by.label, by.key_id)
    said = said_data(reason) if isinstance(reason, Said) else {}
    entry = LogRow(
        case_id=case.id,
        at=at or datetime.now(UTC),
        actor=_storable(actor),
        key_id=key_id,
        action=action,
        stage=case.stage,
        reason=_storable(reason),
        data=_plain(case, action, said | dict(data or {})),
    )
    session.add(entry)
    session.info.setdefault("entries", []).append(entry)
    return entry


def said_data(*reasons: str) -> dict[str, Any]:
    """What an entry's data says of reasons that have codes: an empty one of none."""
    said = [{"code": r.code, "params": dict(r.params)} for r in reasons if isinstance(r, Said)]
    return {"said": said} if said else {}


def _plain(case: CaseRow, action: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data as it will be read back: lists for tuples, names as text."""
    try:
        plain: dict[str, Any] = json.loads(json.dumps(_cleaned(data), allow_nan=False))
    except (ValueError, TypeError) as error:
        raise CaseError(f"case {case.id}: {action!r} cannot be logged: {error}") from error
    return plain


def _cleaned(value: object) -> object:
    match value:
        case str():
            return _storable(value)
        case Mapping():
            return {_cleaned(name): _cleaned(of) for name, of in value.items()}
        case list() | tuple():
            return [_cleaned(one) for one in value]
        case _:
            return value


def _storable(text: str) -> str:
    """A text that both databases and UTF-8 take: a file's name may hold anything."""
    return harmless(text) if _UNSTORABLE.search(text) else text
