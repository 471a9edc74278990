"""Stages of a case, outcomes of a closed one, and the groups of stages that others ask about."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Stage(StrEnum):
    """Stage of a case: who has to do what next."""

    PENDING_REVIEW = "pending_review"
    SILENCED = "silenced"
    """Kept out of the review queue by a silence of the site file."""
    INHIBITED = "inhibited"
    """Kept out of the review queue by an open case of another kind at its place."""
    SECOND_REVIEW = "second_review"
    """One person has confirmed it; another one has to before anything leaves."""
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    EMITTED = "emitted"
    """At least one receiver has accepted the confirmed case, or a person has handed it over."""
    FILED = "filed"
    DISPATCHED = "dispatched"
    HANDLED = "handled"
    VERIFIED = "verified"
    RETURNED = "returned"
    """The work order was sent back; somebody dispatches it anew."""
    NOTICED = "noticed"
    """The person concerned has been told."""
    GRACE = "grace"
    """They have time to put it right."""
    REOBSERVED = "reobserved"
    """The time is over and it was looked at again."""
    ACCEPTED = "accepted"
    """The case system has accepted the evidence; it decides."""
    TRANSFERRED = "transferred"
    """Another authority has it."""
    CLOSED = "closed"
    """With an `Outcome`."""


class Rejection(StrEnum):
    """Why a person rejected a case."""

    FALSE_POSITIVE = "false_positive"
    PERMITTED = "permitted"
    NOT_VISIBLE = "not_visible"
    DUPLICATE = "duplicate"
    NO_LEGAL_BASIS = "no_legal_basis"


class Outcome(StrEnum):
    """How a case was closed."""

    CORRECTED = "corrected"
    PERSUADED = "persuaded"
    DECIDED = "decided"
    """By the case system, on the accepted evidence."""
    TRANSFERRED = "transferred"
    """For good: the other authority has kept it."""
    PERMITTED = "permitted"
    NO_LEGAL_BASIS = "no_legal_basis"
    WITHDRAWN = "withdrawn"
    """By who had sent it."""
    OVERTURNED = "overturned"
    """On an appeal or by a higher authority."""


SUPPRESSED = frozenset({Stage.SILENCED, Stage.INHIBITED})
"""Stages of a suppressed case: not in the review queue, but a person may still decide on it."""

WAITING = frozenset({Stage.PENDING_REVIEW, Stage.SECOND_REVIEW})
"""Stages of a case in the review queue; `ix_cases_waiting` is an index of those alone."""

UNDECIDED = frozenset({Stage.PENDING_REVIEW}) | SUPPRESSED
"""Stages before a person's decision."""

DECIDABLE = UNDECIDED | {Stage.SECOND_REVIEW}
"""Stages in which a person can confirm or reject, and hold the case to do so."""

ONGOING = frozenset(
    {
        *(Stage.EMITTED, Stage.FILED, Stage.DISPATCHED, Stage.HANDLED, Stage.VERIFIED),
        *(Stage.RETURNED, Stage.NOTICED, Stage.GRACE, Stage.REOBSERVED, Stage.ACCEPTED),
        Stage.TRANSFERRED,
    }
)
"""Stages of a case that the city's case system has, until it is closed."""

PERSON_CONFIRMED = frozenset({Stage.CONFIRMED, Stage.CLOSED}) | ONGOING
"""Stages after a person's confirmation: only from here may anything be sent."""

SHOWN = WAITING | PERSON_CONFIRMED
"""Stages of a case that was put into the review queue and not rejected."""

OPEN = (SHOWN | SUPPRESSED) - {Stage.CLOSED}
"""Stages in which a new episode at the same place can be a sighting of the case."""

UNFOUNDED = frozenset(
    {Outcome.PERMITTED, Outcome.NO_LEGAL_BASIS, Outcome.WITHDRAWN, Outcome.OVERTURNED}
)
"""Outcomes by which there was no violation: such a case is nobody's earlier one."""

_ALWAYS = frozenset({Outcome.PERMITTED, Outcome.NO_LEGAL_BASIS})
_PUT_RIGHT = frozenset({Outcome.CORRECTED, Outcome.PERSUADED})

OUTCOMES: Mapping[Stage, frozenset[Outcome]] = {
    **dict.fromkeys(ONGOING, _ALWAYS),
    Stage.VERIFIED: _ALWAYS | _PUT_RIGHT,
    Stage.REOBSERVED: _ALWAYS | _PUT_RIGHT,
    Stage.ACCEPTED: _ALWAYS | {Outcome.DECIDED},
    Stage.TRANSFERRED: _ALWAYS | {Outcome.TRANSFERRED},
}
"""With which outcomes a case may be closed from a stage."""
