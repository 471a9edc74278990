"""Matters: what the law of a site's jurisdiction says about each kind of violation.

It is the bureau's own listing in the site file, and none is shipped: whether pictures may be
evidence for a penalty, on which basis, and whether an order to correct comes first. What is not
listed is a lead for an officer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from vision.fields import KindName, Part
from vision.kinds import catalogue
from vision.mistakes.wrong import wrong
from vision.registers.working_calendar import Term, parse_term

TermField = Annotated[Term, BeforeValidator(parse_term), PlainSerializer(str)]
DeadlineStage = Literal[
    "pending_review",
    "second_review",
    "confirmed",
    "emitted",
    "filed",
    "dispatched",
    "handled",
    "verified",
    "returned",
    "noticed",
    "reobserved",
    "accepted",
    "transferred",
]
"""Stages of a case in which somebody has to act. How long `grace` lasts is a field of its own."""


class Matter(Part):
    """A matter (事项) of the listing.

    `subtype` narrows it to one; a matter that names a case's sub-type comes before one of the whole
    kind. `basis` cites the provisions, in the words of the bureau. `penalty_evidence` says whether
    they list the matter for evidence by devices alone. `correct_first`: an order to correct, and
    its `grace`, come before anything else. `major`: a legal review is recorded before a decision.
    `deadlines`: how long a case may stay in a stage.
    """

    kind: KindName
    subtype: str | None = None
    basis: Annotated[str, Field(min_length=1, max_length=2000)]
    penalty_evidence: bool = False
    correct_first: bool = True
    grace: TermField | None = None
    major: bool = False
    deadlines: dict[DeadlineStage, TermField] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _subtype_is_of_the_kind(self) -> Matter:
        names = [s.name for s in catalogue().kind(self.kind).subtypes]
        if self.subtype is not None and self.subtype not in names:
            raise ValueError(
                wrong("subtype_unknown", kind=self.kind, subtype=self.subtype, known=list(names))
            )
        return self

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term that it sets."""
        return (*self.deadlines.values(), *([self.grace] if self.grace is not None else []))

    @property
    def names(self) -> tuple[str, str | None]:
        """What it is about."""
        return self.kind, self.subtype


def check_matters(matters: tuple[Matter, ...]) -> tuple[Matter, ...]:
    """ValueError if two are about the same."""
    names = [matter.names for matter in matters]
    for kind, subtype in names:
        if names.count((kind, subtype)) > 1:
            raise ValueError(wrong("matter_twice", kind=kind, subtype=subtype))
    return matters


def matter_of(matters: Sequence[Matter], kind: str, subtype: str) -> Matter | None:
    """The matter that a violation falls under; None where none is listed."""
    listed = {matter.names: matter for matter in matters}
    return listed.get((kind, subtype)) or listed.get((kind, None))
