"""Decision: what the record of a decision is made from, when it is asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vision.episodes import Episode
from vision.kinds import catalogue
from vision.rules.context import Context
from vision.rules.looks import Past
from vision.rules.record import Record


@dataclass(frozen=True, slots=True)
class Decision:
    """What a record is made from, when and where it is asked for: in the event writer's thread.

    Up to a thousand looks become text then, which would hold up the cameras for a tenth of a
    second.
    """

    context: Context
    kind: str
    model: Mapping[str, str]
    before: bytes
    looks: Sequence[Past]
    episode: Episode

    def __call__(self) -> bytes:
        """The record as JSON text."""
        kind = catalogue().kind(self.kind)
        sees = kind.seen_as + kind.seen_with
        return Record(
            context=self.context,
            kind=self.kind,
            model=self.model,
            before=json.loads(self.before),
            looks=tuple(look.row(sees) for look in self.looks),
            episode=self.episode,
        ).to_json()
