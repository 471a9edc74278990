"""block-survey: a drone hovers over a block on two flights; a roof appears in between."""

from collections.abc import Callable

import numpy as np

from datasets.demo.shot import Shot, driver, walker
from datasets.renderer.aerial import Ground
from datasets.renderer.buildings import house_mesh, shed_mesh, tarp_mesh
from datasets.renderer.buses import bus_mesh
from datasets.renderer.camera import Camera
from datasets.renderer.light import Light
from datasets.renderer.loads import Truck
from datasets.renderer.motion import Path
from datasets.renderer.plants import tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor, Scene
from datasets.renderer.trucks import truck_mesh
from datasets.renderer.truth import Violation
from datasets.renderer.vehicles import car_mesh
from datasets.renderer.video import Sequence
from datasets.renderer.weather import Weather

ZONE = "surveyed block"
SECOND_FLIGHT = 35.0
HEIGHT = 58.0
MARGIN_SHARE = 0.02
# x, y, size along x, size along y, eaves, roof
HOUSES: tuple[tuple[float, float, float, float, float, str], ...] = (
    (-27.0, 11.5, 13, 9, 9.6, "concrete"),
    (-11.0, 12.5, 11, 8, 6.4, "tile"),
    (21.5, 11.0, 14, 10, 9.6, "concrete"),
    (-26.0, -3.5, 12, 8, 6.4, "steel_red"),
    (-9.5, -3.0, 12, 9, 9.6, "concrete"),
    (8.0, -4.0, 11, 8, 3.4, "steel_blue"),
    (25.0, -4.0, 12, 8, 6.4, "tile"),
)
SHED = (6.0, 12.0, 9.0, 6.5)


def _block(second: bool) -> list[Actor]:
    actors = []
    for k, (x, y, sx, sy, eaves, roof) in enumerate(HOUSES):
        mesh = house_mesh(np.random.default_rng(500 + k), (sx, sy), eaves, roof)
        actors.append(Actor.standing(f"house-{k}", mesh, Pose(x, y)))
    if second:
        x, y, sx, sy = SHED
        actors.append(
            Actor.standing(
                "addition", shed_mesh(np.random.default_rng(520), (sx, sy), 3.0), Pose(x, y)
            )
        )
    spots = [
        (-18.5, 4.5),
        (-2.5, 5.0),
        (14.0, 4.5),
        (-34.0, 4.0),
        (33.0, 4.0),
        (15.5, -9.5),
        (-18.0, -9.5),
    ]
    for k, (x, y) in enumerate(spots):
        actors.append(
            Actor.standing(f"tree-{k}", tree_mesh(np.random.default_rng(k), 6.0), Pose(x, y))
        )
    tarps = [(-1.0, 16.5, 30.0)] + ([(16.0, -1.0, 5.0)] if second else [])
    for k, (x, y, turn) in enumerate(tarps):
        actors.append(
            Actor.standing(
                f"tarp-{k}",
                tarp_mesh(np.random.default_rng(530 + k), (3.4, 2.6)),
                Pose(x, y, 0, turn),
            )
        )
    return actors


def _vehicles(second: bool) -> list[Actor]:
    rng = np.random.default_rng(9 if second else 8)
    actors = []
    rows = [(-20.0 + 2.8 * k, -10.2) for k in range(4)] + [(4.0 + 2.8 * k, -10.2) for k in range(3)]
    for k, (x, y) in enumerate(rows):
        if rng.random() < 0.75:
            actors.append(Actor.standing(f"parked-{k}", car_mesh(rng), Pose(x, y, 0, 90)))
    if second:
        flatbed = truck_mesh(
            Truck(
                "other", "clean", "flatbed", (225, 225, 225), (140, 80, 40), "earth", "tarp", 8.0, 5
            )
        )
        actors.append(
            Actor.standing("lorry", flatbed, Pose(32.0, -10.6), load="other", dirt="clean")
        )
    for k in range(9):
        start = float(rng.uniform(-8, 100))
        east = k % 2 == 0
        ends = [(-60.0, -19.0), (60.0, -19.0)] if east else [(60.0, -15.4), (-60.0, -15.4)]
        actors.append(driver(f"car-{k}", rng, Path.at_speed(start, 8.0, *ends)))
    bus = bus_mesh(rng)
    actors.append(
        Actor.moving(
            "bus-1",
            bus,
            Path.at_speed(60.0 if second else 10.0, 7.0, (-60.0, -19.2), (60.0, -19.2)).pose,
        )
    )
    for k in range(6):
        start, y = float(rng.uniform(-10, 90)), float(rng.choice([-12.2, 4.0]))
        actors.append(walker(f"person-{k}", rng, Path.at_speed(start, 1.3, (-40.0, y), (40.0, y))))
    return actors


def _hover(
    margin: int, shift: tuple[float, float], phase: float
) -> Callable[[float], tuple[float, float]]:
    """Slow wander of a hovering drone, within the margin, pixels."""

    def sway(t: float) -> tuple[float, float]:
        dx = 0.45 * np.sin(0.21 * t + phase) + 0.2 * np.sin(0.67 * t) + shift[0]
        dy = 0.45 * np.cos(0.17 * t + phase) + 0.2 * np.sin(0.53 * t + 1) + shift[1]
        return margin * float(np.clip(dx, -1, 1)), margin * float(np.clip(dy, -1, 1))

    return sway


def block_survey(width: int, height: int) -> Shot:
    """The scene and its zone.

    Args:
        width: Frame width, pixels.
        height: Frame height, pixels.
    """
    margin = max(2, round(width * MARGIN_SHARE / 2))
    ground = Ground(64.0, ((False, -17.2, 8.4), (True, 48.0, 7.0)), "concrete", 71, 20.0,
                    ((-21.4, -12.9, 4), (2.6, -12.9, 3)))  # fmt: skip
    camera = Camera((0.0, -1.0, HEIGHT), 0.0, 90.0, 64.0, width, height, margin=margin)
    first = Scene(camera, Light(azimuth=110, elevation=58),
    Weather(haze=0.03, noise=1.6, blur=0.5), ground,
                  _block(second=False) + _vehicles(second=False), (), seed=4,
                  sway=_hover(margin, (0.1, 0.0), 0.0), quality=2)  # fmt: skip
    violation = Violation(
        "illegal_structure",
        "unauthorised_building",
        ZONE,
        "addition",
        SECOND_FLIGHT,
        None,
        (0, 0, 1, 1),
    )
    later = Light(
        azimuth=215, elevation=40, sun=(0.42, 0.5, 0.58), sky=(0.64, 0.61, 0.6), exposure=0.95
    )
    second = Scene(camera, later, Weather(haze=0.05, noise=1.8, blur=0.5), ground,
                   _block(second=True) + _vehicles(second=True), (violation,), seed=5,
                   sway=_hover(margin, (-0.1, 0.1), 2.0), quality=2)  # fmt: skip
    zone = [[0.02, 0.03], [0.98, 0.03], [0.98, 0.97], [0.02, 0.97]]
    return Shot(Sequence((0.0, first), (SECOND_FLIGHT, second)), {ZONE: zone})
