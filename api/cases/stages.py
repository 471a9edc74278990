"""Stages of a case and the steps between them: one table, nothing else decides.

Later issues add the case system's own stages (filed, dispatched, …) as rows of this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from api.errors import IllegalStep


class Stage(StrEnum):
    """Stage of a case."""

    PENDING_REVIEW = "pending_review"
    SILENCED = "silenced"
    """Kept out of the review queue by a silence of the site file."""
    INHIBITED = "inhibited"
    """Kept out of the review queue by an open case of another kind at its place."""
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    EMITTED = "emitted"
    """At least one receiver has accepted the confirmed case."""


class Step(StrEnum):
    """A step from one stage to the next."""

    SILENCE = "silence"
    INHIBIT = "inhibit"
    RELEASE = "release"
    CONFIRM = "confirm"
    REJECT = "reject"
    EMIT = "emit"


class Rejection(StrEnum):
    """Why a person rejected a case."""

    FALSE_POSITIVE = "false_positive"
    PERMITTED = "permitted"
    NOT_VISIBLE = "not_visible"
    DUPLICATE = "duplicate"
    NO_LEGAL_BASIS = "no_legal_basis"


SUPPRESSED = frozenset({Stage.SILENCED, Stage.INHIBITED})
"""Stages of a suppressed case: not in the review queue, but a person may still decide on it."""

UNDECIDED = frozenset({Stage.PENDING_REVIEW}) | SUPPRESSED
"""Stages before a person's decision."""

STEPS: Mapping[tuple[Stage, Step], Stage] = {
    **{(stage, Step.SILENCE): Stage.SILENCED for stage in UNDECIDED},
    **{(stage, Step.INHIBIT): Stage.INHIBITED for stage in UNDECIDED},
    **{(stage, Step.RELEASE): Stage.PENDING_REVIEW for stage in SUPPRESSED},
    **{(stage, Step.CONFIRM): Stage.CONFIRMED for stage in UNDECIDED},
    **{(stage, Step.REJECT): Stage.REJECTED for stage in UNDECIDED},
    (Stage.CONFIRMED, Step.EMIT): Stage.EMITTED,
}

PERSON_CONFIRMED = frozenset({Stage.CONFIRMED, Stage.EMITTED})
"""Stages after a person's confirmation: only from here may anything be sent."""

SHOWN = frozenset({Stage.PENDING_REVIEW}) | PERSON_CONFIRMED
"""Stages of a case that was put into the review queue and not rejected."""

OPEN = SHOWN | SUPPRESSED
"""Stages in which a new episode at the same place can be a sighting of the case."""


def advance(stage: Stage, step: Step) -> Stage:
    """The stage after this step.

    Raises:
        IllegalStep: the table has no such step from here.
    """
    try:
        return STEPS[stage, step]
    except KeyError:
        raise IllegalStep(
            f"a case in stage {stage.value} cannot {step.value}; reload it to see who acted on it"
        ) from None
