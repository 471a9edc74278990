"""Gap: a time in which a camera was not watched, or showed nothing that could be judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class GapCause(StrEnum):
    """Why. `frozen` to `moved` are the views of `vision.view.health.View`."""

    OFFLINE = "offline"
    """The camera sent nothing, or nothing that could be decoded."""
    OUT_OF_HOURS = "out_of_hours"
    """None of its zones was to be watched; it may have been offline as well."""
    BUSY = "busy"
    """The machine could not keep up, and looked at none of its pictures."""
    NOT_RUNNING = "not_running"
    """The program had ended, or was killed."""
    FROZEN = "frozen"
    DARK = "dark"
    COVERED = "covered"
    BLURRED = "blurred"
    MOVED = "moved"
    UNRECORDED = "unrecorded"
    """There may have been others: it is longer ago than is kept."""


@dataclass(frozen=True, slots=True)
class Gap:
    """From the last look before to the first one after; times are aware UTC."""

    cause: GapCause
    since: datetime
    until: datetime
