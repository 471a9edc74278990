"""Matter: what a video shows of one thing, over all looks at it, with the pictures that show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from vision.audit.findings import Finding
from vision.audit.place import Place
from vision.detections import Detections
from vision.episodes import Episode, NormBox
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules.sight import overlap

GAP_S = 2.0
"""Between two sightings of one thing that was there meanwhile, and at most of one that drives,
where looks are no farther apart."""
_SAME_SPOT = (0.3, 0.6)  # overlap of two boxes by their union, or by the smaller: a market's hull
_NEAR = 0.1  # overlap by union of what drives, between two looks, when its track was lost
_APART_S = 1.0  # pictures of one thing that are nearer in time show the same


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One look at a matter: all that is needed to draw it."""

    offset_s: float
    frame: Frame
    detections: Detections
    finding: Finding
    clear: tuple[bool, float]
    """See `vision.clarity`."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A shot that was drawn and stored. `annotated` is its path in the audit's folder."""

    offset_s: float
    finding: Finding
    clear: tuple[bool, float]
    place: Place | None
    annotated: str


Save = Callable[[Shot], Shown]


@dataclass(slots=True, eq=False)
class Matter:
    """One thing. Times are seconds since the video's first picture.

    Attributes:
        last_s: the latest look that showed it.
        spot: where the latest sighting lies by now, normalised; None where nobody knows.
        tracks: ids of what it was seen as.
        looks: the looks that showed it, each with its score.
        chances: number of looks that could have.
        gap_s: longest time between two looks at what was there meanwhile.
        episodes: what the rules confirmed of it, by id.
        shown: its pictures, `first`, `best` and `last`, as far as they differ.
    """

    kind: str
    subtype: str
    last_s: float
    spot: NormBox | None
    tracks: set[int]
    looks: dict[float, float] = field(default_factory=dict)
    chances: int = 0
    gap_s: float = GAP_S
    episodes: dict[str, Episode] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    shots: dict[str, Shot] = field(default_factory=dict)

    @property
    def passes(self) -> bool:
        """Whether it is a thing that drives through, and does not stand."""
        return catalogue().kind(self.kind).place == "pass"

    @property
    def in_view(self) -> bool:
        """Whether a look could show it: the middle of its spot is in the picture."""
        if self.spot is None or self.passes:
            return False
        x1, y1, x2, y2 = self.spot
        return 0 <= x1 + x2 <= 2 and 0 <= y1 + y2 <= 2

    @property
    def flickers(self) -> bool:
        """Seen in fewer than half of the looks that could have shown it, as rules have it."""
        return 2 * len(self.looks) < self.chances

    @property
    def first_s(self) -> float:
        """The first look that showed it."""
        return min(self.looks)

    @property
    def seen_s(self) -> float:
        """For how long it was in view."""
        at = sorted(self.looks)
        return sum(gap for a, b in pairwise(at) if (gap := b - a) <= self.gap_s)

    @property
    def score(self) -> float:
        """Median over the looks that showed it, 0..1."""
        return median(self.looks.values())

    @property
    def best(self) -> Shown:
        """The picture that shows it best."""
        return self.shown["best"]

    def is_of(self, finding: Finding) -> bool:
        """Whether a finding could be of it: a truck's load and its dirt are two matters."""
        same = finding.subtype == self.subtype or not self.passes
        return finding.kind == self.kind and same

    def at(self, spot: NormBox, now_s: float) -> bool:
        """Whether what is seen here now stands, or drives on, where this did."""
        if self.spot is None:
            return False
        united, smaller = overlap(self.spot, spot)
        if self.passes:
            return now_s - self.last_s <= self.gap_s and united > _NEAR
        return united > _SAME_SPOT[0] or smaller > _SAME_SPOT[1]

    def see(self, shot: Shot, spot: NormBox, tracks: set[int]) -> None:
        """Take another look at it."""
        self.last_s, self.spot = shot.offset_s, spot
        self.tracks |= tracks
        self.looks[shot.offset_s] = shot.finding.score
        best = self.shots.get("best")
        self.shots.setdefault("first", shot)
        self.shots["last"] = shot
        if best is None or shot.clear > best.clear:
            self.shots["best"] = shot

    def absorb(self, other: Matter) -> None:
        """Become one with a later thing that turns out to be the same."""
        self.last_s = max(self.last_s, other.last_s)
        self.looks |= other.looks
        self.chances = max(self.chances, other.chances, len(self.looks))
        self.tracks |= other.tracks
        self.episodes |= other.episodes
        for role, shown in other.shown.items():
            self.shown.setdefault(role, shown)
        for role, shot in other.shots.items():
            self.shots.setdefault(role, shot)

    def put_by(self, save: Save) -> None:
        """Draw and store the shots that are wanted, and let go of all."""
        shots, self.shots = self.shots, {}
        best, known = shots.get("best"), self.shown.get("best")
        if best is None:
            return
        if known is None or best.clear > known.clear:
            if known is not None:
                self.shown.setdefault("first", known)
            known = self.shown["best"] = save(best)
        if "first" not in self.shown and known.offset_s - shots["first"].offset_s >= _APART_S:
            self.shown["first"] = save(shots["first"])
        if shots["last"].offset_s - known.offset_s >= _APART_S:
            self.shown["last"] = save(shots["last"])
