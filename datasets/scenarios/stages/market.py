"""Market street: a pavement on which nobody may sell, and beyond it a strip where some may."""

import numpy as np

from datasets.renderer.plants import bollard_mesh, lamp_mesh, tree_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.renderer.street import Block, Street
from datasets.scenarios.stage import Stage

STRIP = "no-vending strip"
BAYS = (18.0, 27.5)
WALKS = (((-9.3, 0.0), (-9.3, 34.0)), ((5.6, 2.0), (5.6, 40.0)), ((-5.0, 15.0), (-5.0, 34.0)))
"""Where people walk, clear of the stalls' fronts."""
LANES = (((-2.1, 60.0), (-2.1, 18.0)), ((2.2, 8.0), (2.2, 60.0)))


def _street() -> Street:
    blocks, y = [], -16.0
    for k, (length, storeys) in enumerate(
        ((12, 3), (11, 4), (13, 3), (12, 4), (11, 5), (14, 3), (12, 4))
    ):
        blocks.append(Block(-1, y, y + length, 3.7 + 3.1 * (storeys - 1) + 0.6, 140 + k))
        blocks.append(Block(1, y + 4, y + 4 + length, 3.7 + 3.1 * (storeys - 1), 160 + k))
        y += length
    return Street(
        road=9.0,
        left=5.6,
        right=4.2,
        south=-16,
        north=68,
        crossing=30.5,
        blocks=tuple(blocks),
        seed=19,
        ppm=32,
        bays=(BAYS,),
        tactile=False,
    )


def _furniture(lit: bool) -> list[Actor]:
    rng = np.random.default_rng(31)
    trees = [
        Actor.standing(f"tree-{k}", tree_mesh(np.random.default_rng(k), 6.2), Pose(-5.0, y))
        for k, y in enumerate((30.0, 37.0, 44.0))
    ]
    bollards = [
        Actor.standing(f"bollard-{k}", bollard_mesh(rng), Pose(-4.85, y))
        for k, y in enumerate((15.2, 17.2))
    ]
    return [*trees, *bollards, Actor.standing("lamp", lamp_mesh(lit=lit), Pose(-4.9, 16.4))]


MARKET = Stage(
    "market street",
    (6.4, -3.0, 6.2),
    (-5.6, 13.0, 0.2),
    60.0,
    _street(),
    _furniture,
    ((STRIP, ((-10.0, 3.6), (-10.0, 14.6), (-4.6, 14.6), (-4.6, 3.6))),),
    lamps=((-4.0, 16.4), (-6.5, 6.0), (4.0, 24.0)),
)
