"""Passing: the machine behind a kind that is a matter of one thing passing through.

    tracks → pass → CONFIRMED → CLEARED

A kind says what it sees (`sights`), what a look says against it (`against`), and how it words it.
Everything else, which tracks are one pass, which look shows it best, when it has passed, is decided
here. `inspected` counts the passes, since a bureau reports how many were looked at as well as how
many were flagged. A pass is shown by its best look so far: one with details before one without,
then the largest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from ulid import ULID

from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, NormBox, Reason
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules.context import Context
from vision.rules.sight import Sight, area, overlap

SAME_PASS = timedelta(seconds=2)
"""A new track that starts near where a pass was seen this recently is the same: ids get lost."""
# Intersection over union from which it is there where it was: just now, or later, since it halts.
_NEAR, _HALTS = 0.1, 0.5


@dataclass(slots=True)
class Charge:
    """What is said against a pass: the scores of the looks that say so, of `chances` looks."""

    scores: list[float] = field(default_factory=list)
    chances: int = 0

    @property
    def score(self) -> float:
        """Median, 0..1."""
        return median(self.scores)


@dataclass(slots=True)
class Pass:
    """One thing passing through: its tracks, what is said against it, its episode.

    Attributes:
        number: counts from 1 in each zone.
        box: where it was seen last.
        first, last: moments of the first and latest look that showed it (UTC).
        index: the frame's of the latest look.
        charges: by sub-type of the kind.
    """

    number: int
    tracks: set[int]
    box: NormBox
    first: datetime
    last: datetime
    index: int
    episode: Episode | None = None
    charges: dict[str, Charge] = field(default_factory=dict)


_PASSES = TypeAdapter(list[Pass])


@dataclass(frozen=True, slots=True)
class _Shown:
    """A look at a pass: it in the frame's detections (`focus`), and its `details`."""

    frame: Frame
    detections: Detections
    focus: tuple[int, ...]
    details: tuple[int, ...]
    area: float

    @property
    def worth(self) -> tuple[bool, float]:
        return bool(self.details), self.area


class Passing(ABC):
    """Base of the kinds that pass through. Subclasses set `kind`."""

    kind: str
    every_look = True

    def __init__(self, context: Context) -> None:
        self.context = context
        self.inspected = 0
        self._passes: list[Pass] = []
        self._best: dict[int, _Shown] = {}  # by number; pixels are not remembered

    @property
    def idle(self) -> bool:
        """See `vision.rules.context.Rule`."""
        return not self._passes

    @property
    def eager(self) -> bool:
        """Something is passing through."""
        return bool(self._passes)

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`."""
        return {
            "inspected": self.inspected,
            "passes": _PASSES.dump_python(self._passes, mode="json"),
        }

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`; what passes is known again by its place."""
        self.inspected = int(state["inspected"])
        self._passes = _PASSES.validate_python(state["passes"])
        for known in self._passes:
            known.tracks.clear()  # a tracker counts from the beginning after a restart

    @abstractmethod
    def sights(self, frame: Frame, detections: Detections) -> Sequence[Sight]:
        """What passes in this look and can be judged, each thing once."""

    @abstractmethod
    def against(self, sight: Sight, detections: Detections) -> Mapping[str, float | None]:
        """For each sub-type, how surely the look shows it, 0..1; None where it does not."""

    @abstractmethod
    def details(self, box: NormBox, frame: Frame, detections: Detections) -> tuple[int, ...]:
        """Indexes of what a reviewer wants to see by itself of what is in this box."""

    @abstractmethod
    def reason(self, subtype: str, charge: Charge) -> Reason:
        """Why, in words and data."""

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """See `vision.rules.context.Rule.look`; wants `tracker_id`."""
        if not self.context.watching(frame):
            return []
        events = []
        for sight in self.sights(frame, detections):
            one = self._pass_of(sight, frame, detections)
            self._see(one, sight, frame, detections)
            event = self._advance(one, frame)
            events += [event] if event else []
        return events + self._finish(frame, detections)

    def _pass_of(self, sight: Sight, frame: Frame, detections: Detections) -> Pass:
        ids = detections.tracker_id
        track = int(np.asarray(ids)[sight.indexes[0]]) if ids is not None else -1
        for known in self._passes:
            if track >= 0 and track in known.tracks:
                return known
        for known in self._passes:
            if known.index == frame.index:
                continue
            recent = frame.captured_at - known.last <= SAME_PASS
            if overlap(known.box, sight.box)[0] > (_NEAR if recent else _HALTS):
                known.tracks |= {track} if track >= 0 else set()
                return known
        at = frame.captured_at
        tracks = {track} if track >= 0 else set()
        self.inspected += 1
        new = Pass(self.inspected, tracks, sight.box, first=at, last=at, index=frame.index)
        self._passes.append(new)
        return new

    def _see(self, one: Pass, sight: Sight, frame: Frame, detections: Detections) -> None:
        one.box, one.last, one.index = sight.box, frame.captured_at, frame.index
        details = self.details(sight.box, frame, detections)
        shown = _Shown(frame, detections, sight.indexes, details, area(sight.box))
        if one.number not in self._best or shown.worth > self._best[one.number].worth:
            self._best[one.number] = shown
        for subtype, score in self.against(sight, detections).items():
            charge = one.charges.setdefault(subtype, Charge())
            charge.chances += 1
            charge.scores += [] if score is None else [score]

    def _advance(self, one: Pass, frame: Frame) -> EpisodeEvent | None:
        if one.episode is not None:
            one.episode = replace(
                one.episode,
                last_seen_at=one.last,
                looks=max(len(c.scores) for c in one.charges.values()),
                box=one.box,
            )
            return None
        broken = self._broken(one)
        if not broken:
            return None
        worst = max(broken, key=lambda subtype: broken[subtype].score)
        one.episode = Episode(
            id=str(ULID()),
            kind=self.kind,
            subtype=worst,
            camera=self.context.camera.id,
            zone=self.context.zone.name,
            box=one.box,
            stage=EpisodeStage.CONFIRMED,
            opened_at=one.first,
            last_seen_at=one.last,
            confirmed_at=frame.captured_at,
            looks=len(broken[worst].scores),
            score=round(broken[worst].score, 4),
            clock=frame.clock,
            where=self.context.where((one.box[0] + one.box[2]) / 2, one.box[3]),
            why=tuple(self.reason(subtype, charge) for subtype, charge in broken.items()),
        )
        best = self._best[one.number]
        return EpisodeEvent(
            one.episode, best.frame, best.detections, best.focus, details=best.details
        )

    def _broken(self, one: Pass) -> dict[str, Charge]:
        """What enough looks, and half of them, say against it; as `kinds.yaml` orders it."""
        needed = self.context.settings.looks or 1
        return {
            subtype.name: charge
            for subtype in catalogue().kind(self.kind).subtypes
            if (charge := one.charges.get(subtype.name)) is not None
            and len(charge.scores) >= needed
            and 2 * len(charge.scores) >= charge.chances
        }

    def _finish(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        clear = max(self.context.settings.clear or timedelta(0), SAME_PASS)
        events, kept = [], []
        for known in self._passes:
            if frame.captured_at - known.last <= clear:
                kept.append(known)
            elif known.episode is not None:
                done = replace(
                    known.episode, stage=EpisodeStage.CLEARED, cleared_at=frame.captured_at
                )
                events.append(EpisodeEvent(done, frame, detections))
        self._passes = kept
        self._best = {p.number: self._best[p.number] for p in kept if p.number in self._best}
        return events
