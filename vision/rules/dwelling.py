"""Dwelling: the one machine behind every kind that is a matter of staying at a place.

    nothing → candidate → OPENED → CONFIRMED → (holding) → CLEARED
                             └──────────────────────────→ DROPPED

A kind says what it sees (`sights`), how it words it, and whether a zone is one place (a market is
one case, not sixty) or each spot is one. Everything else, how long, how often, when it is over,
is decided here from the zone's settings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter
from ulid import ULID

from vision.detections import STANDS, Detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, NormBox, Reason
from vision.frames import Frame
from vision.kinds import catalogue
from vision.places.permits import Line, PermitRegister
from vision.rules.context import Context
from vision.rules.reasons import between_visits, by_turns, scored, seen_in, stayed, unpermitted
from vision.rules.sight import Sight, find_sights, hull_of, overlap
from vision.rules.stay import Stay, match
from vision.rules.visits import GAP_LOOKS, Visits

# A thing seen in fewer than half of the looks since it was first seen is flicker, not presence.
_MIN_PRESENCE = 0.5
_CLEAN_LOOKS = 2
# What stays at a spot for this share of the dwell has stopped there, and does not pass by.
_STOP = 0.2
# And this much of its box is then where it was first, or the other way round if it has grown.
_STILL = 0.85
_NEVER = timedelta.max


@dataclass(slots=True)
class _Place:
    """One place: the stays that belong to it and the episode it is going through."""

    stays: list[Stay] = field(default_factory=list)
    episode: Episode | None = None
    occupied: timedelta = timedelta(0)
    """How long something has stopped here, one thing or one after the other."""
    occupied_from: datetime | None = None
    occupied_until: datetime | None = None


_PLACES = TypeAdapter(list[_Place])


class Dwelling(ABC):
    """Base of the kinds that dwell. Subclasses set `kind` and the class attributes below."""

    kind: str
    zone_is_one_place = False
    """True: all stays of the zone are one episode."""
    every_look = False
    """False: a look at an unchanged scene need not be the model's; see `Rule`."""
    gaps_count = False
    """True: time between looks counts as presence however long (two surveys weeks apart)."""

    stands_on: Literal["bottom", "centre"] = "bottom"
    """Where in its box a thing touches the ground: seen from the side, or from above."""
    reach = 0.0
    """How near two detections are one thing, as a share of their size; see `find_sights`."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._places: list[_Place] = []
        self._last: datetime | None = None
        self._visits = Visits(context.zone, context.settings, self._gap)
        self._register = PermitRegister(
            context.permits,
            kind=self.kind,
            camera=context.camera.id,
            preset=context.zone.preset,
            ground=context.ground,
        )

    @property
    def idle(self) -> bool:
        """See `vision.rules.context.Rule`."""
        return not self._places

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`."""
        return _PLACES.dump_python(self._places, mode="json")

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`."""
        self._places = _PLACES.validate_python(state)

    @property
    def eager(self) -> bool:
        """There are candidates, or what was confirmed is not to be seen."""
        return any(
            p.episode is None
            or p.episode.stage is EpisodeStage.OPENED
            or all(s.misses for s in p.stays)
            for p in self._places
        )

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """What of this kind the look shows in the zone; what is within `reach` is one thing."""
        return find_sights(
            frame,
            detections,
            catalogue().kind(self.kind).seen_as,
            self.context.zone,
            min_score=self.context.threshold,
            stands_on=self.stands_on,
            reach=self.reach,
        )

    @abstractmethod
    def subtype(self, stays: Sequence[Stay]) -> str:
        """The sub-type, from what stays at the place."""

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """See `vision.rules.context.Rule.look`."""
        if not self.context.watching(frame):
            return []
        stands = bool(detections.metadata.get(STANDS))
        self._keep_time(frame.captured_at)
        local = frame.captured_at.astimezone(self.context.timezone)
        sights = [s for s in self.sights(frame, detections) if not self._permitted(s, local)]
        self._update(frame.captured_at, sights, stands=stands)
        events = []
        for place in self._places:
            gone = self._part(place, frame.captured_at)
            # Opened and confirmed may fall on one look: two surveys make a violation.
            while (event := self._advance(place, gone, frame, detections)) is not None:
                events.append(event)
        self._places = [p for p in self._places if p.stays]
        return events

    def _permitted(self, sight: Sight, local: datetime) -> bool:
        foot = self._foot(sight.box)
        return self._register.covering(foot, local, self.context.holidays) is not None

    def _foot(self, box: NormBox) -> Line:
        """The line on which a thing stands, from its left to its right."""
        x1, y1, x2, y2 = box
        y = y2 if self.stands_on == "bottom" else (y1 + y2) / 2
        return (x1, y), (x2, y)

    def _update(self, at: datetime, sights: Sequence[Sight], *, stands: bool) -> None:
        stays = [stay for place in self._places for stay in place.stays]
        pairs, fresh = match(stays, sights)
        for stay, index in zip(stays, pairs, strict=True):
            if index is None:
                if self._in_view(stay):
                    stay.miss(at, self._visits.gap)
            else:
                stay.between += self._visits.between(stay, at)
                stay.see(at, sights[index], self._gap, stands=stands)
        for place in self._places:
            self._occupy(place, at)
        for index in fresh:
            stay = Stay(first=at, last=at, sight=sights[index])
            if self.zone_is_one_place and self._places:
                self._places[0].stays.append(stay)
            else:
                self._places.append(_Place(stays=[stay]))

    def _in_view(self, stay: Stay) -> bool:  # noqa: ARG002 - of a camera that stays where it is
        """Whether the look at hand shows the spot at all."""
        return True

    @property
    def _gap(self) -> timedelta:
        """Looks further apart than this say nothing of what was between them."""
        return timedelta.max if self.gaps_count else GAP_LOOKS * self.context.look_interval

    def _keep_time(self, at: datetime) -> None:
        """Where the camera's clock was set back, what was seen before goes back with it."""
        if self._last is not None and at < self._last:
            by = at - self._last
            for place in self._places:
                for stay in place.stays:
                    stay.shift(by)
                place.occupied_from = place.occupied_from and place.occupied_from + by
                place.occupied_until = place.occupied_until and place.occupied_until + by
        self._last = at

    def _occupy(self, place: _Place, at: datetime) -> None:
        """Count the time in which something was seen here that has stopped, none of it twice."""
        before = place.occupied_until
        since_then = at - before if before is not None else _NEVER
        counts = [since_then] if before is not None and since_then <= self._gap else []
        seen = [s for s in place.stays if s.last == at]
        for stay in seen:
            if not stay.stopped and self._stops(stay):
                stay.stopped = True
                place.occupied_from = place.occupied_from or stay.first
                counts.append(min(stay.dwell, since_then))
        if any(stay.stopped for stay in seen):
            place.occupied += max(counts, default=timedelta(0))
            place.occupied_until = at

    def _stops(self, stay: Stay) -> bool:
        """Whether it has been at its spot for so long that it does not just pass by."""
        least = (self.context.settings.dwell or timedelta(0)) * _STOP
        enough = stay.looks >= self._looks and stay.presence >= _MIN_PRESENCE
        still = overlap(stay.boxes[0], stay.sight.box)[1] >= _STILL
        return enough and still and stay.dwell >= least

    def _part(self, place: _Place, at: datetime) -> list[Stay]:
        """Take out of the place what has left it."""
        gone = [s for s in place.stays if self._gone(s, at)]
        for stay in gone:
            place.stays.remove(stay)
        return gone

    def _advance(
        self, place: _Place, gone: Sequence[Stay], frame: Frame, detections: Detections
    ) -> EpisodeEvent | None:
        ripe = [s for s in place.stays if self._ripe(s)] or self._ripe_together(place)
        stage = self._next_stage(place, ripe)
        if stage is None and place.episode is None:
            return None
        shown = ripe or place.stays or gone
        place.episode = self._snapshot(place, shown, stage, frame)
        if stage is None:
            return None
        event = EpisodeEvent(
            place.episode, frame, detections, self._focus(shown, frame.captured_at)
        )
        if stage in (EpisodeStage.CLEARED, EpisodeStage.DROPPED):
            place.episode = None
        return event

    def _next_stage(self, place: _Place, ripe: Sequence[Stay]) -> EpisodeStage | None:
        if place.episode is None:
            seen_twice = any(s.looks >= min(2, self._looks) for s in place.stays)
            return EpisodeStage.OPENED if seen_twice else None
        if place.episode.stage is EpisodeStage.OPENED:
            if ripe:
                return EpisodeStage.CONFIRMED
            return None if place.stays else EpisodeStage.DROPPED
        # What is left without being ripe is a new candidate, not the old violation.
        return None if ripe else EpisodeStage.CLEARED

    @property
    def _looks(self) -> int:
        return self.context.settings.looks or 1

    def _ripe(self, stay: Stay) -> bool:
        stay.ripe = stay.ripe or (
            stay.looks >= self._looks
            and stay.stayed >= (self.context.settings.dwell or timedelta(0))
            and stay.presence >= _MIN_PRESENCE
            and stay.score >= self.context.threshold
        )
        return stay.ripe

    def _ripe_together(self, place: _Place) -> list[Stay]:
        """Stays none of which is long enough, but which occupied the place one after the other."""
        if not self.zone_is_one_place or place.occupied < (self.context.settings.dwell or _NEVER):
            return []
        return [s for s in place.stays if s.stopped]

    def _gone(self, stay: Stay, at: datetime) -> bool:
        clear = self.context.settings.clear or timedelta(0)
        return stay.clean >= _CLEAN_LOOKS and stay.absent(at) >= clear

    def _focus(self, stays: Sequence[Stay], at: datetime) -> tuple[int, ...]:
        """Detections of this look that belong to the stays; none where they were not seen now."""
        return tuple(i for s in stays if s.last == at for i in s.sight.indexes)

    def _snapshot(
        self,
        place: _Place,
        stays: Sequence[Stay],
        stage: EpisodeStage | None,
        frame: Frame,
    ) -> Episode:
        episode = place.episode
        lead = max(stays, key=lambda s: (s.stayed, s.looks))
        (left, y), (right, _) = self._foot(lead.box)
        seen = {
            "box": hull_of([s.box for s in stays]),
            "where": self.context.where((left + right) / 2, y),
            "subtype": self._subtype(episode, stays),
            "last_seen_at": max(s.last for s in stays),
            "looks": lead.looks,
            "score": round(lead.score, 4),
            "objects": len(stays),
            "why": self.reasons(lead, place.occupied),
        }
        at = frame.captured_at
        if episode is None:
            episode = Episode(
                id=str(ULID()),
                kind=self.kind,
                camera=self.context.camera.id,
                zone=self.context.zone.name,
                stage=EpisodeStage.OPENED,
                opened_at=lead.first,
                clock=frame.clock,
                **seen,  # type: ignore[arg-type]
            )
        elif stage not in (EpisodeStage.CLEARED, EpisodeStage.DROPPED):
            episode = replace(episode, opened_at=min(episode.opened_at, lead.first), **seen)  # type: ignore[arg-type]
        if stage is EpisodeStage.CONFIRMED:
            begun = lead.first if lead.ripe else place.occupied_from or lead.first
            return replace(episode, stage=stage, opened_at=begun, confirmed_at=at)
        if stage is EpisodeStage.CLEARED:
            return replace(episode, stage=stage, cleared_at=at)
        return replace(episode, stage=stage) if stage else episode

    def _subtype(self, episode: Episode | None, stays: Sequence[Stay]) -> str:
        if episode is not None and episode.stage is EpisodeStage.CONFIRMED:
            return episode.subtype  # what was told once
        return self.context.zone.subtypes.get(self.kind) or self.subtype(stays)

    def reasons(self, lead: Stay, occupied: timedelta) -> tuple[Reason, ...]:
        """Why, in words and data.

        Args:
            lead: what was there longest.
            occupied: how long the place was, by one thing or one after the other.
        """
        least = self.context.settings.dwell or timedelta(0)
        together = [by_turns(occupied, least)] if not lead.ripe and occupied >= least else []
        permits = [permit.name for permit in self._register.permits]
        return (
            *([unpermitted(permits)] if permits else []),
            *together,
            stayed(lead.stayed, least),
            *([between_visits(lead.between)] if lead.between else []),
            seen_in(lead.looks, lead.chances, self._looks, lead.stood),
            scored(lead.score, self.context.threshold),
        )
