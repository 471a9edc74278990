"""Passes: one pass of one object through a zone, and the charges against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from pydantic import TypeAdapter

from vision.episodes import Episode, NormBox
from vision.rules.course import Course
from vision.rules.sight import hull_of
from vision.rules.under_way import Standing, UnderWay

# Scores that are kept of an object that stays for hours,
_KEPT = 100
# and tracks: an old one does not come back.
_TRACKS = 8


@dataclass(slots=True)
class Charge:
    """A charge against a pass, supported by the looks in `scores` and `earlier` looks before them.

    `chances` counts all looks, `denied` those that contradict it with confidence. `box` is the
    place of the charge, if that is not the object's own box. `places` counts the places on its way
    at which looks support it, `place` is the latest.
    """

    scores: list[float] = field(default_factory=list)
    chances: int = 0
    box: NormBox | None = None
    earlier: int = 0
    denied: int = 0
    places: int = 0
    place: int = 0

    def take(self, score: float | None, place: int) -> None:
        """Add a look.

        Args:
            score: its score; 0 if it contradicts with confidence, None if it is uncertain.
            place: the number of the object's place at the look, see `Course.places`.
        """
        self.chances += 1
        self.denied += score == 0
        if score and place > self.place:
            self.places, self.place = self.places + 1, place
        self.scores += [score] if score else []
        self.earlier += max(len(self.scores) - _KEPT, 0)
        del self.scores[:-_KEPT]

    @property
    def looks(self) -> int:
        """How many looks support it."""
        return self.earlier + len(self.scores)

    @property
    def doubtful(self) -> bool:
        """A quarter or more of the confident looks contradict the others."""
        fewer = min(self.looks, self.denied)
        return fewer > 0 and 4 * fewer >= self.looks + self.denied

    @property
    def score(self) -> float:
        """Median score, 0..1."""
        return median(self.scores)


@dataclass(slots=True)
class Pass:
    """One object passing through: its tracks, the charges against it, its episode.

    Attributes:
        number: counts from 1 in each zone.
        box: its latest box.
        first, last: moments of the first and latest look that showed it (UTC).
        index: the frame's of the latest look.
        charges: by sub-type of the kind.
        course: its way, and what it was taken for.
        source_part: the part of a recording that it was seen in, see `Frame.part`.
    """

    number: int
    tracks: set[int]
    box: NormBox
    first: datetime
    last: datetime
    index: int
    episode: Episode | None = None
    charges: dict[str, Charge] = field(default_factory=dict)
    course: Course = field(default_factory=Course)
    source_part: int = 0

    @property
    def worst(self) -> str | None:
        """The sub-type that most looks charge it with; None where no look does."""
        said = {name: charge.looks for name, charge in self.charges.items() if charge.looks}
        return max(said, key=lambda name: said[name]) if said else None

    def told(self, subtype: str, needed: int, at: datetime) -> UnderWay:
        """It with its clock, after a look at `at`, by the looks that charge it with a sub-type."""
        held = Standing.CLEARING if self.last < at else Standing.CONFIRMED
        return UnderWay(
            box=hull_of([self.box]),
            state=held if self.episode is not None else Standing.CANDIDATE,
            dwell=max(self.last - self.first, timedelta(0)),
            dwell_needed=timedelta(0),
            looks=self.charges[subtype].looks,
            looks_needed=needed,
            since=self.first,
        )

    def part(self, track: int) -> None:
        """A look shows two things of it: this track is another's, and so may be what was said."""
        self.tracks.discard(track)
        self.charges.clear()
        self.first = self.last
        self.course = Course()

    def follow(self, track: int) -> None:
        """Add a track id to this pass."""
        if track >= 0:
            self.tracks.add(track)
            self.tracks -= set(sorted(self.tracks)[:-_TRACKS])


PASSES = TypeAdapter(list[Pass])
