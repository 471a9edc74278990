"""Stage: a place that scenarios are played at, and the light and weather over it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from datasets.demo.shot import Ring, ground_zone
from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light, dusk, night, overcast_day
from datasets.renderer.scene import Actor, Backdrop
from datasets.renderer.weather import Weather

Point = tuple[float, float, float]
Corners = tuple[tuple[float, float], ...]
"""Points (x, y) of the ground, metres."""
NOMINAL = (960, 540)
"""Frame (width, height) in pixels that scenarios are drawn at."""
LON, LAT = 113.38, 31.71
METRES_PER_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6371 km; a stage is too small for the difference to matter."""
MARGIN_SHARE = 0.0125
"""How far a picture may shake to each side, as a share of its width."""


@dataclass(frozen=True)
class Condition:
    """Light and weather.

    Attributes:
        name: Short, for captions.
        light: Sun and sky.
        weather: Air and sensor.
    """

    name: str
    light: Light
    weather: Weather

    @property
    def lit(self) -> bool:
        """Whether lamps are on."""
        return self.light.night > 0.3


DAY = Condition("day", Light(75, 52), Weather(haze=0.12, noise=1.6, blur=0.5))
AFTERNOON = Condition(
    "afternoon",
    Light(225, 38, sun=(0.42, 0.5, 0.58), sky=(0.64, 0.61, 0.6), exposure=0.95),
    Weather(haze=0.1, noise=1.8, blur=0.5),
)
OVERCAST = Condition("overcast", overcast_day(), Weather(haze=0.15, noise=2.0, blur=0.5))
RAIN = Condition("rain", overcast_day(), Weather(rain=0.6, haze=0.25, noise=2.5, blur=0.6))
DUSK = Condition("dusk", dusk(), Weather(haze=0.1, noise=4.0, blur=0.5))
NIGHT = Condition("night", night(), Weather(haze=0.05, noise=5.0, blur=0.5))


@dataclass(frozen=True)
class Stage:
    """A place as one camera sees it. Hashable, so that its empty picture is painted once.

    Attributes:
        name: Unique.
        eye: Where the lens is, metres; see `datasets.renderer.camera`.
        target: What is in the middle of the picture, metres.
        fov: Horizontal field of view, degrees.
        backdrop: Ground and buildings.
        furniture: Makes what always stands there, given whether lamps are lit.
        zones: (name, corners on the ground in metres).
        lamps: Ground (x, y) of lamps.
    """

    name: str
    eye: Point
    target: Point
    fov: float
    backdrop: Backdrop
    furniture: Callable[[bool], list[Actor]]
    zones: tuple[tuple[str, Corners], ...]
    lamps: tuple[tuple[float, float], ...] = field(default=())

    def camera(self, size: tuple[int, int] = NOMINAL) -> Camera:
        """The camera for pictures of (width, height) pixels, with room to shake."""
        aimed = Camera.looking_at(self.eye, self.target, self.fov, *size)
        return replace(aimed, margin=round(size[0] * MARGIN_SHARE))

    def polygon(self, zone: str) -> Ring:
        """A zone as fractions of the picture."""
        return self.ring(dict(self.zones)[zone])

    def ring(self, corners: Corners) -> Ring:
        """A polygon on the ground as fractions of the picture."""
        return ground_zone(self.camera(), list(corners))

    def ground(self, spots: Corners) -> tuple[tuple[float, ...], ...]:
        """(u, v, lon, lat) of points of the ground that the camera sees."""
        return tuple((*uv, *degrees(*at)) for uv, at in zip(self.ring(spots), spots, strict=True))

    def laid_over(self, other: "Stage") -> list[list[float]]:
        """3x3, from fractions of this picture to the other's, of what lies on level ground."""
        rows: list[list[float]] = (_to_picture(other) @ np.linalg.inv(_to_picture(self))).tolist()
        return rows

    def seen_from(self, name: str, eye: Point, target: Point, fov: float) -> "Stage":
        """The same place as another camera sees it."""
        return replace(self, name=name, eye=eye, target=target, fov=fov)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point of the ground, WGS 84."""
    east = METRES_PER_DEGREE * 0.85074  # cosine of the latitude
    return round(LON + x / east, 8), round(LAT + y / METRES_PER_DEGREE, 8)


def _to_picture(stage: Stage) -> Array:
    """3x3, from (x, y, 1) of the ground, metres, to fractions of the picture."""
    camera, (x, y, _) = stage.camera(), stage.target
    spots = [(x + east, y + north) for east in (-1.0, 1.0) for north in (-1.0, 1.0)]
    pixels, _ = camera.project(np.array([(*spot, 0.0) for spot in spots]))
    seen = (pixels - camera.margin) / (camera.width, camera.height)
    rows = []
    for (e, n), (u, v) in zip(spots, seen, strict=True):
        rows += [(e, n, 1, 0, 0, 0, -u * e, -u * n), (0, 0, 0, e, n, 1, -v * e, -v * n)]
    solved = np.linalg.solve(np.array(rows, np.float64), seen.ravel())
    return np.append(solved, 1.0).reshape(3, 3)
