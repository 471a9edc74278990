"""Matters: what a video shows of one thing, over all looks at it, with the pictures that show it.

A look's findings are those of a picture (`findings.find`). They are one thing over many looks where
the tracker says so, or where what stands is seen again at the spot to which the camera's own motion
has carried it. What the rules confirm is joined to the thing that it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import numpy as np

from vision.audit.derivative import sure
from vision.audit.findings import Finding
from vision.audit.motion import Matrix
from vision.clarity import clarity
from vision.detections import Detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, NormBox
from vision.frames import Frame
from vision.geo.position import Position
from vision.kinds import catalogue
from vision.rules.sight import hull_of, overlap
from vision.view.registration import moved

_LINGERS_S = 10.0
"""A thing unseen for so long has left: its pictures are drawn, or it was a flicker and is dropped."""
_GAP_S = 2.0
"""Between two sightings of one thing that was there meanwhile, and at most of one that drives."""
_SAME_SPOT = (0.3, 0.6)  # overlap of two boxes by their union, or by the smaller: a market's hull
_NEAR = 0.1  # overlap by union of what drives, between two looks, when its track was lost
_APART_S = 1.0  # pictures of one thing that are nearer in time show the same
_Spot = NormBox | None


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
    where: Position | None
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
        episodes: what the rules confirmed of it, by id.
        shown: its pictures, `first`, `best` and `last`, as far as they differ.
    """

    kind: str
    subtype: str
    last_s: float
    spot: _Spot
    tracks: set[int]
    looks: dict[float, float] = field(default_factory=dict)
    chances: int = 0
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
        return sum(gap for a, b in pairwise(at) if (gap := b - a) <= _GAP_S)

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
            return now_s - self.last_s <= _GAP_S and united > _NEAR
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


class Matters:
    """The matters of one video; every look in turn.

    Args:
        threshold: of the model.
        needed: least looks that show a thing of a kind, for it to be one.
        save: draws a shot and stores it.
    """

    def __init__(self, threshold: float, needed: Callable[[str], int], save: Save) -> None:
        self._threshold = threshold
        self._needed = needed
        self._save = save
        self._known: list[Matter] = []
        self._now_s = 0.0

    def look(
        self,
        offset_s: float,
        frame: Frame,
        detections: Detections,
        findings: Sequence[Finding],
        step: Matrix | None,
    ) -> None:
        """Take in a look.

        Args:
            offset_s: its moment.
            detections: all of them, tracked; `findings` index those that reach the threshold.
            step: the camera's own motion since the look before; None where it is not known.
        """
        self._now_s = offset_s
        for known in self._known:
            known.spot = _carried(known.spot, step)
        tracks = _tracks(sure(detections, self._threshold))
        there = set(tracks)
        seen = list[Matter]()
        for finding in findings:
            ids = {tracks[n] for n in finding.focus if tracks[n] >= 0}
            spot = _normal(finding.box, frame)
            matter = self._matter(finding, spot, ids, seen)
            matter.see(
                Shot(offset_s, frame, detections, finding, clarity(frame, spot)), spot, ids
            )
            seen.append(matter)
        for known in self._known:
            known.chances += known in seen or bool(known.tracks & there) or known.in_view
        self._part(offset_s)

    def told(self, event: EpisodeEvent) -> None:
        """Take in what a rule says in the latest look."""
        episode = event.episode
        for known in self._known:
            if episode.id in known.episodes:
                known.episodes[episode.id] = episode
                return
        if episode.stage is not EpisodeStage.CONFIRMED:
            return
        tracks = _tracks(event.detections)
        ids = {tracks[n] for n in event.focus if tracks[n] >= 0}
        finding = self._as_finding(event)
        matter = self._matter(finding, episode.box, ids, ())
        if not matter.looks:
            clear = clarity(event.frame, episode.box)
            shot = Shot(self._now_s, event.frame, event.detections, finding, clear)
            matter.see(shot, episode.box, ids)
        matter.episodes[episode.id] = episode

    def update(self, episodes: Sequence[Episode]) -> None:
        """Take in what became of the episodes that still go on."""
        for episode in episodes:
            for known in self._known:
                if episode.id in known.episodes:
                    known.episodes[episode.id] = episode

    def all(self, looks: int) -> list[Matter]:
        """The matters of the whole video, in order of time; call it once, at the end.

        Args:
            looks: at the video; one of fewer than a kind needs has to do with those.
        """
        found = [m for m in self._known if self._counts(m, looks)]
        for matter in found:
            matter.put_by(self._save)
        return sorted(found, key=lambda m: (m.first_s, m.kind, m.subtype))

    def _matter(
        self, finding: Finding, spot: NormBox, ids: set[int], seen: Sequence[Matter]
    ) -> Matter:
        """The thing that a finding is of, in which those that turn out to be one are joined."""
        same = [
            known
            for known in self._known
            if known.is_of(finding)
            and known not in seen
            and (known.tracks & ids or known.at(spot, self._now_s))
        ]
        if not same:
            now = self._now_s
            new = Matter(finding.kind, finding.subtype, now, spot, ids)
            self._known.append(new)
            return new
        first, *others = same
        for other in others:
            first.absorb(other)
            self._known.remove(other)
        return first

    def _as_finding(self, event: EpisodeEvent) -> Finding:
        """What a rule confirmed, where no single picture said so: a truck's spill."""
        episode, wide, high = event.episode, event.frame.width, event.frame.height
        x1, y1, x2, y2 = episode.box
        strong = np.asarray(event.detections.confidence) >= self._threshold
        return Finding(
            kind=episode.kind,
            subtype=episode.subtype,
            box=(x1 * wide, y1 * high, x2 * wide, y2 * high),
            score=episode.score,
            objects=episode.objects,
            focus=tuple(int(strong[:n].sum()) for n in event.focus if strong[n]),
            why=episode.why[0],
        )

    def _part(self, now_s: float) -> None:
        """Draw what has left, and drop what was no more than a flicker."""
        left = [m for m in self._known if m.shots and now_s - m.last_s > _LINGERS_S]
        for matter in left:
            if self._counts(matter):
                matter.put_by(self._save)
            else:
                self._known.remove(matter)

    def _counts(self, matter: Matter, most: int | None = None) -> bool:
        needed = self._needed(matter.kind)
        enough = len(matter.looks) >= (needed if most is None else min(needed, most))
        return bool(matter.episodes or matter.shown) or (enough and not matter.flickers)


def _carried(spot: _Spot, step: Matrix | None) -> _Spot:
    if spot is None or step is None:
        return None
    x1, y1, x2, y2 = (float(v) for v in moved(np.array([spot], np.float64), step)[0])
    return x1, y1, x2, y2


def _normal(box: NormBox, frame: Frame) -> NormBox:
    x1, y1, x2, y2 = box
    wide, high = frame.width, frame.height
    return hull_of([(x1 / wide, y1 / high, x2 / wide, y2 / high)])


def _tracks(detections: Detections) -> list[int]:
    ids = detections.tracker_id
    return [int(n) for n in ids] if ids is not None else [-1] * len(detections)
