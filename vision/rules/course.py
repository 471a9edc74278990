"""Course: the trajectory of an object across the picture, and its class votes along the way.

Only an object that has moved can be reported for passing through. The boxes of a parked vehicle are
not still: the detector finds the cab alone, then the whole vehicle, or the next one in a row of
parked cars. So a box has moved only as far as both of its sides have, and a single jump does not
count: the object must have been seen at several places, each further than the last. If the camera
moves, boxes are transformed into one reference picture (`Courses`); without a transform, nothing
counts as moving.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log2

import numpy as np

from vision.detections import Detections
from vision.episodes import NormBox
from vision.frames import Frame
from vision.look import Look
from vision.view.registration import Matrix, moved

LEAST = 0.5
"""Of its own size, from which on something has covered ground. On 13 real clips and the demo's gate
(README here), trucks that drive by cover 0.9 to 8 of it, what stands 0 to 0.3."""
STEP = 0.08
"""Distance, in the object's own size, from one place to the next. On a shaking pole, 0.1 would ask
too much of a distant truck."""
STEPS = 2
"""Minimum number of steps: a single one is a jump."""
_STEADY = 2 / 3


@dataclass(slots=True)
class Course:
    """The trajectory of one object.

    Attributes:
        came: its first box, normalised; None if that is not known.
        there: its box at the latest step.
        furthest: distance from `came` at that step, in its own size.
        steps: number of steps.
        places: number of places at which it was seen so far.
        moves: it has moved far enough to count as moving.
        taken_for: class votes: by class, the sum of its scores over all looks.
    """

    came: NormBox | None = None
    there: NormBox | None = None
    furthest: float = 0.0
    steps: int = 0
    places: int = 0
    moves: bool = False
    taken_for: dict[str, float] = field(default_factory=dict)

    def go(self, box: NormBox) -> None:
        """Add the box of a look; a box without area is ignored."""
        if box[2] <= box[0] or box[3] <= box[1]:
            return
        if self.came is None or self.there is None:
            self.came, self.there, self.places = box, box, self.places + 1
            return
        far = travelled(self.came, box)
        if far >= self.furthest + STEP and travelled(self.there, box) >= STEP:
            self.there, self.furthest = box, far
            self.steps, self.places = self.steps + 1, self.places + 1
            self.moves = self.moves or (far >= LEAST and self.steps >= STEPS)

    def lose(self) -> None:
        """Discard the starting point, which is no longer known."""
        self.came, self.there, self.furthest, self.steps = None, None, 0.0, 0

    def restart(self, camera: str) -> None:
        """Continue after a restart: only a fixed camera still shows the same picture."""
        if camera != "cctv":
            self.lose()

    def take_for(self, votes: Sequence[tuple[str, float]]) -> None:
        """Add a look's class votes, name and score; for each class, the highest score counts."""
        best: dict[str, float] = {}
        for name, score in votes:
            best[name] = max(score, best.get(name, score))
        for name in sorted(best):
            self.taken_for[name] = round(self.taken_for.get(name, 0.0) + best[name], 4)

    def is_steadily(self, name: str) -> bool:
        """Whether this class has two thirds of the votes, each look weighted by its score."""
        return self.taken_for.get(name, 0.0) >= _STEADY * sum(self.taken_for.values())


def travelled(a: NormBox, b: NormBox) -> float:
    """Return the distance from box `a` to box `b`, in the object's own size.

    Horizontally or vertically, this is the shift of the side that moved less, over the mean of the
    two sizes. If all four sides moved, it may also be the change of scale of an object that
    approaches or recedes: how often it has doubled or halved, both horizontally and vertically.
    """
    shifts, by, grown = [0.0], [], []
    for low, high in ((0, 2), (1, 3)):
        before, after = a[high] - a[low], b[high] - b[low]
        first, second = b[low] - a[low], b[high] - a[high]
        by.append(2 * min(abs(first), abs(second)) / (before + after))
        grown.append(log2(after / before))
        if first * second > 0:
            shifts.append(by[-1])
    scales = grown[0] * grown[1] > 0 and min(by) >= STEP
    return max(*shifts, min(abs(g) for g in grown) if scales else 0.0)


class Courses:
    """The courses of one camera, in the coordinates of one reference picture.

    A fixed camera has one picture. A drone's looks are registered to a key picture (`Look.laid`).
    A camera carried by a car or a person passes close to standing objects, and no planar transform
    aligns its pictures: there, nothing counts as moving.
    """

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._over: int | None = None
        self._matrix: Matrix | None = None
        self._coming: dict[int, tuple[datetime, Course]] = {}  # by track
        self._source_part: int | None = None

    @property
    def moving(self) -> bool:
        """Whether an approaching object moves and may soon be judged."""
        return any(course.places > 1 for _, course in self._coming.values())

    @property
    def coming(self) -> dict[int, Course]:
        """The courses of objects that were not judged yet, by track."""
        return {track: course for track, (_, course) in self._coming.items()}

    def look(self, frame: Frame, detections: Detections, judged: Sequence[Course]) -> None:
        """Take in how a look lies; in a new picture, the `judged` have lost their way, too.

        Over a seam of a recording nothing comes.
        """
        if frame.part != self._source_part:
            self._coming.clear()
            self._source_part = frame.part
        laid = Look.of(detections).laid if self._camera == "drone" else None
        self._matrix = laid.to if laid is not None else None
        if laid is not None and laid.over != self._over:
            self._over = laid.over
            for course in [*judged, *self.coming.values()]:
                course.lose()

    def go(self, course: Course, box: NormBox) -> None:
        """Add the box of this look to a course, in the reference picture's coordinates."""
        here = self._here(box)
        if here is not None:
            course.go(here)

    def began(self, course: Course, box: NormBox) -> bool:
        """Whether this box of the look is where the course began, or that cannot be measured."""
        here = self._here(box)
        if here is None or course.came is None or here[2] <= here[0] or here[3] <= here[1]:
            return True
        return travelled(course.came, here) < STEP

    def _here(self, box: NormBox) -> NormBox | None:
        if self._camera == "cctv":
            return box
        if self._matrix is None:
            return None
        x1, y1, x2, y2 = (float(v) for v in moved(np.array([box]), self._matrix)[0])
        return x1, y1, x2, y2

    def come(
        self,
        at: datetime,
        boxes: Mapping[int, NormBox],
        judged: Collection[int],
        longest: timedelta,
    ) -> None:
        """Follow objects before they are judged, so that their way up to then counts.

        Args:
            at: moment of the look.
            boxes: boxes of all objects in the look, by track.
            judged: tracks that already have a course of their own.
            longest: an object unseen for longer than this is forgotten.
        """
        for track, box in boxes.items():
            if track not in judged:
                _, course = self._coming.get(track, (at, Course()))
                self.go(course, box)
                self._coming[track] = (at, course)
        self._coming = {
            track: (last, course)
            for track, (last, course) in self._coming.items()
            if track not in judged and abs(at - last) <= longest
        }

    def of(self, track: int) -> Course:
        """Hand over the course of a track since it entered the picture."""
        known = self._coming.pop(track, None)
        return known[1] if known is not None else Course()
