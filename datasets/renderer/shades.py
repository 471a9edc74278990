"""What vendors put over their goods: parasols and canopies; and the colours of their trade."""

import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.vehicles import tone

PRODUCE: tuple[Colour, ...] = (
    (40, 130, 240), (40, 40, 200), (60, 170, 80), (60, 210, 235), (50, 110, 60), (110, 60, 110),
    (70, 190, 170), (50, 80, 150), (150, 190, 215), (60, 60, 160),
)  # fmt: skip
CLOTHS: tuple[Colour, ...] = (
    (60, 50, 190), (170, 90, 40), (70, 150, 60), (60, 180, 235), (210, 210, 210), (120, 70, 130),
    (50, 110, 220),
)  # fmt: skip


def pick(rng: np.random.Generator, palette: tuple[Colour, ...], spread: float = 10) -> Colour:
    """A palette colour with some variation."""
    b, g, r = np.clip(
        np.array(palette[int(rng.integers(len(palette)))]) + rng.normal(0, spread, 3), 5, 250
    )
    return float(b), float(g), float(r)


def add_canopy(mesh: Mesh, rng: np.random.Generator, span: tuple[float, float]) -> None:
    """Four posts and a pitched cloth with a valance."""
    x, y = span[0] / 2 + 0.3, span[1] / 2 + 0.4
    low, high = 2.0, 2.45
    cloth = pick(rng, CLOTHS)
    pale = (225.0, 228.0, 228.0) if rng.random() < 0.5 else tone(cloth, 1.15)
    for sx in (-1, 1):
        for sy in (-1, 1):
            mesh.rod(
                (sx * x * 0.96, sy * y * 0.95, 0),
                (sx * x * 0.96, sy * y * 0.95, low),
                0.025,
                (160, 160, 162),
                sides=4,
            )
    stripes = 6
    edges = np.linspace(-x, x, stripes + 1)
    for i in range(stripes):
        a, b = edges[i], edges[i + 1]
        c = cloth if i % 2 else pale
        mesh.face([(a, -y, low), (b, -y, low), (b, 0, high), (a, 0, high)], c, lift=0.5)
        mesh.face([(a, 0, high), (b, 0, high), (b, y, low), (a, y, low)], c, lift=0.5)
        for side, ring in ((-1, 1), (1, -1)):
            quad = [
                (a, side * y, low - 0.2),
                (b, side * y, low - 0.2),
                (b, side * y, low),
                (a, side * y, low),
            ]
            mesh.face(quad[::ring], c, lift=0.5)
            mesh.face(quad[::-ring], tone(c, 0.6))
    mesh.face([(-x, y, low), (-x, -y, low), (-x, 0, high)], tone(cloth, 0.9), lift=0.4)
    mesh.face([(x, -y, low), (x, y, low), (x, 0, high)], tone(cloth, 0.9), lift=0.4)


def add_parasol(mesh: Mesh, rng: np.random.Generator, at: tuple[float, float, float]) -> None:
    """A big vendor's parasol as a part of its own."""
    mesh.begin("parasol")
    radius, low = float(rng.uniform(1.05, 1.6)), float(rng.uniform(1.85, 2.15))
    rise = radius * float(rng.uniform(0.32, 0.48))
    n = 8
    colours = [pick(rng, CLOTHS + PRODUCE, 14)]
    if rng.random() < 0.62:
        colours.append((230.0, 230.0, 230.0) if rng.random() < 0.5 else pick(rng, CLOTHS, 14))
    x, y, z = at
    mesh.rod((x, y, z), (x, y, low + rise), 0.025, (190, 190, 192), sides=5, capped=False)
    angles = np.arange(n + 1) * 2 * np.pi / n + float(rng.uniform(0, 1))
    rim, mid = _ring(angles, x, y, radius), _ring(angles, x, y, radius * 0.55)
    for i in range(n):
        c = colours[i % len(colours)]
        j = i + 1
        mesh.face(
            [
                (*rim[i], low),
                (*rim[j], low),
                (*mid[j], low + rise * 0.62),
                (*mid[i], low + rise * 0.62),
            ],
            c,
            lift=0.4,
        )
        mesh.face(
            [(*mid[i], low + rise * 0.62), (*mid[j], low + rise * 0.62), (x, y, low + rise)],
            c,
            lift=0.4,
        )
        mesh.face([(*rim[j], low), (*rim[i], low), (x, y, low + rise * 0.9)], tone(c, 0.6))
        quad = [(*rim[i], low - 0.13), (*rim[j], low - 0.13), (*rim[j], low), (*rim[i], low)]
        mesh.face(quad, tone(c, 0.92), lift=0.4)


def _ring(angles: Array, x: float, y: float, radius: float) -> Array:
    return np.stack((x + radius * np.cos(angles), y + radius * np.sin(angles)), axis=1)
