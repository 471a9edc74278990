"""Place: the stays at one place of a zone, or in all of it, and their occupancy.

Occupancy is the time in which at least one object had stopped there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from vision.episodes import Episode, EpisodeStage, NormBox
from vision.rules.sight import hull_of, overlap
from vision.rules.stay import Stay
from vision.rules.under_way import Standing, UnderWay

_CLEAN_LOOKS = 2
# An object that stays at a spot for this share of the dwell has stopped, and does not pass by.
_STOP = 0.2
# And the smaller of its first and latest box is then covered to this share by the other.
_STILL = 0.85


@dataclass(frozen=True, slots=True)
class Least:
    """The minimum that makes a violation.

    Attributes:
        dwell: minimum dwell.
        looks: minimum number of looks that show it.
        score: minimum of their median score, 0..1.
        together: objects that stop one after the other add up (occupancy).
        objects: how many that are so at once.
    """

    dwell: timedelta
    looks: int
    score: float
    together: bool
    objects: int = 1

    def lead(self, stays: Sequence[Stay]) -> Stay:
        """The longest stay, or of so many as are needed the last: they stayed as long as it."""
        longest = sorted(stays, key=lambda s: (s.stayed, s.looks), reverse=True)
        return longest[min(self.objects, len(longest)) - 1]

    def last_seen(self, stays: Sequence[Stay]) -> datetime:
        """When as many of them as are needed were last seen (UTC)."""
        latest = sorted((stay.last for stay in stays), reverse=True)
        return latest[min(self.objects, len(latest)) - 1]


@dataclass(slots=True)
class Place:
    """One place: its stays and its episode.

    Attributes:
        occupied: how long something has stopped here, one thing or one after the other.
        occupied_from, occupied_until: first and latest moment of that (UTC).
        source_part: the part of a recording that it was seen in, see `Frame.part`.
    """

    stays: list[Stay] = field(default_factory=list)
    episode: Episode | None = None
    occupied: timedelta = timedelta(0)
    occupied_from: datetime | None = None
    occupied_until: datetime | None = None
    source_part: int = 0

    def doubtful(self, least: Least) -> bool:
        """Whether it is a candidate, or confirmed with none of its stays in sight.

        One with too few objects is none: more frequent looks would bring no more of them.
        """
        if not self.confirmed:
            return len(self.stays) >= least.objects
        return all(stay.misses for stay in self.stays)

    def has_enough(self, least: Least) -> bool:
        """Whether enough of its stays were seen twice for it to be a candidate."""
        return sum(s.looks >= min(2, least.looks) for s in self.stays) >= least.objects

    @property
    def confirmed(self) -> bool:
        """Whether its episode is confirmed."""
        return self.episode is not None and self.episode.stage is EpisodeStage.CONFIRMED

    @property
    def looked(self) -> datetime:
        """The latest look at any of its stays, whether it showed them or not (UTC)."""
        return max(stay.looked or stay.last for stay in self.stays)

    def to_json(self) -> bytes:
        """Return the state as JSON, the same text as pydantic's."""
        stays = b",".join([stay.to_json() for stay in self.stays])
        rest = _PLACE.to_json(self, exclude=_AS_TEXT)
        return b'{"stays":[' + stays + b"]," + rest[1:]

    def since(self, at: datetime, lapse: timedelta) -> datetime:
        """The first moment of the present stays, or of an occupancy that is ongoing (UTC)."""
        first = min(stay.first for stay in self.stays)
        if self.occupied_from is None or self.occupied_until is None:
            return first
        return min(first, self.occupied_from) if at - self.occupied_until <= lapse else first

    def occupy(self, at: datetime, lapse: timedelta, least: Least) -> None:
        """Add to the occupancy the time in which a stopped object was seen, none of it twice.

        Before confirmation, occupancy restarts at zero once the place was empty for longer than
        `lapse`. A flickering object does not keep it alive: its looks add no time, and only added
        time continues an occupancy.

        Args:
            at: moment of the look that the stays have just seen or missed.
            lapse: see `vision.rules.gaps`.
            least: a share of its dwell distinguishes a stop from passing by.
        """
        seen = [s for s in self.stays if s.last == at]
        spans = [(at - s.step, s.step) for s in seen if s.stopped and s.step and not s.flickers]
        for stay in seen:
            if not stay.stopped and stay.looks >= least.looks and _stops(stay, least.dwell * _STOP):
                stay.stopped = True
                spans.append((stay.first, stay.dwell))
        if not spans:
            return
        begun, before = min(start for start, _ in spans), self.occupied_until
        if before is None or (begun - before > lapse and not self.confirmed):
            self.occupied, self.occupied_from, before = timedelta(0), begun, begun
        # Of each span, subtract the part that was counted already.
        self.occupied += max(
            max(timedelta(0), length - max(timedelta(0), before - start)) for start, length in spans
        )
        self.occupied_until = at

    def ripe(self, least: Least) -> list[Stay]:
        """Return the stays that make a violation, each alone, else those that stopped in turn."""
        for stay in self.stays:
            stay.ripe = stay.ripe or (
                stay.looks >= least.looks
                and (stay.stayed >= least.dwell or stay.along)
                and not stay.flickers
                and stay.score >= least.score
            )
        alone = [s for s in self.stays if s.ripe]
        if len(alone) < least.objects:
            alone = []
        together = least.together and least.dwell and self.occupied >= least.dwell
        return alone or [s for s in self.stays if together and s.stopped]

    def part(self, at: datetime, clear: timedelta, lapse: timedelta) -> list[Stay]:
        """Remove and return the stays that have left: clean looks showed them gone for `clear`.

        Stays that have flickered for `lapse` are removed as well, unless they were reported: they
        would keep a candidate alive, or with their many misses hide the next object at that spot.
        """
        gone, kept = list[Stay](), list[Stay]()
        for stay in self.stays:
            left = stay.clean >= _CLEAN_LOOKS and stay.absent(at) >= clear
            flickers = stay.flickers and at - stay.first >= lapse and not self.holds(stay)
            (gone if left or flickers else kept).append(stay)
        self.stays = kept
        return gone

    def put(self, stay: Stay, *, instead_of: Stay) -> None:
        """Replace a stay by a new one."""
        self.stays = [stay if known is instead_of else known for known in self.stays]

    def holds(self, stay: Stay) -> bool:
        """Whether this stay belongs to a confirmed episode; ripe ones may be too few for any."""
        return self.confirmed and (stay.ripe or stay.stopped)

    def told(self, least: Least) -> list[UnderWay]:
        """Each stay with its clock: the occupancy's while only several in turn may add up to it."""
        alone = not least.together or any(stay.ripe for stay in self.stays)
        return [
            UnderWay(
                box=hull_of([stay.box]),
                state=self._standing(stay, alone=alone),
                dwell=stay.stayed if alone or not stay.stopped else max(stay.stayed, self.occupied),
                dwell_needed=least.dwell,
                looks=stay.looks,
                looks_needed=least.looks,
                since=stay.first,
            )
            for stay in self.stays
        ]

    def _standing(self, stay: Stay, *, alone: bool) -> Standing:
        if not self.confirmed or not (stay.ripe or (stay.stopped and not alone)):
            return Standing.CANDIDATE
        return Standing.CLEARING if stay.misses else Standing.CONFIRMED

    def permit(self, since: Callable[[Stay], datetime | None]) -> datetime | None:
        """Remove the stays that a permit covers and return since when; None if there are none.

        This resets the occupancy that they added to: the remaining stays occupy from now on.
        """
        moments = [(stay, since(stay)) for stay in self.stays]
        self.stays = [stay for stay, moment in moments if moment is None]
        if any(stay.stopped for stay, moment in moments if moment is not None):
            self.occupied, self.occupied_from, self.occupied_until = timedelta(0), None, None
        return max((moment for _, moment in moments if moment is not None), default=None)

    def shift(self, by: timedelta) -> None:
        """Shift all times after the camera's clock was set."""
        for stay in self.stays:
            stay.shift(by)
        self.occupied_from = self.occupied_from and self.occupied_from + by
        self.occupied_until = self.occupied_until and self.occupied_until + by
        if self.episode is not None:
            episode = self.episode
            self.episode = replace(
                episode,
                opened_at=episode.opened_at + by,
                last_seen_at=episode.last_seen_at + by,
                confirmed_at=episode.confirmed_at and episode.confirmed_at + by,
            )


# It is the first of its fields.
_AS_TEXT = {"stays"}
_PLACE = TypeAdapter(Place).serializer
PLACES = TypeAdapter(list[Place])


def still_watched(
    places: Sequence[Place], watched: Callable[[NormBox], bool]
) -> tuple[list[Place], list[Episode]]:
    """The places with their stays at watched boxes, and the episodes of those that have none."""
    over = []
    for place in places:
        place.stays = [stay for stay in place.stays if watched(stay.box)]
        if not place.stays and place.episode is not None:
            over.append(place.episode)
    return [place for place in places if place.stays], over


def _stops(stay: Stay, least: timedelta) -> bool:
    """Whether it has been at its spot for long enough not to be passing by."""
    if stay.dwell < least or stay.flickers:
        return False
    return overlap(stay.boxes[0], stay.sight.box)[1] >= _STILL
