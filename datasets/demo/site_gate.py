"""site-gate: trucks leave a construction site: covered, empty, open, boxed, muddy."""

import numpy as np

from datasets.demo.shot import Shot, driver, ground_zone, walker
from datasets.renderer.camera import Camera
from datasets.renderer.light import Light
from datasets.renderer.loads import Truck
from datasets.renderer.mesh import Colour
from datasets.renderer.motion import Path
from datasets.renderer.people import Person, person_mesh
from datasets.renderer.plants import bollard_mesh, lamp_mesh, mound_mesh, shell_mesh, tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.street import Block, Street
from datasets.renderer.trucks import truck_mesh
from datasets.renderer.truth import Violation
from datasets.renderer.weather import Weather

ZONE = "site exit"
RED: Colour = (40.0, 40.0, 180.0)
WHITE: Colour = (225.0, 225.0, 225.0)
GREEN: Colour = (50.0, 130.0, 60.0)
ORANGE: Colour = (35.0, 115.0, 225.0)
BLUE: Colour = (160.0, 90.0, 35.0)
SPEED = 5.5
PASSES: tuple[tuple[str, float, Truck], ...] = (
    (
        "truck-covered",
        4.0,
        Truck("covered", "clean", "tipper", RED, GREEN, "earth", "tarp", 8.8, 11),
    ),
    (
        "truck-empty",
        21.0,
        Truck("empty", "clean", "tipper", WHITE, ORANGE, "earth", "tarp", 8.4, 12),
    ),
    (
        "truck-open",
        38.0,
        Truck("open", "clean", "tipper", ORANGE, ORANGE, "earth", "tarp", 9.0, 13),
    ),
    ("truck-box", 55.0, Truck("other", "clean", "box", BLUE, WHITE, "earth", "tarp", 7.8, 14)),
    (
        "truck-muddy",
        71.0,
        Truck("covered", "muddy", "tipper", WHITE, GREEN, "earth", "tarp", 8.8, 15),
    ),
    (
        "truck-sealed",
        88.0,
        Truck("covered", "clean", "tipper", GREEN, GREEN, "earth", "lid", 8.6, 16),
    ),
)
VIOLATIONS = {"truck-open": "not_sealed", "truck-muddy": "mud_on_wheels"}


def site_gate(width: int, height: int) -> Shot:
    """The scene and its zone.

    Args:
        width: Frame width, pixels.
        height: Frame height, pixels.
    """
    rng = np.random.default_rng(303)
    fence = tuple(
        Block(-1, y, y + 12, 2.7, 90 + k, "hoarding")
        for k, y in enumerate(np.arange(-18.0, 66.0, 12.0))
    )
    street = Street(road=11.0, left=3.0, right=4.0, south=-18, north=72, blocks=fence,
    verge="earth",
                    dusty=0.55, seed=31, ppm=30, tactile=False)  # fmt: skip
    camera = Camera.looking_at((8.2, -2.0, 6.6), (-2.2, 9.5, 1.0), 62.0, width, height)
    actors = []
    for name, start, truck in PASSES:
        mesh = truck_mesh(truck)
        way = Path.at_speed(start, SPEED, (-2.4, 64.0), (-2.4, -14.0))
        actors.append(Actor.moving(name, mesh, way.pose, truck.load, truck.dirt))
    for k, start in enumerate((0.0, 16.0, 33.0, 50.0, 66.0, 83.0, 98.0)):
        actors.append(driver(f"car-{k}", rng, Path.at_speed(start, 9.0, (2.9, -14.0), (2.9, 70.0))))
    actors.append(Actor.standing("guard", person_mesh(Person.random(rng)), Pose(-6.9, 13.0)))
    for k, start in enumerate((9.0, 40.0, 74.0)):
        actors.append(
            walker(f"person-{k}", rng, Path.at_speed(start, 1.3, (-7.4, 40.0), (-7.4, -6.0)))
        )
    for k, y in enumerate((22.0, 30.0, 40.0, 52.0)):
        actors.append(
            Actor.standing(f"tree-{k}", tree_mesh(np.random.default_rng(k), 7.0), Pose(-7.6, y))
        )
    actors += [
        Actor.standing(f"cone-{k}", bollard_mesh(np.random.default_rng(40 + k)), Pose(-5.2, y))
        for k, y in enumerate((9.0, 12.5, 16.0, 19.5))
    ]
    actors.append(Actor.standing("lamp-1", lamp_mesh(), Pose(-6.4, 26.0)))
    for k, (x, y, floors) in enumerate(((-42.0, 50.0, 9), (-36.0, 84.0, 12), (-58.0, 22.0, 7))):
        actors.append(
            Actor.standing(f"shell-{k}", shell_mesh(floors, (15.0, 22.0)), Pose(x, y, 0, 8.0 * k))
        )
    for k, (x, y) in enumerate(((-30.0, 16.0), (-34.0, 30.0), (-27.5, 38.0))):
        actors.append(
            Actor.standing(
                f"mound-{k}", mound_mesh(np.random.default_rng(60 + k), 4.2, 2.8), Pose(x, y)
            )
        )
    corners = [(-5.4, 2.0), (-5.4, 34.0), (0.2, 34.0), (0.2, 2.0)]
    violations = tuple(
        Violation("dirty_truck", subtype, ZONE, name, 0.0, None, (0, 0, 1, 1))
        for name, subtype in VIOLATIONS.items()
    )
    scene = Scene(
        camera,
        Light(azimuth=120, elevation=46),
        Weather(haze=0.2, noise=1.8, blur=0.5),
        street,
        actors,
        violations,
        seed=3,
        quality=2,
    )
    return Shot(scene, {ZONE: ground_zone(camera, corners)})
