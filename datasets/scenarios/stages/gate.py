"""Site gate: the road before a construction site, on which trucks leave and come."""

import numpy as np

from datasets.renderer.plants import bollard_mesh, lamp_mesh, mound_mesh, shell_mesh, tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.renderer.street import Block, Street
from datasets.scenarios.stage import Stage

EXIT = "site exit"
OUT, BACK = -3.9, 0.0
"""Lanes (x, metres) on which trucks come towards the camera and go away from it."""
LANES = (((3.9, 10.0), (3.9, 60.0)),)


def _street() -> Street:
    fence = tuple(
        Block(-1, y, y + 12, 2.7, 190 + k, "hoarding")
        for k, y in enumerate(np.arange(-18.0, 66.0, 12.0))
    )
    return Street(
        road=12.0,
        left=3.0,
        right=4.0,
        south=-18,
        north=72,
        blocks=fence,
        verge="earth",
        dusty=0.5,
        seed=37,
        ppm=30,
        tactile=False,
    )


def _furniture(lit: bool) -> list[Actor]:
    trees = [
        Actor.standing(f"tree-{k}", tree_mesh(np.random.default_rng(k), 7.0), Pose(-8.0, y))
        for k, y in enumerate((26.0, 34.0, 46.0))
    ]
    cones = [
        Actor.standing(f"cone-{k}", bollard_mesh(np.random.default_rng(40 + k)), Pose(-6.3, y))
        for k, y in enumerate((9.0, 12.5, 16.0, 19.5))
    ]
    site = [
        Actor.standing(f"shell-{k}", shell_mesh(floors, (15.0, 22.0)), Pose(x, y, 0, 8.0 * k))
        for k, (x, y, floors) in enumerate(((-43.0, 48.0, 8), (-36.0, 86.0, 11)))
    ]
    heaps = [
        Actor.standing(
            f"mound-{k}", mound_mesh(np.random.default_rng(60 + k), 4.2, 2.8), Pose(x, y)
        )
        for k, (x, y) in enumerate(((-30.0, 18.0), (-34.0, 31.0)))
    ]
    return [
        *trees,
        *cones,
        *site,
        *heaps,
        Actor.standing("lamp", lamp_mesh(lit=lit), Pose(-6.9, 22.0)),
    ]


GATE = Stage(
    "site gate",
    (9.4, -3.0, 7.4),
    (-2.6, 10.5, 1.0),
    62.0,
    _street(),
    _furniture,
    ((EXIT, ((-6.6, 3.0), (-6.6, 32.0), (2.4, 32.0), (2.4, 3.0))),),
    lamps=((-6.0, 22.0), (-4.0, 6.0), (2.0, 14.0)),
)
