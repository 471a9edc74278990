"""Way: the way of a camera that moves, and what was seen along it.

Such a camera does not dwell, so k looks of seconds say little: a car that waits at a light sees one
thing a hundred times. Its way is counted in steps of so many metres instead (`along_m` over `of`),
and a thing is sure once it was seen at `looks` of the last `of` steps. Steps shorter than what the
pose may be off by are none.

Things are told apart by where they are. From a drone they are where its ray meets the ground. A
carried camera knows but its own place: what it sees is followed by its track, and all within its
viewing distance of one place is one place. What is out of view is neither there nor gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic_core import to_json

from vision.detections import Detections
from vision.episodes import EndedBy, EpisodeEvent, Reason
from vision.frames import Frame, Pose
from vision.geo.carried_pose import CarriedPose
from vision.geo.drone_pose import DronePose
from vision.geo.plane import LocalPlane
from vision.geo.position import Position
from vision.kinds import catalogue
from vision.registers.permits import Line
from vision.rules.closing import Ending
from vision.rules.context import Context
from vision.rules.place import PLACES, Place
from vision.rules.plain import tracks_of
from vision.rules.reasons import along, stayed
from vision.rules.sight import Sight, overlap
from vision.rules.spotted import Spotted
from vision.rules.stay import SAME_IOU, Stay, match

_HELD = 200
"""Confirmed places that are held at once; of more, those longest unseen end."""
_LEAST_M = 1.0
"""Of how far apart two positions of one thing may be."""
_NOWHERE = 1e9


@dataclass(slots=True)
class Walked:
    """How far a camera has come: the number of its step, and where that began (degrees)."""

    step: int = 0
    lon: float | None = None
    lat: float | None = None


@dataclass(slots=True)
class Way:
    """The way of one camera as the rule of one kind sees it.

    Attributes:
        context: of the rule.
        zone_is_one: what is within the kind's reach of a place is of that place.
        walked: its state, which outlives the process.
    """

    context: Context
    kind: str
    zone_is_one: bool
    walked: Walked = field(default_factory=Walked)
    _pose: Pose | None = None
    _spots: dict[int, Position] = field(default_factory=dict)
    _tracks: dict[int, list[int]] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether the camera moves, and its kind counts steps."""
        return self.context.camera.moves and bool(self.context.settings.along_m)

    @property
    def step_m(self) -> float:
        """Metres of a step."""
        return (self.context.settings.along_m or 0.0) / self.of

    @property
    def of(self) -> int:
        """How many steps are looked back at."""
        return self.context.settings.of or self.context.settings.looks or 1

    def look(self, frame: Frame) -> None:
        """Take in where a look was made."""
        self._pose = frame.pose if self.counts else None
        self._spots, self._tracks = {}, {}
        if self._pose is None:
            return
        walked, pose = self.walked, self._pose
        if walked.lon is None or walked.lat is None:
            walked.lon, walked.lat = pose.lon, pose.lat
        elif steps := int(
            _apart((walked.lon, walked.lat), (pose.lon, pose.lat)) // self._least_m
        ):  # of a camera that is fast for its looks, several
            walked.step, walked.lon, walked.lat = walked.step + steps, pose.lon, pose.lat

    def match(
        self,
        stays: Sequence[Stay],
        sights: Sequence[Sight],
        frame: Frame,
        detections: Detections,
        foot: Callable[[tuple[float, float, float, float]], Line],
    ) -> tuple[list[int | None], list[int]]:
        """Pair stays with sights, as `vision.rules.stay.match`; on the map where that is known."""
        if self._pose is not None:
            tracks = tracks_of(detections)
            for n, sight in enumerate(sights):
                (left, y), (right, _) = foot(sight.box)
                where = self.context.where(frame, (left + right) / 2, y)
                if where is not None:
                    self._spots[n] = where
                    self._tracks[n] = [tracks[i] for i in sight.indexes if tracks[i] >= 0]
        taken: list[int | None] = [None] * len(stays)
        free, ranked = set(range(len(sights))), list[tuple[float, int, int]]()
        for i, stay in enumerate(stays):
            if stay.spotted is not None:
                ranked += [
                    (rank, i, n)
                    for n in self._spots
                    if (rank := self._rank(stay, stay.spotted, n, sights[n])) < _NOWHERE
                ]
        for _, i, n in sorted(ranked):
            if taken[i] is None and n in free:
                taken[i] = n
                free.discard(n)
        # By where they are in the picture: what no look has placed so far, or this one does not.
        rest = sorted(free)
        plain = [i for i, stay in enumerate(stays) if stay.spotted is None or not self._spots]
        pairs, fresh = match([stays[i] for i in plain], [sights[n] for n in rest])
        for i, index in zip(plain, pairs, strict=True):
            taken[i] = None if index is None else rest[index]
        return taken, [rest[n] for n in fresh]

    def note(self, stay: Stay, index: int) -> None:
        """A stay, known or new, was seen as this sight of the look."""
        where = self._spots.get(index)
        if where is None:
            return
        if stay.spotted is None:
            stay.spotted = Spotted(where, where)
        stay.spotted.see(
            self.walked.step, where, self._tracks[index],
            needed=self.context.settings.looks or 1, of=self.of,
        )  # fmt: skip

    def home(self, places: Sequence[Place], index: int) -> Place | None:
        """The place that a new sight belongs to; None where it is a place of its own."""
        where = self._spots.get(index)
        if where is None:
            still = (p for p in places if p.stays and p.stays[0].spotted is None)
            return next(still, None) if self.zone_is_one else None
        reach = self._reach
        known = [
            (min(_distance(seen.first, where), _distance(seen.where, where)), n)
            for n, place in enumerate(places)
            if place.stays and (seen := place.stays[0].spotted) is not None
        ]
        near = min(known, default=(_NOWHERE, 0))
        return places[near[1]] if near[0] <= reach else None

    def shows(self, stay: Stay) -> bool:
        """Whether the present look has the stay's spot in view, its error included."""
        spotted, pose = stay.spotted, self._pose
        if spotted is None:
            return True
        if not isinstance(pose, DronePose):
            return False
        plane = LocalPlane(spotted.where.lon, spotted.where.lat)
        off = spotted.where.accuracy_m or 0.0
        around = ((0, 0), (off, 0), (-off, 0), (0, off), (0, -off))
        seen = [pose.picture(*plane.degrees(e, n)) for e, n in around]
        return all(at is not None and 0 < at[0] < 1 and 0 < at[1] < 1 for at in seen)

    def leave(
        self, places: Sequence[Place], frame: Frame, detections: Detections
    ) -> list[EpisodeEvent]:
        """Drop the candidates that are left behind; hold no more places than it may."""
        events = list[EpisodeEvent]()
        over = [p for p in places if p.stays and self._behind(p)] if self._pose else []
        held = [p for p in places if p.confirmed and p.stays and p.stays[0].spotted is not None]
        held.sort(key=lambda place: max(stay.last for stay in place.stays))
        for place in [*over, *held[: max(0, len(held) - _HELD)]]:
            ending = Ending(max(stay.last for stay in place.stays), EndedBy.UNWATCHED)
            events += ending.event(place.episode, frame, detections)
            place.stays.clear()
        return events

    def lasted(self, stay: Stay, dwell: timedelta) -> Reason:
        """Along how many steps it was seen, where that made it sure, else how long it stayed."""
        spotted = stay.spotted
        if spotted is None or not spotted.enough or stay.stayed >= dwell:
            return stayed(stay.stayed, dwell)
        needed = self.context.settings.looks or 1
        return along(max(len(spotted.steps), needed), needed, self.of, self._least_m)

    def remember(self, places: Any) -> Any:
        """The places of a rule ready for JSON, with the way where there is one."""
        told = self._told
        return places if told is None else {"places": places, "way": told}

    def remember_json(self, places: bytes) -> bytes:
        """The same as JSON text."""
        told = self._told
        return places if told is None else b'{"places":%b,"way":%b}' % (places, to_json(told))

    def recall(self, state: Any) -> None:
        """See `vision.rules.context.Rule.recall`."""
        if isinstance(state, dict):
            way = state["way"]
            self.walked = Walked(int(way["step"]), float(way["lon"]), float(way["lat"]))

    @property
    def _told(self) -> dict[str, Any] | None:
        walked = self.walked
        if walked.lon is None:
            return None
        return {"step": walked.step, "lon": walked.lon, "lat": walked.lat}

    def _behind(self, place: Place) -> bool:
        """Forget the candidates last seen more steps ago than are looked back at; whether all are.

        Where all are, they stay until the place's end is told.
        """
        kept = [
            stay
            for stay in place.stays
            if stay.spotted is None
            or place.holds(stay)
            or self.walked.step - stay.spotted.last < self.of
        ]
        place.stays = kept or place.stays
        return not kept

    @property
    def _least_m(self) -> float:
        """Metres of a step by the pose at hand."""
        return max(self.step_m, _off(self._pose) if self._pose is not None else 0.0)

    @property
    def _reach(self) -> float:
        if isinstance(self._pose, CarriedPose):
            return self._pose.viewing_m
        reach = catalogue().kind(self.kind).reach
        return float(reach[0]) if self.zone_is_one and reach else -1.0

    def _rank(self, stay: Stay, spotted: Spotted, index: int, sight: Sight) -> float:
        """How well a sight fits a stay, the lower the better; `_NOWHERE` where it does not."""
        there = self._spots[index]
        apart = _distance(spotted.where, there)
        same = bool(set(spotted.tracks) & set(self._tracks[index]))
        if isinstance(self._pose, CarriedPose):
            if same:
                return 0.0
            recent = self.walked.step - spotted.last <= 1
            met = recent and overlap(stay.sight.box, sight.box)[0] >= SAME_IOU
            return 1.0 if met else _NOWHERE
        gate = max(_LEAST_M, spotted.where.accuracy_m or 0.0, there.accuracy_m or 0.0)
        return apart if apart <= (2 * gate if same else gate) else _NOWHERE


def places_of(state: Any) -> list[Place]:
    """The places of what `Way.remember` gave."""
    return PLACES.validate_python(state["places"] if isinstance(state, dict) else state)


def _off(pose: Pose) -> float:
    return pose.deviations.position_m if isinstance(pose, DronePose) else pose.position_m


def _distance(a: Position, b: Position) -> float:
    return _apart((a.lon, a.lat), (b.lon, b.lat))


def _apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    east, north = LocalPlane(*a).metres(*b)
    return float((east * east + north * north) ** 0.5)
