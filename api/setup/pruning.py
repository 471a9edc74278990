"""Pruning of the history of site files: each change keeps two whole texts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from api.setup.history import State
from api.storage.pruning import Rule
from api.storage.tables import SiteChangeRow

LAST = 200
"""Changes of a file that stay however old they are: `undo` goes back from the newest one by one,
and the newest says whether somebody has edited the file since."""
KEPT = timedelta(days=400)
"""How long the others are kept: a year and the time to ask about it."""
MOST = 5000
"""Changes of a file that are kept at most, however young: a program may write each minute."""


def _old(now: datetime) -> ColumnElement[bool]:
    number = func.row_number().over(
        partition_by=SiteChangeRow.file, order_by=SiteChangeRow.id.desc()
    )
    written = SiteChangeRow.state == State.WRITTEN.value
    counted = select(SiteChangeRow.id, number.label("number")).where(written).subquery()
    beyond = select(counted.c.id)
    return and_(
        written,
        or_(
            SiteChangeRow.id.in_(beyond.where(counted.c.number > MOST)),
            and_(
                SiteChangeRow.at < now - KEPT,
                SiteChangeRow.id.in_(beyond.where(counted.c.number > LAST)),
            ),
        ),
    )


def rules() -> Iterator[Rule]:
    """What may go of this room's table."""
    yield Rule("changes of the site file", SiteChangeRow.id, _old)
