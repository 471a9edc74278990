"""Retention: how long pictures and clips are kept, by what became of their case, and by kind."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from vision.durations import Duration
from vision.fields import KindName, Part
from vision.mistakes.wrong import wrong


def _a_day_at_least(length: timedelta) -> timedelta:
    if length < timedelta(days=1):  # `2m`, for two months, is two minutes
        raise ValueError(wrong("kept_short"))
    return length


Kept = Annotated[Duration, AfterValidator(_a_day_at_least)]


class KindRetention(Part):
    """What is set for one kind; where it is not, the site's holds."""

    rejected: Kept | None = None
    undecided: Kept | None = None
    confirmed: Kept | None = None
    raw_clips: Kept | None = None


class Retention(Part):
    """How long evidence is kept, counted from the last entry of its case's log.

    `rejected`: of cases that a person rejected, or that were closed as no violation. `undecided`:
    of those that nobody decided about. `confirmed`: of all others. `raw_clips`: clips, which show
    passers-by unmasked, from when they were taken; where the law makes the case evidence for a
    penalty, they stay as long as its pictures. What is on legal hold or under appeal stays.
    `audits`: uploaded batches with their originals and reports, from when they ended; what was put
    to review of them is of its case.
    """

    rejected: Kept = timedelta(days=7)
    undecided: Kept = timedelta(days=180)
    confirmed: Kept = timedelta(days=2 * 365)
    raw_clips: Kept = timedelta(days=30)
    audits: Kept = timedelta(days=30)
    kinds: dict[KindName, KindRetention] = Field(default_factory=dict)

    def of(self, kind: str) -> Retention:
        """What holds for a kind."""
        own = self.kinds.get(kind)
        return self.model_copy(update=own.model_dump(exclude_none=True)) if own else self
