"""Paths in time, and walking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from datasets.renderer.mesh import Mesh
from datasets.renderer.people import PHASES, Person, person_mesh
from datasets.renderer.raster import Pose

Key = tuple[float, float, float]
STRIDE = 1.45
STILL_SPEED = 0.05


@dataclass(frozen=True)
class Path:
    """A way through a scene, straight between keys.

    Attributes:
        keys: (seconds, x, y) in order of time.
        facing: Heading in degrees while standing; None keeps the last one walked.
        turn: Added to the heading of travel, degrees (a cart pushed sideways).
    """

    keys: tuple[Key, ...]
    facing: float | None = None
    turn: float = 0.0

    @classmethod
    def of(cls, *keys: Key, facing: float | None = None, turn: float = 0.0) -> "Path":
        """A path through keys."""
        return cls(tuple(keys), facing, turn)

    @classmethod
    def at_speed(cls, start: float, speed: float, *points: tuple[float, float]) -> "Path":
        """A path through points at an even speed, metres per second."""
        keys, t = [(start, *points[0])], start
        for a, b in pairwise(points):
            t += float(np.hypot(b[0] - a[0], b[1] - a[1])) / speed
            keys.append((t, *b))
        return cls(tuple(keys))

    def _leg(self, t: float) -> int | None:
        if not self.keys[0][0] <= t < self.keys[-1][0]:
            return None
        times = [key[0] for key in self.keys]
        return int(np.searchsorted(times, t, side="right")) - 1

    def pose(self, t: float) -> Pose | None:
        """Where at a time; None before the first and after the last key."""
        leg = self._leg(t)
        if leg is None:
            return None
        (t0, x0, y0), (t1, x1, y1) = self.keys[leg], self.keys[leg + 1]
        share = (t - t0) / (t1 - t0)
        x, y = x0 + share * (x1 - x0), y0 + share * (y1 - y0)
        return Pose(round(x, 4), round(y, 4), 0.0, self._heading(leg))

    def _heading(self, leg: int) -> float:
        for k in range(leg, -1, -1):
            (_, x0, y0), (_, x1, y1) = self.keys[k], self.keys[k + 1]
            if self.speed(k) > STILL_SPEED:
                return round(float(np.degrees(np.arctan2(y1 - y0, x1 - x0))) + self.turn, 3)
            if self.facing is not None:
                return self.facing
        return self.facing or 0.0

    def speed(self, leg: int) -> float:
        """Metres per second between key `leg` and the next."""
        (t0, x0, y0), (t1, x1, y1) = self.keys[leg], self.keys[leg + 1]
        return float(np.hypot(x1 - x0, y1 - y0)) / max(t1 - t0, 1e-6)

    def walked(self, t: float) -> float | None:
        """Metres walked so far, None while standing or away."""
        leg = self._leg(t)
        if leg is None or self.speed(leg) <= STILL_SPEED:
            return None
        return (t - self.keys[leg][0]) * self.speed(leg)


@dataclass
class Walker:
    """A person on a path: `figure` swings its legs as it walks, `pose` moves it.

    Attributes:
        person: Looks.
        path: Where when.
        reach: Radians by which the forearms are raised.
    """

    person: Person
    path: Path
    reach: float = 0.0
    _meshes: dict[int, Mesh] = field(default_factory=dict, repr=False)

    def figure(self, t: float) -> Mesh:
        """The mesh at a time."""
        walked = self.path.walked(t)
        phase = -1 if walked is None else int(walked / STRIDE * PHASES) % PHASES
        if phase not in self._meshes:
            cycle = None if phase < 0 else phase / PHASES
            self._meshes[phase] = person_mesh(self.person, cycle, reach=self.reach)
        return self._meshes[phase]

    def pose(self, t: float) -> Pose | None:
        """The pose at a time."""
        return self.path.pose(t)


def staged(stages: Sequence[tuple[float, Mesh]]) -> Callable[[float], Mesh]:
    """A figure that changes its mesh: (from second, mesh) in order of time."""

    def figure(t: float) -> Mesh:
        return [mesh for start, mesh in stages if t >= start or start == stages[0][0]][-1]

    return figure


def beside(path: Path, ahead: float, left: float) -> Callable[[float], Pose | None]:
    """A pose that keeps a place relative to something on a path, metres."""

    def pose(t: float) -> Pose | None:
        lead = path.pose(t)
        if lead is None:
            return None
        c, s = np.cos(np.radians(lead.heading)), np.sin(np.radians(lead.heading))
        x, y = lead.x + ahead * c - left * s, lead.y + ahead * s + left * c
        return Pose(round(float(x), 4), round(float(y), 4), 0.0, lead.heading)

    return pose
