"""RuleSettings: dwell, looks, dedupe and the other settings of a rule, by zone, site or default."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from vision.durations import Duration
from vision.fields import Part
from vision.kinds import catalogue


class RuleSettings(Part):
    """Settings of a kind's rule; unset fields fall back to the site's, then to the defaults.

    `dedupe` is how long a new episode is the same case; if it is `until_cleared`, `horizon` is how
    long a case that was never seen cleared may have been unseen, by default a year. `memory` is how
    far back a new case looks up prior cases at its place, by default a year too.

    `along_m` and `of` are for a camera that moves and tells its place, instead of `dwell`: seen at
    `looks` of the last `of` steps of its way, which are `along_m` metres together.
    """

    dwell: Duration | None = None
    looks: Annotated[int, Field(ge=1, le=1000)] | None = None
    of: Annotated[int, Field(ge=1, le=1000)] | None = None
    along_m: Annotated[float, Field(gt=0, le=10_000)] | None = None
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
    """Return the default settings of a kind's rule, from `datasets/kinds.yaml`."""
    described = catalogue().kind(kind)
    special = described.subtype(subtype).settings if subtype is not None else {}
    return RuleSettings.model_validate(described.settings | special)
