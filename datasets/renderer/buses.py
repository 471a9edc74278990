"""City buses."""

import numpy as np

from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.vehicles import GLASS, plate, rect, slab_x, slab_y, tone, wheel


def bus_mesh(rng: np.random.Generator, lamps: bool = False) -> Mesh:
    """A city bus."""
    length, half, high = float(rng.uniform(9.5, 12.0)), 1.25, 3.05
    paint = [(60, 150, 60), (200, 120, 40), (60, 60, 200), (225, 225, 225), (40, 170, 230)][
        int(rng.integers(5))
    ]
    colour: Colour = (float(paint[0]), float(paint[1]), float(paint[2]))
    mesh = Mesh()
    body = mesh.begin("bus")
    end = length / 2
    sections = []
    for x, shrink in ((-end, 0.94), (-end + 0.15, 1.0), (end - 0.2, 1.0), (end, 0.93)):
        y, top = half * shrink, high * (0.5 + 0.5 * shrink)
        ring = [
            (-y, 0.32),
            (y, 0.32),
            (y, top * 0.93),
            (y * 0.9, top),
            (-y * 0.9, top),
            (-y, top * 0.93),
        ]
        sections.append(np.array([(x, a, b) for a, b in ring]))
    mesh.loft(sections, colour)
    for side in (1, -1):
        y = side * half * 1.004
        slab_y(mesh, rect(-end + 0.3, 1.35, end - 0.3, 2.5), y, GLASS, 0.3)
        slab_y(mesh, rect(-end + 0.1, 0.55, end - 0.1, 0.85), y, (235, 235, 235), 0.3)
        for x in np.arange(-end + 1.2, end - 0.4, 1.25):
            slab_y(
                mesh,
                rect(float(x) - 0.04, 1.35, float(x) + 0.04, 2.5),
                y * 1.002,
                tone(colour, 0.75),
                0.4,
            )
        for x in (end - 2.4, -end + 3.0):
            slab_y(
                mesh,
                [(x + 0.58 * np.cos(a), 0.5 + 0.56 * np.sin(a)) for a in np.linspace(0, np.pi, 7)],
                y,
                (20, 20, 22),
                0.4,
            )
            wheel(mesh, x, side * half * 1.01, 0.48, 0.3, (150, 150, 150))
    _doors_and_ends(mesh, end, half, lamps=lamps)
    mesh.box((-1.5, 0, high - 0.01), (2.6, 1.6, 0.22), (215, 215, 215), lift=0.5)
    mesh.box((2.5, 0, high - 0.01), (1.2, 1.3, 0.15), (200, 200, 200), lift=0.5)
    seed = int(rng.integers(24))
    plate(mesh, end, 0.42, "yellow", seed, body)
    plate(mesh, -end, 0.62, "yellow", seed, body)
    return mesh


def _doors_and_ends(mesh: Mesh, end: float, half: float, *, lamps: bool) -> None:
    """Doors on the right, windscreen, display, rear window and lamps; metres."""
    for x in (end - 1.0, -0.2):
        slab_y(mesh, rect(x - 0.55, 0.4, x + 0.55, 2.5), -half * 1.006, (70, 62, 55), 0.5)
    slab_x(mesh, rect(-half * 0.86, 1.1, half * 0.86, 2.45), end + 0.02, GLASS, 0.4)
    slab_x(
        mesh, rect(-half * 0.6, 2.55, half * 0.6, 2.85), end + 0.02, (30, 140, 245), 0.5, glow=lamps
    )
    slab_x(mesh, rect(-half * 0.8, 1.5, half * 0.8, 2.45), -end - 0.02, GLASS, 0.4)
    for side in (1, -1):
        slab_x(
            mesh,
            rect(side * 0.6, 0.6, side * 1.0, 0.85),
            end + 0.02,
            (245, 250, 250),
            0.5,
            glow=lamps,
        )
        slab_x(
            mesh,
            rect(side * 0.8, 0.8, side * 1.05, 1.3),
            -end - 0.02,
            (40, 40, 205),
            0.5,
            glow=lamps,
        )
