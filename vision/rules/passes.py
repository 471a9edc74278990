"""Passes: what passes through, one at a time, and what is said against each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from vision.episodes import Episode, NormBox
from vision.rules.course import Course

# So many scores are kept of one that stays for hours,
_KEPT = 100
# and so many of its tracks: an old one does not come back.
_TRACKS = 8


@dataclass(slots=True)
class Charge:
    """What is said against a pass, by the looks of `scores` and as many as `earlier` before them.

    `chances` is of how many looks; `denied`, how many surely say otherwise. `box` is where, if that
    is not where the thing itself is by now. `places` are those on its way at which looks say so,
    `place` the latest.
    """

    scores: list[float] = field(default_factory=list)
    chances: int = 0
    box: NormBox | None = None
    earlier: int = 0
    denied: int = 0
    places: int = 0
    place: int = 0

    def take(self, score: float | None, place: int) -> None:
        """Take in a look.

        Args:
            score: how sure it is, 0 where it surely says otherwise, None if it is not.
            place: the number of the place at which it was then, see `Course.places`.
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
        """How many say so."""
        return self.earlier + len(self.scores)

    @property
    def doubtful(self) -> bool:
        """Of the looks that are sure, a quarter or more say one thing and the others another."""
        fewer = min(self.looks, self.denied)
        return fewer > 0 and 4 * fewer >= self.looks + self.denied

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

    def part(self, track: int) -> None:
        """A look shows two things of it: this track is another's, and so may be what was said."""
        self.tracks.discard(track)
        self.charges.clear()
        self.first = self.last
        self.course = Course()

    def follow(self, track: int) -> None:
        """It has this track as well."""
        if track >= 0:
            self.tracks.add(track)
            self.tracks -= set(sorted(self.tracks)[:-_TRACKS])
