"""Text search: which cases a few words find, by the beginning of an id or grid, or by a place.

Addresses, zones and grids are those of cameras, so there are few different ones: they are stepped
through in an index and compared here, and only the cases of those that match are walked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from api.storage.tables import CaseRow

MOST_WALKED = 100
"""Different values whose cases are walked one by one; more are no narrowing at all."""
_ID = re.compile(r"(SW-[0-9A-Z]{0,26}|[0-9A-Z]{8,26})")
"""The beginning of a case's id; of fewer characters every case's may begin so."""
_LAST = "Z" * 26


@dataclass(frozen=True, slots=True)
class Found:
    """What of cases a text matches.

    Attributes:
        values: whole values by column.
        prefix: of ids; None where the text begins none.
    """

    values: Mapping[InstrumentedAttribute[str], Sequence[str]]
    prefix: str | None

    def condition(self) -> ColumnElement[bool]:
        """Whether a case is found, as one SQL condition."""
        return or_(*self._ids(), *(column.in_(some) for column, some in self.values.items()))

    def leads(self) -> Iterator[ColumnElement[bool]]:
        """The same as several, each a range of an index that goes on with the id."""
        if sum(map(len, self.values.values())) > MOST_WALKED:
            yield self.condition()
            return
        yield from self._ids()
        for column, some in self.values.items():
            yield from (column == value for value in some)

    def _ids(self) -> Iterator[ColumnElement[bool]]:
        if self.prefix is not None:
            yield CaseRow.id.between(self.prefix, self.prefix + _LAST)


def search(session: Session, text: str) -> Found:
    """Find what a text matches: all of its words in one address or zone, in any case."""
    words = text.casefold().split()
    whole = text.strip().upper()
    given: tuple[tuple[InstrumentedAttribute[str], Callable[[str], bool]], ...] = (
        (CaseRow.address, lambda value: all(word in value.casefold() for word in words)),
        (CaseRow.zone, lambda value: all(word in value.casefold() for word in words)),
        (CaseRow.grid, lambda value: value.startswith(whole)),
    )
    values = {
        column: [value for value in different(session, column) if value and matches(value)]
        for column, matches in given
    }
    prefix = f"SW-{whole.removeprefix('SW-')}" if _ID.fullmatch(whole) else None
    return Found(values, prefix)


def different(session: Session, column: InstrumentedAttribute[str]) -> list[str]:
    """The different values that cases have in a column which an index begins with.

    From one to the next greater one, each a step in the index: databases read all of it for a
    DISTINCT.
    """
    first = select(func.min(column).label("value")).cte("walked", recursive=True)
    greater = select(func.min(column)).where(column > first.c.value)
    step: Any = select(greater.scalar_subquery()).where(first.c.value.is_not(None))
    values = first.union_all(step)
    return list(session.scalars(select(values.c.value).where(values.c.value.is_not(None))))
