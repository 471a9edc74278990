"""Block: an old quarter as a drone sees it that hovers over it."""

from dataclasses import replace

import numpy as np

from datasets.renderer.aerial import Ground
from datasets.renderer.buildings import house_mesh
from datasets.renderer.plants import tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.renderer.vehicles import car_mesh
from datasets.scenarios.stage import Stage

SURVEYED = "surveyed block"
# x, y, size along x, size along y, eaves, roof
HOUSES: tuple[tuple[float, float, float, float, float, str], ...] = (
    (-27.0, 11.5, 13, 9, 9.6, "concrete"),
    (-11.0, 12.5, 11, 8, 6.4, "tile"),
    (23.5, 11.0, 12, 10, 9.6, "concrete"),
    (-26.0, -3.5, 12, 8, 6.4, "steel_red"),
    (-9.5, -3.0, 12, 9, 9.6, "concrete"),
    (8.0, -4.0, 11, 8, 3.4, "steel_blue"),
    (25.0, -4.0, 12, 8, 6.4, "tile"),
)
YARD, LANE = (6.0, 12.0), (-18.6, 4.6)
"""Where something may be built."""
ROADS = (((-40.0, -19.0), (40.0, -19.0)), ((40.0, -15.4), (-40.0, -15.4)))


def _furniture(lit: bool) -> list[Actor]:  # noqa: ARG001 - no lamp is seen from above
    rng = np.random.default_rng(18)
    houses = [
        Actor.standing(
            f"house-{k}",
            house_mesh(np.random.default_rng(600 + k), (sx, sy), eaves, roof),
            Pose(x, y),
        )
        for k, (x, y, sx, sy, eaves, roof) in enumerate(HOUSES)
    ]
    trees = [
        Actor.standing(f"tree-{k}", tree_mesh(np.random.default_rng(k), 6.0), Pose(x, y))
        for k, (x, y) in enumerate(
            ((-2.5, 5.0), (15.0, 5.0), (-34.0, 4.0), (33.0, 4.0), (15.5, -9.5), (-18.0, -9.5))
        )
    ]
    cars = [
        Actor.standing(f"parked-{k}", car_mesh(rng), Pose(-20.0 + 2.8 * k, -10.2, 0, 90))
        for k in (0, 1, 3)
    ]
    return [*houses, *trees, *cars]


BLOCK = Stage(
    "block",
    (0.0, -1.0, 58.0),
    (0.0, -1.0, 0.0),
    64.0,
    Ground(64.0, ((False, -17.2, 8.4), (True, 48.0, 7.0)), "concrete", 73, 20.0,
           ((-21.4, -12.9, 4), (2.6, -12.9, 3))),
    _furniture,
    ((SURVEYED, ((-34.0, -20.0), (-34.0, 18.5), (34.0, 18.5), (34.0, -20.0))),),
)  # fmt: skip
EAST = replace(BLOCK, name="block from the east", eye=(9.0, 2.0, 52.0), target=(9.0, 2.0, 0.0))
