"""Ground: where on level ground a picture's pixels lie, in metres of one plane for both flights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely import Polygon

from vision.compare.appearance import Box
from vision.compare.laying import Matrix
from vision.geo.drone_pose import DronePose
from vision.geo.errors import NoGround, PlaceError
from vision.geo.plane import LocalPlane
from vision.geo.position import Position

_CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A picture on the ground. A camera without distortion sees a plane by a homography.

    Attributes:
        pose: of the drone that took it.
        plane: whose metres are meant.
        matrix: 3×3, from pixels (x, y, 1) of the picture to metres east and north.
        width, height: of the picture, pixels.
    """

    pose: DronePose
    plane: LocalPlane
    matrix: Matrix
    width: int
    height: int

    @classmethod
    def of(
        cls, pose: DronePose | None, plane: LocalPlane | None, width: int, height: int
    ) -> Ground | None:
        """The ground that a picture of this many pixels shows; None if its horizon is in view."""
        if pose is None or plane is None:
            return None
        try:
            places = [pose.position(u, v) for u, v in _CORNERS]
        except (NoGround, PlaceError):
            return None
        metres = np.array([plane.metres(p.lon, p.lat) for p in places], np.float32)
        pixels = np.array([(u * width, v * height) for u, v in _CORNERS], np.float32)
        matrix = np.asarray(cv2.getPerspectiveTransform(pixels, metres), np.float64)
        return cls(pose, plane, matrix, width, height)

    @property
    def footprint(self) -> Polygon:
        """What the picture shows, in metres of the plane."""
        return Polygon(self.metres([(u * self.width, v * self.height) for u, v in _CORNERS]))

    def metres(self, points: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
        """Pixels as metres east and north: N×2."""
        put = cv2.perspectiveTransform(np.array([list(points)], np.float64), self.matrix)
        return np.asarray(put[0], np.float64)

    def pixels(self, metres: NDArray[np.float64]) -> NDArray[np.float64]:
        """Metres east and north as pixels: N×2."""
        put = cv2.perspectiveTransform(metres[None], np.linalg.inv(self.matrix))
        return np.asarray(put[0], np.float64)

    def position(self, x: float, y: float) -> Position | None:
        """The place of a pixel, with its error."""
        try:
            return self.pose.position(x / self.width, y / self.height)
        except (NoGround, PlaceError):
            return None

    def size(self, box: Box, off: float) -> tuple[float, float]:
        """Square metres of a box, and by how many that may be wrong (95 %).

        The area scales with the square of the height, whose deviation is the pose's; each edge of
        the box may miss by `off` pixels (95 %).
        """
        x1, y1, x2, y2 = box
        corners = self.metres([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])
        area = float(Polygon(corners).area)
        wide, high = (float(np.linalg.norm(corners[n] - corners[n + 1])) for n in (0, 1))
        edge = off / 2 * wide / max(1e-9, x2 - x1)
        sd = self.pose.deviations
        height = hypot(sd.altitude_m, sd.terrain_m) / (self.pose.altitude_m - self.pose.terrain_m)
        return area, 1.96 * hypot(2 * height * area, edge * (2 * (wide**2 + high**2)) ** 0.5)


def plane_of(poses: Iterable[DronePose | None]) -> LocalPlane | None:
    """One plane for all pictures; None where no picture has a pose."""
    first = next((pose for pose in poses if pose is not None), None)
    return None if first is None else LocalPlane(first.lon, first.lat)


def between(before: Ground | None, after: Ground | None) -> Matrix | None:
    """3×3, from pixels of the earlier picture to the later one's, as the poses have it."""
    if before is None or after is None:
        return None
    matrix: Matrix = np.linalg.inv(after.matrix) @ before.matrix
    matrix /= matrix[2, 2]
    return matrix
