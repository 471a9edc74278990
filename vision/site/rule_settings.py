"""RuleSettings: dwell, looks, dedupe and the other settings of a rule, by zone, site or default."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from vision.durations import Duration
from vision.fields import KindName, Part
from vision.kinds import catalogue
from vision.mistakes.wrong import wrong


class RuleSettings(Part):
    """Settings of a kind's rule; unset fields fall back to the site's, then to the defaults.

    `dedupe` is how long a new episode is the same case; if it is `until_cleared`, `horizon` is how
    long a case that was never seen cleared may have been unseen, by default a year. `memory` is how
    far back a new case looks up prior cases at its place, by default a year too. `own` are numbers
    that only this kind's rule knows, such as how many of a thing are one too many.

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
    own: dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] | None = None

    def over(self, base: RuleSettings) -> RuleSettings:
        """These settings, with what is unset taken from `base`."""
        update = self.model_dump(exclude_none=True)
        if self.own is not None and base.own is not None:
            update["own"] = base.own | self.own
        return base.model_copy(update=update)


@cache
def shipped(kind: str, subtype: str | None = None) -> RuleSettings:
    """Return the default settings of a kind's rule, from `datasets/kinds.yaml`."""
    described = catalogue().kind(kind)
    special = described.subtype(subtype).settings if subtype is not None else {}
    return RuleSettings.model_validate(described.settings | special)


def _own_are_known(by_kind: dict[str, RuleSettings]) -> dict[str, RuleSettings]:
    for kind, settings in by_kind.items():
        known = shipped(kind).own or {}
        for name in settings.own or {}:
            if name not in known:
                raise ValueError(wrong("own_setting_unknown", kind=kind, name=name, known=[*known]))
    return by_kind


SettingsByKind = Annotated[dict[KindName, RuleSettings], AfterValidator(_own_are_known)]
"""Of a zone or a site; a kind's `own` are those that its description has."""
