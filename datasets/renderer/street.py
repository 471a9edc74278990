"""A street: carriageway along y, kerbs, pavements, and rows of buildings on both sides."""

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np

from datasets.renderer.backdrop import paint_ground, paint_plane, sky
from datasets.renderer.camera import Array, Camera
from datasets.renderer.facade import PPM, facade, hoarding
from datasets.renderer.light import Light
from datasets.renderer.mesh import Colour
from datasets.renderer.picture import Picture
from datasets.renderer.skyline import skyline
from datasets.renderer.textures import asphalt, earth, grass, mottle, tiles

PAVINGS: tuple[Colour, ...] = (
    (150, 155, 160), (120, 130, 150), (95, 110, 165), (165, 165, 160), (135, 150, 165),
    (110, 112, 118),
)  # fmt: skip


@dataclass(frozen=True)
class Block:
    """A building along the street.

    Attributes:
        side: -1 left, 1 right.
        start: Lowest y, metres.
        end: Highest y.
        height: Metres to the eaves.
        seed: Chooses its front.
        front: "building" or the "hoarding" of a construction site.
    """

    side: int
    start: float
    end: float
    height: float
    seed: int
    front: str = "building"


@dataclass(frozen=True)
class Street:
    """Everything that stands still in a street scene but has no mesh.

    Attributes:
        road: Carriageway width, metres, centred on x = 0.
        left: Left pavement width.
        right: Right pavement width.
        south: Lowest y that has ground.
        north: Highest y.
        lanes: Number of lanes.
        crossing: y of a zebra crossing, None for none.
        blocks: Buildings.
        verge: What lies where no building stands: "paving", "earth", "grass".
        dusty: 0 clean road, 1 dirt from trucks all over.
        seed: Chooses stains, tiles and colours.
        ppm: Ground texture pixels per metre.
        tactile: A yellow guide strip on the pavements.
        bays: y ranges of marked, permitted trading strips on the left pavement.
    """

    road: float = 9.0
    left: float = 5.0
    right: float = 4.0
    south: float = -8.0
    north: float = 62.0
    lanes: int = 2
    crossing: float | None = None
    blocks: tuple[Block, ...] = ()
    verge: str = "paving"
    dusty: float = 0.0
    seed: int = 0
    ppm: float = 26.0
    tactile: bool = True
    bays: tuple[tuple[float, float], ...] = field(default=())

    @property
    def edges(self) -> tuple[float, float, float, float]:
        """X of the left building line, left kerb, right kerb, right building line."""
        half = self.road / 2
        return -half - self.left, -half, half, half + self.right

    @property
    def origin(self) -> tuple[float, float]:
        """World (x, y) of the ground texture's top-left corner."""
        return self.edges[0] - 12.0, self.north

    def ground(self, light: Light) -> Array:
        """The ground from above, +y up, sunlight shadows of the buildings included."""
        picture = surface(self).copy()
        if light.shadow > 0.3:
            self._building_shade(picture, light)
        return picture

    def bare_ground(self) -> Array:
        """The ground from above without shadows."""
        rng = np.random.default_rng(self.seed)
        height = int((self.north - self.south) * self.ppm)
        width = int((self.edges[3] + 12.0 - self.origin[0]) * self.ppm)
        beyond = {"earth": earth, "grass": grass}.get(self.verge)
        picture = (
            beyond(rng, height, width)
            if beyond
            else tiles(rng, height, width, (128, 132, 136), (20, 20))
        )
        self._pave(picture, rng)
        self._carriageway(picture, rng)
        self._markings(picture, rng)
        self._wear(picture, rng)
        return picture

    def column(self, x: float) -> int:
        """Texture column of a world x."""
        return int((x - self.origin[0]) * self.ppm)

    def row(self, y: float) -> int:
        """Texture row of a world y."""
        return int((self.north - y) * self.ppm)

    def _pave(self, picture: Array, rng: np.random.Generator) -> None:
        a, b, c, d = (self.column(x) for x in self.edges)
        colour = PAVINGS[int(rng.integers(len(PAVINGS)))]
        size = float(rng.choice([0.2, 0.3, 0.4, 0.6]))
        tile = (int(size * self.ppm), int(size * self.ppm * float(rng.choice([1, 1, 2]))))
        for x0, x1 in ((a, b), (c, d)):
            if x1 > x0:
                picture[:, x0:x1] = tiles(rng, picture.shape[0], x1 - x0, colour, tile)
                if self.tactile and x1 - x0 > 3 * self.ppm:
                    middle = (x0 + x1) // 2
                    strip = tiles(
                        rng,
                        picture.shape[0],
                        int(0.5 * self.ppm),
                        (70, 165, 195),
                        (int(0.3 * self.ppm),) * 2,
                    )
                    picture[:, middle : middle + strip.shape[1]] = strip

    def _carriageway(self, picture: Array, rng: np.random.Generator) -> None:
        b, c = self.column(self.edges[1]), self.column(self.edges[2])
        surface = asphalt(rng, picture.shape[0], c - b, float(rng.uniform(74, 122)))
        lane = (c - b) / self.lanes
        x = np.arange(c - b, dtype=np.float32)
        tracks = 1 - 0.06 * np.abs(np.cos(2 * np.pi * x / lane)) ** 6
        picture[:, b:c] = (surface * tracks[None, :, None]).astype(np.uint8)
        kerb = max(2, int(0.22 * self.ppm))
        for x0 in (b - kerb, c):
            picture[:, x0 : x0 + kerb] = mottle(
                np.full((picture.shape[0], kerb, 3), (172, 175, 176), np.uint8), rng, 12, 6
            )
            picture[:: int(self.ppm), x0 : x0 + kerb] = 110
        picture[:, b : b + 3] = (picture[:, b : b + 3] * 0.6).astype(np.uint8)
        picture[:, c - 3 : c] = (picture[:, c - 3 : c] * 0.6).astype(np.uint8)

    def _markings(self, picture: Array, rng: np.random.Generator) -> None:
        b, c = self.edges[1], self.edges[2]
        width = max(2, int(0.15 * self.ppm))
        worn = picture.copy()
        for k in range(1, self.lanes):
            at = self.column(b + (c - b) * k / self.lanes)
            middle = 2 * k == self.lanes
            colour = (60, 185, 225) if middle else (225, 226, 226)
            for y in np.arange(self.south, self.north, 6.0):
                length = 6.0 if middle and self.lanes > 2 else 3.0
                cv2.rectangle(
                    worn, (at, self.row(y + length)), (at + width, self.row(y)), colour, -1
                )
        for x in (b + 0.35, c - 0.35):
            cv2.rectangle(
                worn,
                (self.column(x), 0),
                (self.column(x) + width, picture.shape[0]),
                (218, 220, 220),
                -1,
            )
        if self.crossing is not None:
            for x in np.arange(b + 0.5, c - 0.5, 0.9):
                corner = (self.column(x), self.row(self.crossing + 3.2))
                cv2.rectangle(
                    worn,
                    corner,
                    (self.column(x + 0.45), self.row(self.crossing)),
                    (228, 229, 229),
                    -1,
                )
        for start, end in self.bays:
            self._bay(worn, start, end)
        keep = float(rng.uniform(0.6, 0.92))
        cv2.addWeighted(worn, keep, picture, 1 - keep, 0, dst=picture)

    def _bay(self, picture: Array, start: float, end: float) -> None:
        x0, x1 = self.column(self.edges[0] + 0.4), self.column(self.edges[1] - 0.6)
        cv2.rectangle(
            picture,
            (x0, self.row(end)),
            (x1, self.row(start)),
            (60, 205, 240),
            max(2, int(0.1 * self.ppm)),
        )
        for y in np.arange(start, end - 0.1, 2.5):
            cv2.line(
                picture,
                (x0, self.row(y)),
                (x1, self.row(y)),
                (60, 205, 240),
                max(1, int(0.06 * self.ppm)),
            )

    def _wear(self, picture: Array, rng: np.random.Generator) -> None:
        b, c = self.column(self.edges[1]), self.column(self.edges[2])
        for _ in range(int(rng.integers(2, 6))):
            x, y = int(rng.integers(b, c)), int(rng.integers(0, picture.shape[0]))
            size = (int(rng.uniform(0.6, 1.6) * self.ppm), int(rng.uniform(1, 5) * self.ppm))
            patch = picture[y : y + size[1], x : min(c, x + size[0])]
            patch[:] = (patch * float(rng.uniform(0.8, 1.12))).clip(0, 255).astype(np.uint8)
        for _ in range(int(rng.integers(1, 5))):
            at = (int(rng.integers(b, c)), int(rng.integers(0, picture.shape[0])))
            cv2.circle(picture, at, int(0.35 * self.ppm), (62, 62, 64), -1)
            cv2.circle(picture, at, int(0.35 * self.ppm), (105, 106, 108), 1)
        if self.dusty:
            cover = (mottle(np.full_like(picture[:, :, :1], 128), rng, 120, 20)[:, :, 0] / 255.0)[
                :, :, None
            ]
            share = np.clip(cover * 1.4 - 0.35, 0, 1) * self.dusty
            picture[:] = (picture * (1 - share) + np.array((98, 128, 152)) * share).astype(np.uint8)

    def _building_shade(self, picture: Array, light: Light) -> None:
        mask = np.zeros(picture.shape[:2], np.uint8)
        sun = light.towards
        for block in self.blocks:
            wall = self.edges[0] if block.side < 0 else self.edges[3]
            back = wall + block.side * 10
            shift = -sun[:2] / sun[2] * block.height
            corners = np.array([(x, y) for x in (wall, back) for y in (block.start, block.end)])
            hull = np.concatenate((corners, corners + shift))
            points = np.array([(self.column(x), self.row(y)) for x, y in hull], np.int32)
            cv2.fillConvexPoly(mask, cv2.convexHull(points), 255)
        soft = cv2.blur(mask, (7, 7))[:, :, None].astype(np.float32) / 255
        picture[:] = (picture * (1 - soft * (1 - light.shadow_gain.astype(np.float32)))).astype(
            np.uint8
        )

    def paint(self, camera: Camera, light: Light) -> Picture:
        """Sky, ground and building fronts as one camera sees them."""
        rng = np.random.default_rng(self.seed + 1)
        picture = sky(camera, light, rng)
        skyline(picture, camera, rng)
        paint_ground(picture, camera, self.ground(light), self.origin, self.ppm, light)
        away = sorted(
            self.blocks,
            key=lambda b: -min(abs(b.start - camera.position[1]), abs(b.end - camera.position[1])),
        )
        for block in away:
            self._front(picture, camera, light, block)
        return picture

    def _front(self, picture: Picture, camera: Camera, light: Light, block: Block) -> None:
        draw = hoarding if block.front == "hoarding" else facade
        texture, glow = draw(block.seed, block.end - block.start, block.height)
        wall = self.edges[0] if block.side < 0 else self.edges[3]
        normal = np.array([[-block.side, 0.0, 0.0]])
        gain = light.shade(normal)[0]
        along = np.array((0.0, 1.0 if block.side < 0 else -1.0, 0.0))
        start = block.start if block.side < 0 else block.end
        night_glow = glow if light.night > 0 else None
        self._flanks(picture, camera, light, block, texture)
        origin = np.array((wall, start, block.height))
        paint_plane(
            picture, camera, texture, origin, along, np.array((0, 0, -1.0)), PPM, gain, night_glow
        )

    def _flanks(
        self, picture: Picture, camera: Camera, light: Light, block: Block, texture: Array
    ) -> None:
        """The gable wall that faces the camera."""
        wall = self.edges[0] if block.side < 0 else self.edges[3]
        y = block.start if camera.position[1] < block.start else block.end
        if block.start <= camera.position[1] <= block.end or block.front == "hoarding":
            return
        facing = -1.0 if y == block.start else 1.0
        gain = light.shade(np.array([[0.0, facing, 0.0]]))[0]
        plain = cv2.resize(texture[4 : int(PPM), 4 : int(PPM)], (int(10 * PPM), texture.shape[0]))
        x = wall - 10 if block.side < 0 else wall
        origin = np.array((x, y, block.height))
        paint_plane(
            picture, camera, plain, origin, np.array((1.0, 0, 0)), np.array((0, 0, -1.0)), PPM, gain
        )


@lru_cache(maxsize=2)
def surface(street: Street) -> Array:
    """`Street.bare_ground`, kept for the next picture of the same street; do not write to it."""
    return street.bare_ground()
