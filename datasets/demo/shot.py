"""What every demo scene is made with: its frame, zones on the ground, walkers and traffic."""

from dataclasses import dataclass

import numpy as np

from datasets.renderer.camera import Camera
from datasets.renderer.motion import Path, Walker
from datasets.renderer.people import Person
from datasets.renderer.scene import Actor
from datasets.renderer.vehicles import car_mesh
from datasets.renderer.video import Filmable

Ring = list[list[float]]


@dataclass(frozen=True)
class Shot:
    """A scene ready to film.

    Attributes:
        scene: What to film.
        zones: Zone name to polygon, normalised to the frame.
    """

    scene: Filmable
    zones: dict[str, Ring]


def ground_zone(camera: Camera, corners: list[tuple[float, float]]) -> Ring:
    """Ground corners (x, y metres) as a polygon normalised to the frame, cut at its edges."""
    points = np.array([(x, y, 0.0) for x, y in corners])
    pixels, _ = camera.project(points)
    shares = (pixels - camera.margin) / (camera.width, camera.height)
    return [
        [round(float(np.clip(u, 0, 1)), 4), round(float(np.clip(v, 0, 1)), 4)] for u, v in shares
    ]


def walker(
    name: str, rng: np.random.Generator, path: Path, *, umbrella: bool = False, reach: float = 0.0
) -> Actor:
    """A person walking a path."""
    who = Walker(Person.random(rng, umbrella=umbrella), path, reach)
    return Actor(name, who.figure, who.pose)


def driver(name: str, rng: np.random.Generator, path: Path, style: str | None = None) -> Actor:
    """A car on a path."""
    mesh = car_mesh(rng, style)
    return Actor.moving(name, mesh, path.pose)
