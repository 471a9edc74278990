"""A pinhole camera above a flat street."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Camera:
    """A pinhole camera.

    World frame: x right, y forward, z up, metres, street surface at z = 0. Angles are degrees.

    Attributes:
        position: Where the lens is, (x, y, z) in metres.
        yaw: Heading, 0 looks along +y, positive turns towards +x.
        pitch: Down tilt, 0 is level, 90 looks straight down.
        roll: Turn about the optical axis.
        fov: Horizontal field of view of the nominal picture.
        width: Picture width in pixels.
        height: Picture height in pixels.
        margin: Extra pixels rendered on each side beyond `width` x `height`, for camera shake.
    """

    position: tuple[float, float, float]
    yaw: float
    pitch: float
    fov: float
    width: int
    height: int
    roll: float = 0.0
    margin: int = 0

    @classmethod
    def looking_at(  # noqa: PLR0917
        cls,
        position: tuple[float, float, float],
        target: tuple[float, float, float],
        fov: float,
        width: int,
        height: int,
        roll: float = 0.0,
    ) -> "Camera":
        """Aim a camera at `position` so that `target` is in the middle of the picture."""
        d = np.subtract(target, position)
        yaw = float(np.degrees(np.arctan2(d[0], d[1])))
        pitch = float(np.degrees(np.arctan2(-d[2], np.hypot(d[0], d[1]))))
        return cls(position, yaw, pitch, fov, width, height, roll)

    @property
    def size(self) -> tuple[int, int]:
        """Rendered (width, height) in pixels, margins included."""
        return self.width + 2 * self.margin, self.height + 2 * self.margin

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return self.width / 2 / float(np.tan(np.radians(self.fov / 2)))

    @cached_property
    def axes(self) -> Array:
        """3x3 rows: picture right, picture down, optical axis, in world coordinates."""
        yaw, pitch, roll = np.radians((self.yaw, self.pitch, self.roll))
        forward = np.array(
            (np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), -np.sin(pitch))
        )
        right = np.array((np.cos(yaw), -np.sin(yaw), 0.0))
        up = np.cross(right, forward)
        turned_right = np.cos(roll) * right + np.sin(roll) * up
        turned_up = np.cos(roll) * up - np.sin(roll) * right
        return np.stack((turned_right, -turned_up, forward))

    @cached_property
    def centre(self) -> Array:
        """Principal point in rendered pixels."""
        width, height = self.size
        return np.array((width / 2, height / 2))

    def project(self, points: Array) -> tuple[Array, Array]:
        """Project world points.

        Args:
            points: N x 3 metres.

        Returns:
            N x 2 pixels and N depths along the optical axis in metres; a pixel means nothing
            where the depth is not positive.
        """
        local = (points - np.asarray(self.position)) @ self.axes.T
        depth = local[:, 2]
        safe = np.where(depth > 0.05, depth, 0.05)
        return self.centre + self.focal * local[:, :2] / safe[:, None], depth

    def plane_homography(self, origin: Array, along: Array, across: Array) -> Array:
        """3x3 map from (u, v) metres on the plane origin + u*along + v*across to pixels.

        Hartley and Zisserman, Multiple View Geometry, 2nd ed., section 8.1.
        """
        offset = np.asarray(origin, float) - np.asarray(self.position)
        basis = np.stack((np.asarray(along, float), np.asarray(across, float), offset), axis=1)
        intrinsic = np.array(
            ((self.focal, 0, self.centre[0]), (0, self.focal, self.centre[1]), (0, 0, 1))
        )
        return np.asarray(intrinsic @ self.axes @ basis)

    def ground_at(self, u: float, v: float) -> tuple[float, float] | None:
        """World (x, y) of the ground seen at a rendered pixel, None above the horizon."""
        ray = self.axes.T @ np.array(
            ((u - self.centre[0]) / self.focal, (v - self.centre[1]) / self.focal, 1.0)
        )
        if ray[2] > -1e-3:
            return None
        reach = -self.position[2] / ray[2]
        return float(self.position[0] + ray[0] * reach), float(self.position[1] + ray[1] * reach)

    def ground_grid(self, step: int) -> tuple[Array, Array, Array]:
        """World x, y and distance (metres) seen by every `step`-th pixel; inf above the horizon."""
        width, height = self.size
        u, v = np.meshgrid(
            np.arange(0, width, step) + step / 2, np.arange(0, height, step) + step / 2
        )
        rays = np.stack(
            ((u - self.centre[0]) / self.focal, (v - self.centre[1]) / self.focal, np.ones_like(u)),
            axis=-1,
        )
        world = rays @ self.axes
        falling = world[..., 2] < -1e-4
        reach = np.where(falling, -self.position[2] / np.where(falling, world[..., 2], -1), np.inf)
        bounded = np.minimum(reach, 1e4)
        return (
            self.position[0] + world[..., 0] * bounded,
            self.position[1] + world[..., 1] * bounded,
            reach * np.linalg.norm(rays, axis=-1),
        )
