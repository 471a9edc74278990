"""Inhibition: while a case of one kind is open at a place, cases of another kind are suppressed.

The terms are Alertmanager's: the source inhibits the target.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, model_validator

from vision.fields import KindName, Part
from vision.kinds import catalogue
from vision.mistakes.wrong import wrong

FURTHEST_M = 1000.0
"""Maximum of `within`, metres: beyond it, two cases are not at one place."""


def _metres(value: object) -> object:
    if value == "same_zone":
        return value
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*m?\s*", str(value))
    if found is None or not 0 < float(found[1]) <= FURTHEST_M:
        raise ValueError(wrong("inhibition_reach", text=str(value), most=f"{FURTHEST_M:g}"))
    return float(found[1])


Within = Annotated[
    Literal["same_zone"] | float,
    BeforeValidator(_metres),
    PlainSerializer(lambda within: within if isinstance(within, str) else f"{within:g}m"),
]
"""`same_zone`: of one camera. Metres on the ground where both positions are known; where they are
not, the same zone of a camera that does not move."""


class Matter(Part):
    """A kind, or one sub-type of it."""

    kind: KindName
    subtype: str | None = None

    @model_validator(mode="after")
    def _subtype_is_the_kinds(self) -> Matter:
        known = [s.name for s in catalogue().kind(self.kind).subtypes]
        if self.subtype is not None and self.subtype not in known:
            raise ValueError(
                wrong("subtype_unknown", kind=self.kind, subtype=self.subtype, known=known)
            )
        return self

    def matches(self, kind: str, subtype: str) -> bool:
        """Whether such an episode is meant."""
        return kind == self.kind and self.subtype in {None, subtype}


class Inhibition(Part):
    """While a case of `source` is open, new ones of `target` within that place are inhibited."""

    source: Matter
    target: Matter
    within: Within = "same_zone"

    @model_validator(mode="after")
    def _not_itself(self) -> Inhibition:
        if self.source.kind == self.target.kind:
            raise ValueError(wrong("inhibits_itself", kind=self.source.kind))
        return self


# A building site has its rubble lying about: who clears the structure clears the rubble. A bin
# that overflows beside it is a matter of its own. 30 m is a building plot, our choice.
SHIPPED_INHIBIT = tuple(
    Inhibition(
        source=Matter(kind="illegal_structure"),
        target=Matter(kind="overflowing_bin", subtype=subtype),
        within=30.0,
    )
    for subtype in ("exposed_garbage", "standing_garbage")
)
