"""Transfers: which cases have gone from one division or site to another, as both may know for good.

Who gave a case away does not see it any more: its pictures and people are no business of theirs now
(Personal Information Protection Law of China, art. 6: the smallest scope that the purpose needs).
What they did themselves they have to account for, so both divisions keep this: which case, of what
kind, from where to where, when, by whom and why; no picture, no place, nobody concerned.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field
from sqlalchemy import select

from api.access.roles import Principal
from api.cases.parts import Part
from api.cases.scope import within
from api.storage.database import Database
from api.storage.tables import SightingRow, TransferRow


class Way(StrEnum):
    """How a case has gone."""

    REASSIGNED = "reassigned"
    """To another division of this site."""
    SENT = "sent"
    """To another site, which has signed for it."""
    RECEIVED = "received"
    """From another site."""


class TransferView(Part):
    """A case's way from one division or site to another. `peer` is the other site's name."""

    no: int = Field(description="Counts transfers; the cursor of lists.")
    case_id: str
    way: Way
    at: datetime
    kind: str
    from_division: str
    to_division: str
    by: str
    reason: str
    peer: str = ""


class TransferPage(Part):
    """A page of transfers, the newest first; `next` is the cursor of the next page."""

    items: list[TransferView]
    next: int | None


def transfers(database: Database, who: Principal, after: int | None, limit: int) -> TransferPage:
    """Those from or to a division that somebody sees, of their kinds and cameras."""
    row = TransferRow
    query = select(row).order_by(row.id.desc()).limit(limit + 1)
    if after is not None:
        query = query.where(row.id < after)
    if who.kinds is not None:
        query = query.where(row.kind.in_(who.kinds))
    if who.divisions is not None:
        query = query.where(within(who.divisions, row.from_division, row.to_division))
    if who.cameras is not None:
        seen = select(SightingRow.case_id).where(SightingRow.camera.in_(who.cameras))
        query = query.where(row.case_id.in_(seen))
    with database.read() as session:
        found = list(session.scalars(query))
    items = [
        TransferView(
            no=one.id,
            case_id=one.case_id,
            way=Way(one.way),
            at=one.at,
            kind=one.kind,
            from_division=one.from_division,
            to_division=one.to_division,
            by=one.by,
            reason=one.reason,
            peer=one.peer_name,
        )
        for one in found[:limit]
    ]
    return TransferPage(items=items, next=items[-1].no if len(found) > limit else None)
