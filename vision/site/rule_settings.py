"""RuleSettings: what a kind's rule waits for, by the zone, the site or as we ship it."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from vision.durations import Duration
from vision.fields import Part
from vision.kinds import catalogue


class RuleSettings(Part):
    """What a kind's rule waits for; unset fields fall back to the site's, then to ours.

    `dedupe` is how long what is seen again is the same case; where that is `until_cleared`,
    `horizon` is how long a case that nobody saw cleared may have been unseen, a year where nothing
    is said. `memory` is how far back a new case knows the earlier ones at its place, a year too.
    """

    dwell: Duration | None = None
    looks: Annotated[int, Field(ge=1, le=1000)] | None = None
    clear: Duration | None = None
    dedupe: Duration | Literal["until_cleared"] | None = None
    horizon: Duration | None = None
    memory: Duration | None = None
    learn: Duration | None = None
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None

    def over(self, base: RuleSettings) -> RuleSettings:
        """These settings, with what is unset taken from `base`."""
        return base.model_copy(update=self.model_dump(exclude_none=True))


@cache
def shipped(kind: str, subtype: str | None = None) -> RuleSettings:
    """What a kind's rule waits for where the site file says nothing: see `datasets/kinds.yaml`."""
    described = catalogue().kind(kind)
    special = described.subtype(subtype).settings if subtype is not None else {}
    return RuleSettings.model_validate(described.settings | special)
