"""Places props by chance where a camera sees them."""

from dataclasses import dataclass, field

import numpy as np

from datasets.renderer import props
from datasets.renderer.camera import Camera
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor

Rect = tuple[float, float, float, float]


@dataclass
class Plot:
    """Places props where a camera sees them, without overlap on the ground."""

    camera: Camera
    rng: np.random.Generator
    rain: bool = False
    lamps: bool = False
    actors: list[Actor] = field(default_factory=list)
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    def spot(
        self, rects: list[Rect], radius: float, reach: float = 70.0
    ) -> tuple[float, float] | None:
        """A free ground point in view, drawn evenly over the picture, inside one of `rects`."""
        width, height = self.camera.size
        for _ in range(24):
            u, v = self.rng.uniform(0.02, 0.98) * width, self.rng.uniform(0.0, 1.02) * height
            point = self.camera.ground_at(float(u), float(v))
            if point is None:
                continue
            x, y = point
            away = np.hypot(x - self.camera.position[0], y - self.camera.position[1])
            if away > reach or (away < 1.1 * radius + 1.3 and self.camera.position[2] < 10):
                continue
            if not any(a <= x <= c and b <= y <= d for a, b, c, d in rects):
                continue
            if self.free(x, y, radius):
                return x, y
        return None

    def free(self, x: float, y: float, radius: float) -> bool:
        """Whether nothing stands within `radius` of a point."""
        return all(
            (x - a) ** 2 + (y - b) ** 2 > (0.8 * (radius + r)) ** 2 for a, b, r in self.taken
        )

    def put(
        self, kind: str, x: float, y: float, heading: float, prop: props.Prop | None = None
    ) -> None:
        """Place a prop."""
        made = prop or props.draw(kind, self.rng, rain=self.rain, lamps=self.lamps)
        self.taken.append((x, y, made.radius))
        name = f"{kind}-{len(self.actors)}"
        pose = Pose(x, y, 0.0, heading)
        self.actors.append(Actor.standing(name, made.mesh, pose, load=made.load, dirt=made.dirt))

    def scatter(
        self, kind: str, count: int, rects: list[Rect], headings: tuple[float, ...], jitter: float
    ) -> None:
        """Place up to `count` props of a kind."""
        for _ in range(count):
            prop = props.draw(kind, self.rng, rain=self.rain, lamps=self.lamps)
            spot = self.spot(rects, prop.radius)
            if spot is not None:
                turn = float(self.rng.choice(headings)) + float(self.rng.normal(0, jitter))
                self.put(kind, *spot, turn, prop)
                if kind == "stall":
                    self._vendor(spot, turn)

    def _vendor(self, spot: tuple[float, float], turn: float) -> None:
        if self.rng.random() < 0.8:
            angle = np.radians(turn + 90 + float(self.rng.normal(0, 30)))
            reach = float(self.rng.uniform(0.8, 1.1))
            self.put(
                "person",
                spot[0] + reach * np.cos(angle),
                spot[1] + reach * np.sin(angle),
                turn - 90,
            )
