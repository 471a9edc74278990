"""PassThroughRule: the state machine of kinds in which one object passes through the zone.

    tracks → pass → CONFIRMED → CLEARED

A kind defines what it sees (`sights`), what a look charges (`against`), and the wording. Everything
else is decided here: which tracks are one pass, which look shows it best, when it is over.
`inspected` counts the passes, since a bureau reports how many were inspected as well as how many
were flagged. The evidence of a charge is the best look so far that supports it: one that also shows
what the object left behind; else one with details; else the largest. If the looks contradict each
other, two objects may have been merged into one pass, and nothing is reported.
An object that does not move (`course.py`) is not reported. The looks that charge it must come from
as many different places on its way as looks are needed, so a halt adds no evidence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from ulid import ULID

from vision.detections import Detections
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage, NormBox, Reason
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules.closing import Ending
from vision.rules.context import Context
from vision.rules.course import Courses
from vision.rules.passes import Charge, Pass
from vision.rules.sight import Sight, area, overlap

SAME_PASS = timedelta(seconds=2)
"""A new track that starts where a pass was seen this recently continues it: trackers lose ids."""
# Minimum intersection over union to be at the same place: a moment later, or later after a halt.
NEAR, _HALTS = 0.1, 0.5
# An object that stays for hours is a candidate only in its first looks, fewer than this.
_FEW = 30

_PASSES = TypeAdapter(list[Pass])


@dataclass(frozen=True, slots=True)
class _Shown:
    """A look at a pass: the object and what it did, as detections of the frame, and `details`."""

    frame: Frame
    detections: Detections
    focus: tuple[int, ...]
    details: tuple[int, ...]
    area: float

    @property
    def worth(self) -> tuple[int, bool, float]:
        return len(self.focus), bool(self.details), self.area


class PassThroughRule(ABC):
    """Base of the kinds that pass through. Subclasses set `kind`."""

    kind: str
    every_look = True

    def __init__(self, context: Context) -> None:
        self.context = context
        self.inspected = 0
        self._passes: list[Pass] = []
        self._best: dict[tuple[int, str], _Shown] = {}  # by number and sub-type; not remembered
        self._courses = Courses(context.camera.type)

    @property
    def idle(self) -> bool:
        """See `vision.rules.context.Rule`; objects that stand and cannot be judged do not count."""
        return not self._passes and not self._courses.moving

    @property
    def episodes(self) -> list[Episode]:
        """See `vision.rules.context.Rule`."""
        return [one.episode for one in self._passes if one.episode is not None]

    @property
    def has_candidates(self) -> bool:
        """An object that can be judged passes through and has had few looks so far."""
        open_ones = (one.charges.values() for one in self._passes if one.episode is None)
        return any(charges and all(c.chances < _FEW for c in charges) for charges in open_ones)

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`."""
        return {
            "inspected": self.inspected,
            "passes": _PASSES.dump_python(self._passes, mode="json"),
        }

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`; passes are recognised again by their place."""
        self.inspected = int(state["inspected"])
        self._passes = _PASSES.validate_python(state["passes"])
        for known in self._passes:
            known.tracks.clear()  # a tracker counts from the beginning after a restart,
            known.index = -1  # and so do frames
            known.course.restart(self.context.camera.type)  # and key pictures

    @abstractmethod
    def sights(self, frame: Frame, detections: Detections) -> Sequence[Sight]:
        """Return the passing objects in this look that can be judged, each once."""

    @abstractmethod
    def in_view(self, frame: Frame, detections: Detections) -> Mapping[int, NormBox]:
        """Return the boxes of all passing objects by track, whether they can be judged or not."""

    @abstractmethod
    def against(self, sight: Sight, detections: Detections) -> Mapping[str, float | None]:
        """Return the score for `Charge.take` by sub-type; nothing if the look does not count."""

    def judged(self, one: Pass) -> bool:
        """Whether it moves, and so passes through."""
        return one.course.moves

    @abstractmethod
    def details(self, box: NormBox, frame: Frame, detections: Detections) -> tuple[int, ...]:
        """Indexes of the detections in this box that a reviewer wants to see enlarged."""

    @abstractmethod
    def reason(self, subtype: str, one: Pass) -> Reason:
        """Why, in words and data."""

    @abstractmethod
    def aftermath(
        self, frame: Frame, detections: Detections, passes: Sequence[Pass], seen: Mapping[int, int]
    ) -> None:
        """Charge ongoing passes with what else the look shows of them, and `show` it.

        `seen`: numbers of the judged passes, by the index of the judged detection.
        """

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """See `vision.rules.context.Rule.look`; needs `tracker_id`."""
        over = self._close(frame, detections)
        if not self.context.watching(frame):
            return over
        over += self._finish(frame, detections)  # before another is taken for it
        self._courses.look(detections, [one.course for one in self._passes])
        seen = {}
        for sight in self.sights(frame, detections):
            one = self._pass_of(sight, frame, detections)
            self._see(one, sight, frame, detections)
            seen[sight.indexes[0]] = one.number
        known = {track for one in self._passes for track in one.tracks}
        in_view = self.in_view(frame, detections)
        self._courses.come(frame.captured_at, in_view, known, self._over)
        self.aftermath(frame, detections, self._passes, seen)
        events = [event for one in self._passes if (event := self._advance(one, frame))]
        return over + events

    def show(
        self, key: tuple[int, str], focus: tuple[int, ...], frame: Frame, detections: Detections
    ) -> None:
        """Keep a look that supports this charge; the first of `focus` is the passing object."""
        size = (frame.width, frame.height) * 2
        x1, y1, x2, y2 = np.asarray(detections.xyxy)[focus[0]] / size
        box = float(x1), float(y1), float(x2), float(y2)
        details = self.details(box, frame, detections)
        shown = _Shown(frame, detections, focus, details, area(box))
        if key not in self._best or shown.worth > self._best[key].worth:
            self._best[key] = shown

    def _pass_of(self, sight: Sight, frame: Frame, detections: Detections) -> Pass:
        ids = detections.tracker_id
        track = int(np.asarray(ids)[sight.indexes[0]]) if ids is not None else -1
        for known in self._passes:
            if track >= 0 and track in known.tracks:
                return known
        for known in self._passes:
            if known.index == frame.index:
                continue
            recent = abs(frame.captured_at - known.last) <= SAME_PASS
            if overlap(known.box, sight.box)[0] > (NEAR if recent else _HALTS):
                known.follow(track)
                return known
        at = frame.captured_at
        self.inspected += 1
        new = Pass(self.inspected, set(), sight.box, first=at, last=at, index=frame.index)
        new.follow(track)
        new.course = self._courses.of(track)
        self._passes.append(new)
        return new

    @property
    def _over(self) -> timedelta:
        """How long an object may be unseen before its pass is over."""
        return max(self.context.settings.clear or timedelta(0), SAME_PASS)

    def _see(self, one: Pass, sight: Sight, frame: Frame, detections: Detections) -> None:
        one.box, one.last, one.index = sight.box, frame.captured_at, frame.index
        self._courses.go(one.course, sight.box)
        for subtype, score in self.against(sight, detections).items():
            one.charges.setdefault(subtype, Charge()).take(score, one.course.places)
            if score:
                self.show((one.number, subtype), sight.indexes, frame, detections)

    def _advance(self, one: Pass, frame: Frame) -> EpisodeEvent | None:
        if one.episode is not None:
            one.episode = replace(
                one.episode,
                last_seen_at=one.last,
                looks=max(c.looks for c in one.charges.values()),
                box=one.charges[one.episode.subtype].box or one.box,
            )
            return None
        broken = self._broken(one)
        if not broken:
            return None
        worst = max(broken, key=lambda subtype: broken[subtype].score)
        best = self._best[one.number, worst]
        box = broken[worst].box or one.box
        one.episode = Episode(
            id=str(ULID()),
            kind=self.kind,
            subtype=worst,
            camera=self.context.camera.id,
            zone=self.context.zone.name,
            box=box,
            stage=EpisodeStage.CONFIRMED,
            opened_at=one.first,
            last_seen_at=one.last,
            confirmed_at=frame.captured_at,
            looks=broken[worst].looks,
            score=round(broken[worst].score, 4),
            clock=frame.clock,
            where=self.context.where(frame, (box[0] + box[2]) / 2, box[3]),
            why=tuple(self.reason(subtype, one) for subtype in broken),
        )
        return EpisodeEvent(
            one.episode, best.frame, best.detections, best.focus, details=best.details
        )

    def _broken(self, one: Pass) -> dict[str, Charge]:
        """Charges that enough looks, and half of all, support and show, in `kinds.yaml` order."""
        needed = self.context.settings.looks or 1
        if not self.judged(one):
            return {}
        return {
            subtype.name: charge
            for subtype in catalogue().kind(self.kind).subtypes
            if (charge := one.charges.get(subtype.name)) is not None
            and min(charge.looks, charge.places) >= needed
            and 2 * charge.looks >= charge.chances
            and not charge.doubtful
            and (one.number, subtype.name) in self._best
        }

    def _close(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """End the passes that the end of the zone's hours cuts short."""
        events, kept = list[EpisodeEvent](), list[Pass]()
        for known in self._passes:
            closed = self.context.closed_since(known.last, frame.captured_at)
            if closed is None:
                kept.append(known)
            else:
                events += Ending(closed, EndedBy.HOURS).event(known.episode, frame, detections)
        self._passes = kept
        return events

    def _finish(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        events, kept = [], []
        for known in self._passes:
            if (
                -SAME_PASS <= frame.captured_at - known.last <= self._over
            ):  # or the clock was set back
                kept.append(known)
            elif known.episode is not None:
                at = max(frame.captured_at, known.last)
                done = replace(known.episode, stage=EpisodeStage.CLEARED, cleared_at=at)
                events.append(EpisodeEvent(done, frame, detections))
        self._passes = kept
        numbers = {known.number for known in kept}
        self._best = {key: best for key, best in self._best.items() if key[0] in numbers}
        return events
