"""What nobody counts: trees, lamp posts, bollards, planters, a building under construction."""

import numpy as np

from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.vehicles import tone


def tree_mesh(rng: np.random.Generator, height: float | None = None) -> Mesh:
    """A street tree: trunk, boughs and a crown of leaf clumps."""
    high = height or float(rng.uniform(5.0, 8.5))
    mesh = Mesh()
    bark: Colour = (62, 78, 92)
    fork = high * 0.36
    mesh.rod((0, 0, 0), (0.05, 0, fork), 0.14, bark, end_radius=0.1, sides=7, capped=False)
    crown = high - fork
    base = np.array((48, 92, 68)) * float(rng.uniform(0.8, 1.2)) + rng.normal(0, 4, 3)
    for k in range(5):
        angle = 1.3 * k + float(rng.uniform(0, 0.6))
        tip = (
            np.cos(angle) * crown * 0.3,
            np.sin(angle) * crown * 0.3,
            fork + crown * float(rng.uniform(0.3, 0.55)),
        )
        mesh.rod((0.05, 0, fork), tip, 0.07, bark, end_radius=0.03, sides=5, capped=False)
    for _ in range(260):
        d = rng.normal(0, 1, 3)
        d /= np.linalg.norm(d)
        r = float(rng.uniform(0.55, 1.0))
        at = (
            d[0] * crown * 0.42 * r,
            d[1] * crown * 0.42 * r,
            fork + crown * 0.52 + d[2] * crown * 0.4 * r,
        )
        light = 0.72 + 0.36 * (0.5 + 0.5 * d[2]) + float(rng.normal(0, 0.12))
        tint = np.clip(base * light, 8, 220)
        mesh.ball(
            at,
            crown * float(rng.uniform(0.035, 0.085)),
            (float(tint[0]), float(tint[1]), float(tint[2])),
        )
    mesh.box((0, 0, 0), (1.1, 1.1, 0.06), (70, 84, 96), top=(52, 66, 78))
    return mesh


def bush_mesh(rng: np.random.Generator, length: float = 2.0) -> Mesh:
    """A clipped hedge or a planter."""
    mesh = Mesh()
    base = np.array((50, 96, 66)) + rng.normal(0, 8, 3)
    if rng.random() < 0.5:
        mesh.box((0, 0, 0), (length, 0.6, 0.42), (150, 155, 158), top=(50, 62, 72))
    for _ in range(int(26 * length)):
        tint = np.clip(base * float(rng.uniform(0.72, 1.2)), 8, 220)
        at = (
            float(rng.uniform(-0.5, 0.5)) * length,
            float(rng.uniform(-0.28, 0.28)),
            float(rng.uniform(0.25, 0.75)),
        )
        mesh.ball(
            at, float(rng.uniform(0.1, 0.18)), (float(tint[0]), float(tint[1]), float(tint[2]))
        )
    return mesh


def lamp_mesh(reach: float = 1.8, height: float = 7.5, lit: bool = False) -> Mesh:
    """A street lamp with an arm along +x."""
    mesh = Mesh()
    steel: Colour = (150, 150, 148)
    mesh.rod((0, 0, 0), (0, 0, height), 0.09, steel, end_radius=0.055, sides=7, capped=False)
    mesh.rod((0, 0, 0), (0, 0, 0.9), 0.14, tone(steel, 0.8), sides=7)
    mesh.rod((0, 0, height - 0.1), (reach, 0, height + 0.25), 0.045, steel, sides=5)
    mesh.box((reach + 0.2, 0, height + 0.2), (0.7, 0.26, 0.1), (120, 120, 120))
    mesh.face([(reach - 0.1, -0.11, height + 0.19), (reach - 0.1, 0.11, height + 0.19),
               (reach + 0.5, 0.11, height + 0.19), (reach + 0.5, -0.11, height + 0.19)],
              (190, 225, 250), glow=lit)  # fmt: skip
    return mesh


def bollard_mesh(rng: np.random.Generator) -> Mesh:
    """A bollard or a traffic cone."""
    mesh = Mesh()
    if rng.random() < 0.5:
        mesh.rod((0, 0, 0), (0, 0, 0.75), 0.08, (90, 95, 95), sides=8)
        mesh.rod((0, 0, 0.5), (0, 0, 0.6), 0.084, (60, 200, 235), sides=8, lift=0.05)
    else:
        mesh.box((0, 0, 0), (0.38, 0.38, 0.04), (40, 90, 220))
        mesh.rod((0, 0, 0.04), (0, 0, 0.7), 0.15, (40, 90, 225), end_radius=0.03, sides=9)
        mesh.rod(
            (0, 0, 0.3), (0, 0, 0.45), 0.112, (235, 235, 235), end_radius=0.083, sides=9, lift=0.06
        )
    return mesh


def rail_mesh(length: float) -> Mesh:
    """A white road barrier along x, as between carriageway and cycle lane."""
    mesh = Mesh()
    for x in np.arange(-length / 2, length / 2 + 0.01, 2.0):
        mesh.rod((float(x), 0, 0), (float(x), 0, 1.0), 0.04, (215, 218, 218), sides=5)
    for z in (0.25, 0.85):
        mesh.box((0, 0, z), (length, 0.05, 0.07), (222, 225, 225))
    for x in np.arange(-length / 2 + 0.25, length / 2, 0.5):
        mesh.box((float(x), 0, 0.28), (0.03, 0.03, 0.6), (215, 218, 218))
    return mesh


def shell_mesh(floors: int, span: tuple[float, float]) -> Mesh:
    """A concrete frame under construction: slabs on columns, green netting on the lower floors."""
    mesh = Mesh()
    x, y = span[0] / 2, span[1] / 2
    for k in range(floors):
        z = 3.2 * k
        net = k < floors - 3
        for cx in np.linspace(-x, x, 5):
            for cy in (-y, y):
                mesh.box((float(cx) * 0.97, cy * 0.97, z), (0.5, 0.5, 3.0), (150, 154, 156))
        if net:
            mesh.box((0, 0, z), (span[0], span[1], 3.0), (92, 128, 78) if k % 2 else (98, 136, 84))
        mesh.box((0, 0, z + 2.95), (span[0] + 0.6, span[1] + 0.6, 0.28), (168, 172, 174))
    return mesh


def mound_mesh(rng: np.random.Generator, radius: float, height: float) -> Mesh:
    """A heap of spoil."""
    mesh = Mesh()
    angles = np.arange(12) * np.pi / 6
    rings = [(1.0, 0.0), (0.72, 0.45), (0.4, 0.8), (0.12, 1.0)]
    tones = rng.uniform(0.85, 1.12, (len(rings), 12))
    outline = [
        np.stack((np.cos(angles), np.sin(angles)), axis=1)
        * radius
        * s
        * rng.uniform(0.85, 1.1, (12, 1))
        for s, _ in rings
    ]
    for k in range(len(rings) - 1):
        for i in range(12):
            j = (i + 1) % 12
            quad = [(*outline[k][i], rings[k][1] * height), (*outline[k][j], rings[k][1] * height),
                    (*outline[k + 1][j], rings[k + 1][1] * height),
                    (*outline[k + 1][i], rings[k + 1][1] * height)]  # fmt: skip
            mesh.face(quad, tone((82, 112, 142), float(tones[k, i])))
    return mesh
