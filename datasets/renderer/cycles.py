"""Motorcycles, e-bikes and bicycles, with or without a rider."""

from itertools import pairwise

import numpy as np

from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.people import Person, person_mesh
from datasets.renderer.vehicles import PAINTS, tone


def _spoked(mesh: Mesh, x: float, radius: float, width: float, disc: Colour | None) -> None:
    angles = np.linspace(0, 2 * np.pi, 15)
    for a, b in pairwise(angles):
        p = (x + radius * np.cos(a), 0.0, radius + radius * np.sin(a))
        q = (x + radius * np.cos(b), 0.0, radius + radius * np.sin(b))
        mesh.rod(p, q, width, (30, 30, 32), sides=4, capped=False)
    if disc is not None:
        mesh.rod((x, -width * 0.6, radius), (x, width * 0.6, radius), radius * 0.55, disc, sides=10)
    else:
        for a in np.arange(4) * np.pi / 4:
            d = radius * np.array((np.cos(a), 0, np.sin(a)))
            mesh.rod(
                (x - d[0], 0, radius - d[2]),
                (x + d[0], 0, radius + d[2]),
                0.006,
                (150, 150, 150),
                sides=3,
                capped=False,
            )


def motorcycle_mesh(rng: np.random.Generator, rider: Person | None, lamps: bool = False) -> Mesh:
    """A scooter or motorcycle; its rider is a part "person" of its own."""
    mesh = Mesh()
    mesh.begin("motorcycle")
    paint = tone(PAINTS[int(rng.integers(len(PAINTS)))], float(rng.uniform(0.9, 1.05)))
    for x in (0.62, -0.62):
        _spoked(mesh, x, 0.27, 0.055, (130, 130, 132))
    mesh.box((0.0, 0, 0.26), (0.55, 0.3, 0.1), tone(paint, 0.6))
    mesh.box((-0.42, 0, 0.36), (0.72, 0.28, 0.36), paint, taper=0.85)
    mesh.box((-0.3, 0, 0.72), (0.72, 0.26, 0.1), (36, 36, 38))
    mesh.box((0.42, 0, 0.32), (0.16, 0.36, 0.62), paint, taper=0.75)
    mesh.rod((0.62, 0, 0.3), (0.44, 0, 1.02), 0.035, (120, 120, 122), sides=5)
    mesh.rod((0.42, -0.34, 1.02), (0.42, 0.34, 1.02), 0.018, (40, 40, 42), sides=4)
    mesh.ball((0.52, 0, 0.88), 0.08, (235, 240, 240), glow=lamps)
    mesh.ball((-0.82, 0, 0.66), 0.05, (40, 40, 200), glow=lamps)
    if rng.random() < 0.4:
        mesh.box(
            (-0.78, 0, 0.8),
            (0.36, 0.38, 0.34),
            [(40, 200, 240), (200, 120, 30), (40, 40, 42)][int(rng.integers(3))],
        )
    if rider is not None:
        add_rider(mesh, rider, -0.2, 0.34)
    return mesh


def bicycle_mesh(rng: np.random.Generator, rider: Person | None) -> Mesh:
    """A bicycle; its rider is a part "person" of its own."""
    mesh = Mesh()
    mesh.begin("bicycle")
    paint = tone(PAINTS[int(rng.integers(len(PAINTS)))], 0.95)
    for x in (0.52, -0.52):
        _spoked(mesh, x, 0.33, 0.018, None)
    joints = {
        "bb": (-0.05, 0, 0.3),
        "seat": (-0.2, 0, 0.82),
        "head": (0.36, 0, 0.85),
        "rear": (-0.52, 0, 0.33),
        "front": (0.52, 0, 0.33),
    }
    for a, b in (
        ("bb", "seat"),
        ("bb", "head"),
        ("seat", "head"),
        ("bb", "rear"),
        ("seat", "rear"),
        ("head", "front"),
    ):
        mesh.rod(joints[a], joints[b], 0.022, paint, sides=5, capped=False)
    mesh.box((-0.22, 0, 0.84), (0.26, 0.15, 0.06), (34, 34, 36))
    mesh.rod((0.33, -0.28, 1.0), (0.33, 0.28, 1.0), 0.015, (60, 60, 62), sides=4)
    mesh.rod((0.36, 0, 0.85), (0.33, 0, 1.0), 0.018, (90, 90, 92), sides=4)
    if rng.random() < 0.5:
        mesh.box((0.55, 0, 0.72), (0.3, 0.34, 0.24), (110, 110, 112))
    if rider is not None:
        add_rider(mesh, rider, -0.18, 0.44)
    return mesh


def add_rider(mesh: Mesh, rider: Person, x: float, lift: float) -> None:
    """Sit a person on a saddle: copies the seated person's faces into `mesh`."""
    body = person_mesh(rider, None, reach=0.9, seated=True)
    mesh.merge(body, (x, 0.0, lift - 0.02))
