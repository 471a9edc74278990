"""Bin station: three spots for bins on a pavement, seen from across the road."""

import numpy as np

from datasets.renderer.cycles import motorcycle_mesh
from datasets.renderer.plants import bush_mesh, lamp_mesh, tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.renderer.street import Block, Street
from datasets.scenarios.stage import Stage

STATION = "bin station"
FIRST, SECOND, THIRD = (-6.15, 6.4), (-6.15, 7.9), (-6.15, 9.4)
"""Where bins stand; 1.5 m apart, so that a full one is a place of its own."""
OUTSIDE = (-5.9, 12.6)
"""Where a bin stands that nobody asked to be watched."""
WALKS = (((-3.4, 3.0), (-3.4, 14.0)), ((-8.6, 10.0), (-8.6, 16.0)))
LANES = (((2.0, 16.0), (2.0, 40.0)), ((-2.0, 14.0), (-2.0, 30.0)))


def _street() -> Street:
    blocks = tuple(
        Block(-1, y, y + 11.5, 13.6, 180 + k) for k, y in enumerate(np.arange(-14.0, 60.0, 11.5))
    )
    return Street(
        road=9.0,
        left=5.0,
        right=4.0,
        south=-14,
        north=60,
        blocks=blocks,
        seed=29,
        ppm=34,
        tactile=True,
    )


def _furniture(lit: bool) -> list[Actor]:
    rng = np.random.default_rng(8)
    return [
        Actor.standing("tree-1", tree_mesh(np.random.default_rng(3), 6.0), Pose(-4.8, 16.5)),
        Actor.standing("tree-2", tree_mesh(np.random.default_rng(4), 6.5), Pose(-4.8, 24.0)),
        Actor.standing("lamp", lamp_mesh(lit=lit), Pose(-4.8, 20.0)),
        Actor.standing("bush", bush_mesh(rng, 2.4), Pose(-9.0, 13.0, 0, 90)),
        Actor.standing("scooter", motorcycle_mesh(rng, None), Pose(-8.4, 5.0, 0, 20)),
    ]


BIN_STATION = Stage(
    "bin station",
    (4.4, 0.6, 4.7),
    (-5.5, 8.3, 0.4),
    48.0,
    _street(),
    _furniture,
    ((STATION, ((-7.9, 4.2), (-7.9, 10.9), (-4.75, 10.9), (-4.75, 4.2))),),
    lamps=((-4.0, 20.0), (-4.6, 7.4)),
)
