"""ClipFacts: what a case's log says of its clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Self

from vision.sources.ring import Recording, Take
from vision.sources.user_data import SIGNATURES, user_data

_SLACK_S = 1.0
"""Cameras with one picture a second are no gap."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a clip shows, and what it lacks of what it should show.

    Attributes:
        moment: which it was made for (UTC, this machine's clock).
        before_s, after_s: seconds before and after it that the site asks for.
        since, until: when its first and last picture arrived (UTC); None where there is no clip.
        missing: in words, what is not there of it, and why; nothing if all is.
        user_data: how many units of the camera's own data lie in it, by their UUID.
        signatures: which of these are known to be a signature over the pictures.
        verified: whether one was verified: never here, it takes the maker's own tool.
    """

    moment: datetime
    before_s: float
    after_s: float
    since: datetime | None = None
    until: datetime | None = None
    missing: tuple[str, ...] = ()
    user_data: Mapping[str, int] = field(default_factory=dict)
    signatures: tuple[str, ...] = ()
    verified: bool = False

    @classmethod
    def of(cls, take: Take, recording: Recording | None, before_s: float) -> Self:
        """Those of a take, with the recording that it gave."""
        moment = datetime.fromtimestamp(take.moment, UTC)
        facts = cls(moment, before_s, take.seconds)
        if recording is None:
            return facts.lacking(f"the camera had sent no key frame ({take.ended_by})")
        units = user_data(
            map(bytes, recording.packets), recording.coded.codec, recording.coded.extradata
        )
        facts = replace(
            facts,
            since=recording.since,
            until=recording.until,
            user_data={str(uuid): count for uuid, count in sorted(units.items())},
            signatures=tuple(SIGNATURES[uuid] for uuid in sorted(units) if uuid in SIGNATURES),
        )
        early = (moment - recording.since).total_seconds()
        if early < before_s - _SLACK_S:
            facts = facts.lacking(
                f"only {max(early, 0):.1f} s of the {before_s:g} s before: the connection, or the "
                "watching, had begun then, or no more was kept"
            )
        late = (recording.until - moment).total_seconds()
        if late < take.seconds - _SLACK_S:
            why = take.ended_by or "the camera sent nothing more"
            facts = facts.lacking(
                f"only {max(late, 0):.1f} s of the {take.seconds:g} s after: {why}"
            )
        return facts

    def lacking(self, what: str) -> Self:
        """The same, with this missing."""
        return replace(self, missing=(*self.missing, what))
