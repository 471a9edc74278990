"""StationaryRule: the state machine of kinds that dwell at a place.

    nothing → candidate → OPENED → CONFIRMED → (holding) → CLEARED
                             └──────────────────────────→ DROPPED

A kind defines what it sees (`sights`), the wording, and whether a zone is one place (a market is
one case, not sixty) or each spot is one. Everything else is decided here from the zone's settings.

Time counts as one stay only while the gaps are short (`gaps.py`). What was confirmed is held beyond
that, until clean looks clear it or its time ends (`closing.py`). Seams end everything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic_core import to_json
from ulid import ULID

from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, NormBox, Reason
from vision.frames import Frame
from vision.geo.position import Position
from vision.kinds import catalogue
from vision.look import Look
from vision.registers.permits import Line
from vision.rules.best_looks import BestLooks
from vision.rules.closing import Closing
from vision.rules.context import Context
from vision.rules.gaps import Gaps
from vision.rules.place import PLACES, Least, Place, still_watched
from vision.rules.reasons import between_visits, by_turns, scored, seen_in
from vision.rules.registers import Registers
from vision.rules.sight import Sight, find_sights, hull_of, in_zone
from vision.rules.stay import Stay
from vision.rules.under_way import UnderWay
from vision.rules.visits import between, visit_of
from vision.rules.way import Way, places_of


class StationaryRule(ABC):
    """Base of the kinds that dwell. Subclasses set `kind` and the class attributes below."""

    kind: str
    zone_is_one_place = False
    """True: all stays of the zone are one episode."""
    turns_add_up = True
    """With `zone_is_one_place`, objects that stop one after the other add up to one dwell."""
    every_look = False
    """False: a look at an unchanged scene may reuse earlier detections; see `Rule`."""
    gaps_count = False
    """True: what it sees is in a state, and time between looks counts as presence, however long. So
    it is not ended by hours, and by gaps beyond `horizon` alone; see `closing.py`."""
    endures = False
    """True: with `gaps_count`, a candidate is the same even beyond the `horizon`: a building."""

    stands_on: Literal["bottom", "centre"] = "bottom"
    """Where in its box an object touches the ground: seen from the side, or from above."""
    reach: float | None = 0.0
    """Detections within this share of their size are one object; see `find_sights`."""

    def __init_subclass__(cls) -> None:
        """A kind that remembers more than the places gives its text from that."""
        super().__init_subclass__()
        if "remember" in vars(cls) and "remember_json" not in vars(cls):
            cls.remember_json = lambda self: to_json(self.remember())  # type: ignore[method-assign]

    def __init__(self, context: Context) -> None:
        self.context = context
        self._places: list[Place] = []
        self._registers = Registers(context, self.kind)
        self._gaps = Gaps(context, self.gaps_count, self.endures)
        self._least = Least(
            dwell=context.settings.dwell or timedelta(0),
            looks=context.settings.looks or 1,
            score=context.threshold,
            together=self.zone_is_one_place and self.turns_add_up,
            objects=self.least_objects,
        )
        self._best = BestLooks()
        self._way = Way(context, self.kind, self.zone_is_one_place)
        self._closing = Closing(context, self._registers, self._least, self._gaps, foot=self._foot)

    @property
    def idle(self) -> bool:
        """See `vision.rules.context.Rule`."""
        return not self._places

    @property
    def episodes(self) -> list[Episode]:
        """See `vision.rules.context.Rule`."""
        return [p.episode for p in self._places if p.episode is not None and p.confirmed]

    def remember(self) -> Any:
        """See `vision.rules.context.Rule`; a list, where it has no way to remember besides."""
        return self._way.remember(PLACES.dump_python(self._places, mode="json"))

    def remember_json(self) -> bytes:
        """See `vision.rules.context.Rule.remember`."""
        places = b"[" + b",".join([place.to_json() for place in self._places]) + b"]"
        return self._way.remember_json(places)

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule`."""
        self._way.recall(state)
        self._places = places_of(state)

    def under_way(self, state: Any, frame: Frame, detections: Detections) -> list[UnderWay]:  # noqa: ARG002 - a kind may lay the look over another
        """See `vision.rules.context.Rule.remember`: each stay, with its clock."""
        return [one for place in places_of(state) for one in place.told(self._least)]

    def leave(self, *, all_of_it: bool = False) -> list[Episode]:
        """See `vision.rules.succession.Leaves`."""
        zone = self.context.zone
        self._places, over = still_watched(
            self._places, lambda box: not all_of_it and in_zone(box, zone, self.stands_on)
        )
        return over

    @property
    def has_candidates(self) -> bool:
        """Whether a place is a candidate, or confirmed with none of its stays in sight."""
        return any(place.doubtful(self._least) for place in self._places)

    @property
    def least_objects(self) -> int:
        """How many objects of a place, each with the dwell and the looks, make a violation."""
        return 1

    def sights(self, frame: Frame, detections: Detections) -> list[Sight]:
        """Return the objects of this kind in the zone; detections within `reach` are one."""
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
        """Return the sub-type from the stays at the place."""

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        """See `vision.rules.context.Rule.look`."""
        at = frame.captured_at
        self._registers.look(frame)
        self._way.look(frame)
        self._keep_time(frame)
        events = self._closing.since(self._places, frame, detections)
        events += self._way.leave(self._places, frame, detections)
        self._places = [p for p in self._places if p.stays]
        if not self.context.watching(frame):
            return events
        sights = self.sights(frame, detections)
        if self._registers.permitting:
            sights = [s for s in sights if not self._registers.permits(self._foot(s.box), at)]
        self._update(frame, sights, detections)
        events += self._closing.now(self._places, frame, detections)
        clear = self.context.settings.clear or timedelta(0)
        for place in self._places:
            gone = place.part(at, clear, self._gaps.empty)
            # A place may open and confirm at one look: two surveys make a violation.
            while (event := self._advance(place, gone, frame, detections)) is not None:
                events.append(event)
        self._places = [p for p in self._places if p.stays]
        self._best.keep({p.episode.id for p in self._places if p.episode and not p.confirmed})
        return events

    def _foot(self, box: NormBox) -> Line:
        """Return the ground line of a box, from left to right."""
        x1, y1, x2, y2 = box
        y = y2 if self.stands_on == "bottom" else (y1 + y2) / 2
        return (x1, y), (x2, y)

    def _update(self, frame: Frame, sights: Sequence[Sight], detections: Detections) -> None:
        at, reused = frame.captured_at, Look.of(detections).reused
        visit = visit_of(detections, at)
        homes = [(place, stay) for place in self._places for stay in place.stays]
        stays = [stay for _, stay in homes]
        pairs, fresh = self._way.match(stays, sights, frame, detections, self._foot)
        for (place, stay), index in zip(homes, pairs, strict=True):
            if index is None:
                if self.in_view(stay, frame, detections):
                    stay.miss(at, visit)
            elif at - stay.last > self._gaps.lapse(stay.last, visit) and not place.holds(stay):
                begun = Stay.begun(at, sights[index])
                self._way.note(begun, index)
                place.put(begun, instead_of=stay)
            else:
                gap = self._gaps.since(stay.last, visit)
                if visit is not None and not self.gaps_count:
                    stay.between += between(stay, at, visit, self.context.settings)
                stay.see(at, sights[index], gap, reused=reused, visit=visit)
                self._way.note(stay, index)
        for place in self._places:
            lapse = self._gaps.lapse(place.occupied_until, visit)
            place.occupy(at, lapse, self._least)
        for index in fresh:
            stay, home = Stay.begun(at, sights[index]), self._way.home(self._places, index)
            self._way.note(stay, index)
            if home is not None:
                home.stays.append(stay)
            else:
                self._places.append(Place(stays=[stay], source_part=frame.part))

    def in_view(self, stay: Stay, frame: Frame, detections: Detections) -> bool:  # noqa: ARG002 - for kinds whose things are hidden
        """Whether this look, which does not show the object, has its spot in view.

        Where not, the look is neither presence nor absence: something may stand before it, or the
        camera has gone on.
        """
        return self._way.shows(stay)

    def _keep_time(self, frame: Frame) -> None:
        """Where the camera's clock was set back, what was seen before goes back with it."""
        at, places = frame.captured_at, [p for p in self._places if p.source_part == frame.part]
        last = max((place.looked for place in places), default=at)
        if at < last:
            for place in places:
                place.shift(at - last)

    def _advance(
        self, place: Place, gone: Sequence[Stay], frame: Frame, detections: Detections
    ) -> EpisodeEvent | None:
        ripe = place.ripe(self._least)
        stage = self._next_stage(place, ripe, frame.captured_at)
        if stage is None and place.episode is None:
            return None
        shown = ripe or place.stays or gone
        place.episode = now = self._snapshot(place, shown, stage, frame)
        focus = self._focus(shown, frame.captured_at)
        candidate = stage is EpisodeStage.CONFIRMED or now.stage is EpisodeStage.OPENED
        stills = self._best.at(now, focus, frame, detections) if candidate else ()
        if stage is None:
            return None
        event = EpisodeEvent(now, frame, detections, focus, stills=stills)
        if stage in (EpisodeStage.CLEARED, EpisodeStage.DROPPED):
            place.episode = None
        return event

    def _next_stage(self, place: Place, ripe: Sequence[Stay], at: datetime) -> EpisodeStage | None:
        if place.episode is None:
            return EpisodeStage.OPENED if place.has_enough(self._least) else None
        if place.episode.stage is EpisodeStage.OPENED:
            if ripe:
                return EpisodeStage.CONFIRMED
            # The stay that it opened with may be gone, and the present ones came later.
            lasts = place.stays and place.since(at, self._gaps.empty) <= place.episode.opened_at
            return None if lasts else EpisodeStage.DROPPED
        # Remaining stays that are not ripe are a new candidate, not the old violation.
        return None if ripe else EpisodeStage.CLEARED

    def _focus(self, stays: Sequence[Stay], at: datetime) -> tuple[int, ...]:
        """Return the detections of this look that belong to the stays, if it showed them."""
        return tuple(i for s in stays if s.last == at for i in s.sight.indexes)

    def _snapshot(
        self, place: Place, stays: Sequence[Stay], stage: EpisodeStage | None, frame: Frame
    ) -> Episode:
        episode = place.episode
        lead = self._least.lead(stays)
        where = self._where(place, lead, frame)
        asset = self._registers.asset(lead.box, where)
        seen = {
            "box": hull_of([s.box if s.spotted is None else s.sight.box for s in stays]),
            "where": where,
            "asset": asset.id if asset is not None else None,
            "subtype": self._subtype(episode, stays),
            "last_seen_at": self._least.last_seen(stays),
            "looks": lead.looks,
            "score": round(lead.score, 4),
            "objects": len(stays),
            "why": (
                *self._registers.reasons(asset),
                *self.reasons_of_all(stays),
                *self.reasons(lead, place.occupied),
            ),
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

    def _where(self, place: Place, lead: Stay, frame: Frame) -> Position | None:
        """Return the position; a drone's pose is of one look, so unseen stays keep their last."""
        if lead.spotted is not None:
            return lead.spotted.where
        fixed = frame.pose is None and self.context.ground is not None
        (left, y), (right, _) = self._foot(lead.box if fixed else lead.sight.box)
        shown = fixed or lead.last == frame.captured_at
        where = self.context.where(frame, (left + right) / 2, y) if shown else None
        if where is None and not fixed and place.episode is not None:
            return place.episode.where
        return where

    def _subtype(self, episode: Episode | None, stays: Sequence[Stay]) -> str:
        if episode is not None and episode.stage is EpisodeStage.CONFIRMED:
            return episode.subtype  # it was reported and does not change
        return self.context.zone.subtypes.get(self.kind) or self.subtype(stays)

    def reasons_of_all(self, stays: Sequence[Stay]) -> tuple[Reason, ...]:  # noqa: ARG002 - a kind's own
        """Return what a kind says of all the stays that make the violation, before `reasons`."""
        return ()

    def reasons(self, lead: Stay, occupied: timedelta) -> tuple[Reason, ...]:
        """Return the reasons, in words and data.

        Args:
            lead: the longest stay; with `least_objects` that of the last one needed, so that what
                is said of it holds for that many.
            occupied: the place's occupancy, by one object or several in turn.
        """
        by_turn = self.turns_add_up and not lead.ripe and occupied >= self._least.dwell
        return (
            *([by_turns(occupied, self._least.dwell)] if by_turn else []),
            self._way.lasted(lead, self._least.dwell),
            *([between_visits(lead.between)] if lead.between else []),
            seen_in(lead.looks, lead.chances, self._least.looks, lead.reused),
            scored(lead.score, self.context.threshold),
        )
