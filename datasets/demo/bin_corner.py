"""bin-corner: one bin fills, overflows and is emptied; the one beside it stays as it should."""

import numpy as np

from datasets.demo.shot import Shot, driver, ground_zone, walker
from datasets.renderer.bins import bin_mesh, garbage_mesh
from datasets.renderer.camera import Camera
from datasets.renderer.cycles import bicycle_mesh, motorcycle_mesh
from datasets.renderer.light import overcast_day
from datasets.renderer.mesh import Mesh
from datasets.renderer.motion import Path, Walker, staged
from datasets.renderer.people import Person
from datasets.renderer.plants import bush_mesh, lamp_mesh, tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.street import Block, Street
from datasets.renderer.truth import Violation
from datasets.renderer.weather import Weather

ZONE = "bin station"
OPENS, OVERFLOWS, EMPTIED = 10.0, 25.0, 85.0
GREEN, BLUE = (70.0, 150.0, 50.0), (160.0, 85.0, 35.0)
SPOTS = ((-4.15, 7.0), (-4.15, 8.5))


def _bins() -> list[Actor]:
    x, y = SPOTS[0]
    full = bin_mesh(np.random.default_rng(4), "overflowing", GREEN)
    beside = garbage_mesh(np.random.default_rng(9), bags=5, spread=0.3)
    full.merge(beside, (0.15, -0.85, 0.0))
    states: tuple[tuple[float, Mesh], ...] = (
        (0.0, bin_mesh(np.random.default_rng(4), "closed", GREEN)),
        (OPENS, bin_mesh(np.random.default_rng(4), "open", GREEN)),
        (OVERFLOWS, full),
        (EMPTIED, bin_mesh(np.random.default_rng(4), "closed", GREEN)),
    )
    filling = Actor("bin-1", staged(states), lambda _: Pose(x, y, 0, -12.0))
    calm = Actor.standing(
        "bin-2", bin_mesh(np.random.default_rng(6), "closed", BLUE), Pose(*SPOTS[1], 0, -6.0)
    )
    return [filling, calm]


def _people(rng: np.random.Generator) -> list[Actor]:
    actors = []
    for k, (start, stay) in enumerate(((7.5, 4.0), (22.0, 4.5), (47.0, 3.0))):
        spot = (-3.0, 5.3)
        way = Path.of((start - 7, -1.8 + 0.6 * k, 18.0), (start, *spot), (start + stay, *spot),
                      (start + stay + 8, -2.2, -3.0), facing=170.0)  # fmt: skip
        actors.append(
            walker(f"resident-{k}", rng, way, umbrella=k != 1, reach=0.0 if k != 1 else 0.7)
        )
    cleaner = Person(
        1.7,
        (110, 145, 190),
        (40, 150, 235),
        (60, 62, 70),
        (30, 30, 32),
        hat=(40, 150, 235),
        vest=True,
    )
    way = Path.of(
        (74.0, -1.0, 17.0), (82.0, -3.0, 7.2), (90.0, -3.0, 7.2), (99.0, -1.5, -4.0), facing=180.0
    )
    worker = Walker(cleaner, way, reach=0.8)
    actors.append(Actor("cleaner", worker.figure, worker.pose))
    for k in range(13):
        start, x = float(rng.uniform(-10, 106)), float(rng.choice([-1.9, -2.6, -1.2]))
        ends = [(x, -4.0), (x, 30.0)]
        if rng.random() < 0.5:
            ends.reverse()
        way = Path.at_speed(start, float(rng.uniform(1.0, 1.4)), *ends)
        actors.append(walker(f"person-{k}", rng, way, umbrella=bool(rng.random() < 0.6)))
    return actors


def _traffic(rng: np.random.Generator) -> list[Actor]:
    actors = []
    for k, start in enumerate((3.0, 20.0, 41.0, 58.0, 76.0, 95.0)):
        ends = [(2.0, 60.0), (2.0, -9.0)] if k % 2 else [(6.0, -9.0), (6.0, 60.0)]
        actors.append(driver(f"car-{k}", rng, Path.at_speed(start, 7.0, *ends)))
    for k, start in enumerate((14.0, 66.0)):
        mesh = (motorcycle_mesh, bicycle_mesh)[k](rng, Person.random(rng))
        actors.append(
            Actor.moving(
                f"rider-{k}",
                mesh,
                Path.at_speed(start, 4.0, (0.7, 40.0), (0.7, -6.0)).pose,
            )
        )
    return actors


def bin_corner(width: int, height: int) -> Shot:
    """The scene and its zone.

    Args:
        width: Frame width, pixels.
        height: Frame height, pixels.
    """
    rng = np.random.default_rng(77)
    # The street's axis lies right of the pavement that the bins stand on.
    blocks = tuple(
        Block(-1, y, y + 11.5, 13.6, 80 + k) for k, y in enumerate(np.arange(-14.0, 60.0, 11.5))
    )
    shifted = Street(
        road=9.0,
        left=5.0,
        right=4.0,
        south=-14,
        north=60,
        blocks=blocks,
        seed=23,
        ppm=34,
        tactile=True,
    )
    camera = Camera.looking_at((4.4, 0.6, 4.7), (-5.5, 8.1, 0.4), 46.0, width, height)
    furniture = [
        Actor.standing("tree-1", tree_mesh(np.random.default_rng(3), 6.0), Pose(-0.2 - 4.6, 15.5)),
        Actor.standing("tree-2", tree_mesh(np.random.default_rng(4), 6.5), Pose(-0.2 - 4.6, 23.0)),
        Actor.standing("lamp-1", lamp_mesh(), Pose(-4.8, 19.5)),
        Actor.standing("bush-1", bush_mesh(rng, 2.4), Pose(-9.0, 12.0, 0, 90)),
        Actor.standing("scooter-1", motorcycle_mesh(rng, None), Pose(-8.4, 6.0, 0, 20)),
        Actor.standing("scooter-2", motorcycle_mesh(rng, None), Pose(-8.4, 7.0, 0, 14)),
    ]
    actors = [_shift(a, -2.0) for a in _bins() + _people(rng)] + _traffic(rng) + furniture
    corners = [(-7.9, 4.6), (-7.9, 10.4), (-4.75, 10.4), (-4.75, 4.6)]
    violation = Violation(
        "overflowing_bin", "bin_overflow", ZONE, "bin-1", OVERFLOWS, EMPTIED, (0, 0, 1, 1)
    )
    scene = Scene(
        camera,
        overcast_day(),
        Weather(rain=0.35, haze=0.2, noise=2.0, blur=0.5),
        shifted,
        actors,
        (violation,),
        seed=2,
        quality=2,
    )
    return Shot(scene, {ZONE: ground_zone(camera, corners)})


def _shift(actor: Actor, x: float) -> Actor:
    """The actor moved sideways, metres."""
    inner = actor.pose

    def pose(t: float) -> Pose | None:
        at = inner(t)
        return None if at is None else Pose(at.x + x, at.y, at.z, at.heading)

    actor.pose = pose
    return actor
