"""PassThroughRule: the state machine of kinds in which one object passes through the zone.

    tracks → pass → CONFIRMED → CLEARED

A kind says what it sees (`sights`), what a look says against it (`against`), and how it words it.
Everything else, which tracks are one pass, which look shows it best, when it has passed, is decided
here. `inspected` counts the passes, since a bureau reports how many were looked at as well as how
many were flagged. A pass is shown by the first look at it, the one that confirms it, and the best
one that says what is said against it, which may come later (`pass_looks.py`). Where the looks
contradict each other, two things may have been taken for one pass, and it is not reported.
Nothing is said of what does not move (`course.py`), and only by looks at as many places on its way
as the setting `looks` says: what halts says little more by standing there for longer. Where single
looks are unreliable, more looks are needed (`Subtype.looks`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ulid import ULID

from vision.detections import Detections
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage, NormBox, Reason
from vision.frames import Frame
from vision.kinds import Subtype, catalogue
from vision.rules.closing import Ending
from vision.rules.context import Context
from vision.rules.course import Courses
from vision.rules.pass_looks import PassLooks
from vision.rules.passes import PASSES, Charge, Pass
from vision.rules.plain import tracks_of
from vision.rules.sight import Sight, overlap
from vision.rules.under_way import UnderWay

SAME_PASS = timedelta(seconds=2)
"""A new track that starts where a pass was seen this recently continues it: trackers lose ids."""
# Minimum intersection over union to be at the same place: a moment later, or later after a halt.
NEAR, _HALTS = 0.1, 0.5
# An object that stays for hours is a candidate only in its first looks, fewer than this.
_FEW = 30


class PassThroughRule(ABC):
    """Base of the kinds that pass through. Subclasses set `kind`."""

    kind: str
    every_look = True

    def __init__(self, context: Context) -> None:
        self.context = context
        self.inspected = 0
        self._passes: list[Pass] = []
        self.looks = PassLooks(self.details)
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
            "passes": PASSES.dump_python(self._passes, mode="json"),
        }

    def passes_json(self) -> bytes:
        """Return what `remember` of this class does, as JSON text."""
        return b'{"inspected":%d,"passes":%b}' % (self.inspected, PASSES.dump_json(self._passes))

    def under_way(self, state: Any, frame: Frame, detections: Detections) -> list[UnderWay]:  # noqa: ARG002 - as other rules'
        """See `vision.rules.context.Rule.remember`: each pass of which a look says something."""
        kind, at = catalogue().kind(self.kind), frame.captured_at
        passes = [(one, one.worst) for one in PASSES.validate_python(state["passes"])]
        return [p.told(w, self.needed(kind.subtype(w)), at) for p, w in passes if w is not None]

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`; passes are recognised again by their place."""
        self.inspected = int(state["inspected"])
        self._passes = PASSES.validate_python(state["passes"])
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
    def reasons(self, subtype: str, one: Pass) -> Sequence[Reason]:
        """Why, in words and data."""

    @abstractmethod
    def aftermath(
        self, frame: Frame, detections: Detections, passes: Sequence[Pass], seen: Mapping[int, int]
    ) -> None:
        """Charge passes that are not over with what else the look shows, and let `looks` take it.

        `seen`: numbers of the judged passes, by the index of the judged detection.
        """

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """See `vision.rules.context.Rule.look`; needs `tracker_id`."""
        over = self._close(frame, detections)
        if not self.context.watching(frame):
            return over
        over += self._finish(frame, detections)  # before another is taken for it
        self._courses.look(frame, detections, [one.course for one in self._passes])
        seen: dict[int, int] = {}
        self.looks.begin()
        for sight, track in self._known_first(self.sights(frame, detections), detections):
            one = self._pass_of(sight, track, frame)
            if one.episode is not None or one.number not in seen.values():
                self._see(one, sight, frame, detections)
            seen[sight.indexes[0]] = one.number
        known = {track for one in self._passes for track in one.tracks}
        in_view = self.in_view(frame, detections)
        self._courses.come(frame.captured_at, in_view, known, self._over)
        self.aftermath(frame, detections, self._passes, seen)
        events = [event for one in self._passes if (event := self._advance(one, frame, detections))]
        return over + events

    def _known_first(
        self, sights: Sequence[Sight], detections: Detections
    ) -> list[tuple[Sight, int]]:
        """With their tracks, those first whose pass is known by it: it is not another's then."""
        if not sights:
            return []
        tracks = tracks_of(detections)
        known = {track for one in self._passes for track in one.tracks}
        found = [(sight, tracks[sight.indexes[0]]) for sight in sights]
        return sorted(found, key=lambda pair: pair[1] not in known)

    def _pass_of(self, sight: Sight, track: int, frame: Frame) -> Pass:
        for known in self._passes:
            if track >= 0 and track in known.tracks:
                if known.episode is not None or not self._are_two(known, sight, frame):
                    return known
                known.part(track)
                self.looks.forget(known.number)
        for known in self._passes:
            if known.index == frame.index:
                continue
            recent = abs(frame.captured_at - known.last) <= SAME_PASS
            if overlap(known.box, sight.box)[0] > (NEAR if recent else _HALTS):
                known.follow(track)
                return known
        at = frame.captured_at
        self.inspected += 1
        new = Pass(self.inspected, set(), sight.box, at, at, frame.index, source_part=frame.part)
        new.follow(track)
        new.course = self._courses.of(track)
        self._passes.append(new)
        return new

    def _are_two(self, one: Pass, sight: Sight, frame: Frame) -> bool:
        """Whether a look shows two objects of this pass, and not two parts of one.

        Cab and body drive on together; of two objects that were taken for one, one stands where
        the pass began.
        """
        if one.index != frame.index:
            return False
        began = [self._courses.began(one.course, box) for box in (one.box, sight.box)]
        return any(began) and not all(began)

    @property
    def _over(self) -> timedelta:
        """How long an object may be unseen before its pass is over."""
        return max(self.context.settings.clear or timedelta(0), SAME_PASS)

    def _see(self, one: Pass, sight: Sight, frame: Frame, detections: Detections) -> None:
        one.box, one.last, one.index = sight.box, frame.captured_at, frame.index
        self._courses.go(one.course, sight.box)
        self.looks.see(one, sight, frame, detections)
        for subtype, score in self.against(sight, detections).items():
            one.charges.setdefault(subtype, Charge()).take(score, one.course.places)
            if score:
                self.looks.say(one.number, subtype, sight.indexes, frame, detections)

    def _advance(self, one: Pass, frame: Frame, detections: Detections) -> EpisodeEvent | None:
        if one.episode is not None:
            one.episode = replace(
                one.episode,
                # By a clock that was set back for a moment, it would not have been seen yet.
                last_seen_at=max(one.last, one.episode.last_seen_at),
                looks=max(c.looks for c in one.charges.values()),
                box=one.charges[one.episode.subtype].box or one.box,
            )
            return None
        broken = self._broken(one)
        if not broken:
            return None
        worst = max(broken, key=lambda subtype: broken[subtype].score)
        box = broken[worst].box or one.box
        one.episode = Episode(
            id=str(ULID()),
            kind=self.kind,
            subtype=worst,
            camera=self.context.camera.id,
            zone=self.context.zone.name,
            box=box,
            stage=EpisodeStage.CONFIRMED,
            opened_at=min(one.first, one.last),
            last_seen_at=one.last,
            confirmed_at=frame.captured_at,
            looks=broken[worst].looks,
            score=round(broken[worst].score, 4),
            clock=frame.clock,
            where=self.context.where(frame, (box[0] + box[2]) / 2, box[3]),
            why=tuple(why for subtype in broken for why in self.reasons(subtype, one)),
        )
        return self.looks.confirmed(one.number, one.episode, frame, detections)

    def needed(self, subtype: Subtype) -> int:
        """How many looks must say so: more than the settings' where such looks are unreliable."""
        return subtype.looks(self.context.settings.looks or 1)

    def _broken(self, one: Pass) -> dict[str, Charge]:
        """Charges that enough looks, and half of all, support and show, in `kinds.yaml` order."""
        if not self.judged(one):
            return {}
        return {
            subtype.name: charge
            for subtype in catalogue().kind(self.kind).subtypes
            if (charge := one.charges.get(subtype.name)) is not None
            and charge.places >= (self.context.settings.looks or 1)
            and charge.looks >= self.needed(subtype)
            and 2 * charge.looks >= charge.chances
            and not charge.doubtful
            and self.looks.said(one.number, subtype.name)
        }

    def _close(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """At a seam of a recording, and with the zone's hours, a pass ends that nobody saw end."""
        events, kept = list[EpisodeEvent](), list[Pass]()
        for known in self._passes:
            ending = self._ending(known, frame)
            if ending is None:
                kept.append(known)
            else:
                ended = ending.event(known.episode, frame, detections)
                events += [self.looks.ended(known.number, event) for event in ended]
        self._passes = kept
        return events

    def _ending(self, known: Pass, frame: Frame) -> Ending | None:
        if known.source_part != frame.part:
            return Ending(known.last, EndedBy.UNWATCHED)
        closed = self.context.closed_since(known.last, frame.captured_at)
        return Ending(closed, EndedBy.HOURS) if closed is not None else None

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
                event = EpisodeEvent(done, frame, detections)
                events.append(self.looks.ended(known.number, event))
        self._passes = kept
        self.looks.keep({known.number for known in kept})
        return events
