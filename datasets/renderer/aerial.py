"""The ground of a block from above: roads, yards, lawns."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from datasets.renderer.backdrop import paint_ground, sky
from datasets.renderer.camera import Array, Camera
from datasets.renderer.light import Light
from datasets.renderer.picture import Picture
from datasets.renderer.textures import asphalt, earth, grass, patch, tiles

GROUNDS = ("paving", "earth", "grass", "concrete", "mixed")


@dataclass(frozen=True)
class Ground:
    """A square of city around (0, 0).

    Attributes:
        reach: Half the side, metres.
        roads: (vertical?, centre, width) of each road, metres.
        base: What lies between roads, one of `GROUNDS`.
        seed: Chooses every detail.
        ppm: Texture pixels per metre.
        parking: (x, y, columns, along x?) of parking rows.
    """

    reach: float = 70.0
    roads: tuple[tuple[bool, float, float], ...] = ((False, -18.0, 8.0),)
    base: str = "mixed"
    seed: int = 0
    ppm: float = 12.0
    parking: tuple[tuple[float, float, int], ...] = ()

    def pixel(self, x: float, y: float) -> tuple[int, int]:
        """Texture (column, row) of a world point."""
        return int((x + self.reach) * self.ppm), int((self.reach - y) * self.ppm)

    def texture(self) -> Array:
        """The ground seen from above, +y up."""
        rng = np.random.default_rng(self.seed)
        size = int(2 * self.reach * self.ppm)
        picture = self._base(rng, size)
        for vertical, centre, width in self.roads:
            self._road(picture, rng, vertical, centre, width)
        for x, y, columns in self.parking:
            self._parking(picture, x, y, columns)
        return picture

    def _base(self, rng: np.random.Generator, size: int) -> Array:
        paved = tiles(rng, size, size, (142, 148, 152), (int(self.ppm * 0.8),) * 2, 0.9, 5)
        if self.base == "paving":
            return paved
        if self.base == "concrete":
            return tiles(rng, size, size, (150, 156, 158), (int(self.ppm * 4),) * 2, 0.85, 7)
        soil, lawn = earth(rng, size, size), grass(rng, size, size)
        if self.base == "earth":
            return soil
        if self.base == "grass":
            return lawn
        field = cv2.resize(patch(rng, 256, 256), (size, size), interpolation=cv2.INTER_LINEAR)
        out = tiles(rng, size, size, (146, 150, 152), (int(self.ppm * 3),) * 2, 0.86, 6)
        out[field > 0.22] = lawn[field > 0.22]
        out[field < -0.28] = soil[field < -0.28]
        return out

    def _road(
        self, picture: Array, rng: np.random.Generator, vertical: bool, centre: float, width: float
    ) -> None:
        view = picture if vertical else picture.swapaxes(0, 1)
        if vertical:
            a, b = self.pixel(centre - width / 2, 0)[0], self.pixel(centre + width / 2, 0)[0]
        else:
            a, b = self.pixel(0, centre + width / 2)[1], self.pixel(0, centre - width / 2)[1]
        walk = int(2.5 * self.ppm)
        n = picture.shape[0]
        side = tiles(rng, n, b - a + 2 * walk, (148, 156, 166), (int(self.ppm * 0.5),) * 2, 0.88, 7)
        view[:, a - walk : b + walk] = side
        view[:, a:b] = asphalt(rng, n, b - a, float(rng.uniform(84, 120)))
        edge = max(1, int(0.2 * self.ppm))
        for x in (a - edge, b):
            view[:, x : x + edge] = (185, 188, 188)
        mark = max(1, int(0.16 * self.ppm))
        middle = (a + b) // 2
        for y in range(0, n, int(6 * self.ppm)):
            view[y : y + int(3 * self.ppm), middle : middle + mark] = (215, 220, 222)
        for x in (a + int(0.4 * self.ppm), b - int(0.4 * self.ppm) - mark):
            view[:, x : x + mark] = (205, 208, 208)

    def _parking(self, picture: Array, x: float, y: float, columns: int) -> None:
        for k in range(columns + 1):
            start, end = self.pixel(x + 2.6 * k, y), self.pixel(x + 2.6 * k, y + 5.2)
            cv2.line(picture, start, end, (220, 222, 222), max(1, int(0.12 * self.ppm)))

    def paint(self, camera: Camera, light: Light) -> Picture:
        """The ground as one camera sees it."""
        picture = sky(camera, light, np.random.default_rng(self.seed + 1))
        origin = (-self.reach, self.reach)
        paint_ground(picture, camera, surface(self), origin, self.ppm, light)
        return picture


@lru_cache(maxsize=2)
def surface(ground: Ground) -> Array:
    """`Ground.texture`, kept for the next picture of the same ground; do not write to it."""
    return ground.texture()
