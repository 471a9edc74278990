"""Review: how people decide at this site: for how long they hold a case, undo, a second person."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator

from vision.durations import Duration
from vision.fields import KindName, Part
from vision.mistakes.wrong import wrong

LONGEST_CLAIM = timedelta(hours=1)
"""Who left without a word keeps a case from the others for no longer."""
LONGEST_UNDO = timedelta(minutes=5)
"""A confirmed case is told to nobody for as long."""


def _a_claim(length: timedelta) -> timedelta:
    if not timedelta(minutes=1) <= length <= LONGEST_CLAIM:
        raise ValueError(wrong("claim_length"))
    return length


def _an_undo(length: timedelta) -> timedelta:
    if length > LONGEST_UNDO:
        raise ValueError(wrong("undo_length"))
    return length


class SecondReviewer(Part):
    """Cases that a second person has to confirm: those of these kinds, and of such legal use."""

    kinds: tuple[KindName, ...] = ()
    legal_use: tuple[Literal["lead_only", "penalty_evidence"], ...] = ()


class ReviewSettings(Part):
    """How people decide.

    `claim` is how long a reviewer holds a case since they last said that they look at it. `undo` is
    how long a decision can be undone; what it announces waits for as long. 0s: it is sent at once.
    """

    claim: Annotated[Duration, AfterValidator(_a_claim)] = timedelta(minutes=5)
    undo: Annotated[Duration, AfterValidator(_an_undo)] = timedelta(seconds=60)
    second: SecondReviewer = SecondReviewer()
