"""Course: how far something has moved over the picture, and what it was taken for on the way.

Who is accused of passing through must have moved. What stands is seen in boxes that are not still:
now the cab alone, now all of it, or the next one in a row of parked cars. So a box has moved only
as far as both of its sides have; and a single leap is no way: it must have been seen at several
places, each further than the last. Where the camera moves, boxes lie as in one picture of its own
(`Courses`); where nobody can tell how they lie in it, nothing moves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import log2

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections
from vision.episodes import NormBox
from vision.frames import Frame
from vision.look import Look
from vision.view.registration import Matrix, moved

LEAST = 0.5
"""Of its own size, from which on something has covered ground. On 13 real clips and the demo's gate
(README here), trucks that drive by cover 0.9 to 8 of it, what stands 0 to 0.3."""
STEP = 0.08
"""Of its own size, from one place to the next. A pole that shakes makes 0.1 of it too much to ask
of a truck far off."""
STEPS = 2
"""In so many steps at least: one is a leap."""
_STEADY = 2 / 3


@dataclass(slots=True)
class Course:
    """The way of one thing.

    Attributes:
        came: where it was first seen, normalised; None where that is not known.
        there: where it was when it had last got further by a step.
        furthest: how far it has got from there, in its own sizes.
        steps: in how many steps.
        places: at how many places it was seen so far.
        moves: it has covered ground.
        taken_for: by class, the sum of its scores over all looks.
    """

    came: NormBox | None = None
    there: NormBox | None = None
    furthest: float = 0.0
    steps: int = 0
    places: int = 0
    moves: bool = False
    taken_for: dict[str, float] = field(default_factory=dict)

    def go(self, box: NormBox) -> None:
        """It is here now; a box without area is nowhere."""
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
        """Where it came from is not known any more."""
        self.came, self.there, self.furthest, self.steps = None, None, 0.0, 0

    def restart(self, camera: str) -> None:
        """The process began anew: only a camera that stands shows the same picture as before."""
        if camera != "cctv":
            self.lose()

    def take_for(self, names: NDArray[np.str_], scores: NDArray[np.floating]) -> None:
        """A look shows it as these classes, so surely; of one class, the surest counts."""
        for name in sorted(set(names.tolist())):
            best = float(scores[names == name].max())
            self.taken_for[name] = round(self.taken_for.get(name, 0.0) + best, 4)

    def is_steadily(self, name: str) -> bool:
        """Whether two thirds of what it was taken for, each look by its score, is this class."""
        return self.taken_for.get(name, 0.0) >= _STEADY * sum(self.taken_for.values())


def travelled(a: NormBox, b: NormBox) -> float:
    """How far a thing has got from box `a` to box `b`, in its own sizes.

    Across or down, what the side that moved less has moved by, over the mean of the two sizes; or,
    where none of the four sides stayed where it was, how often it has doubled or halved across and
    down: it came nearer or went away.
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
    """The courses of one camera's looks, in one picture, as long as there is one.

    A camera that stands shows one picture. A drone's looks say how they lie in a key picture
    (`Look.laid`). Carried by a car or a person, a camera passes by what stands close
    to it, and no plane lays that over another picture: there nothing is told to move.
    """

    def __init__(self, camera: str) -> None:
        self._camera = camera
        self._over: int | None = None
        self._matrix: Matrix | None = None
        self._coming: dict[int, tuple[datetime, Course]] = {}  # by track
        self._source_part: int | None = None

    @property
    def moving(self) -> bool:
        """Whether anything comes that may be judged; what stands is nothing."""
        return any(course.places > 1 for _, course in self._coming.values())

    @property
    def coming(self) -> dict[int, Course]:
        """Of what was not judged yet, by track."""
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
        """What goes this way is here in the look."""
        if self._camera == "cctv":
            course.go(box)
        elif self._matrix is not None:
            x1, y1, x2, y2 = moved(np.array([box]), self._matrix)[0].tolist()
            course.go((x1, y1, x2, y2))

    def come(
        self,
        at: datetime,
        boxes: Mapping[int, NormBox],
        judged: Collection[int],
        longest: timedelta,
    ) -> None:
        """Follow what may come to be judged, so that its way to there counts.

        Args:
            at: moment of the look.
            boxes: of all that it shows, by track.
            judged: tracks that have a course of their own by now.
            longest: what was not seen for so long does not come.
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
        """The course of a track since it came into the picture; from now on the caller's."""
        known = self._coming.pop(track, None)
        return known[1] if known is not None else Course()
