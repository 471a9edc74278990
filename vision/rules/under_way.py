"""UnderWay: one thing that a rule makes sure of, or holds, with its clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from vision.episodes import NormBox


class Standing(StrEnum):
    """How far a rule is with something."""

    CANDIDATE = "candidate"
    """It may become a violation."""
    CONFIRMED = "confirmed"
    CLEARING = "clearing"
    """Confirmed, and the latest looks do not show it."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """One spot, or one thing that passes, and what it lacks to be a violation.

    Attributes:
        box: where it is in the look.
        dwell: how long it has stayed, as the rule counts it; `dwell_needed` makes a violation.
        looks: looks that show it, or say what is said against it; `looks_needed` as well.
        since: the first look that showed it (UTC).
    """

    box: NormBox
    state: Standing
    dwell: timedelta
    dwell_needed: timedelta
    looks: int
    looks_needed: int
    since: datetime
