"""Vendors' stalls: tables, carts, tricycles, cloths on the ground; goods, canopies, parasols."""

import numpy as np

from datasets.renderer.lettering import SIGN_COLOURS, print_on
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.shades import CLOTHS, PRODUCE, add_canopy, add_parasol, pick
from datasets.renderer.vehicles import tone

STYLES = ("table", "cart", "tricycle", "cloth", "foodcart")


def stall_mesh(
    rng: np.random.Generator, style: str | None = None, shade: str | None = None
) -> Mesh:
    """A vendor's stall, part "stall", and part "parasol" where it has one.

    Args:
        rng: Source of chance.
        style: One of `STYLES`.
        shade: "parasol", "canopy" or "none".
    """
    style = style or str(rng.choice(STYLES))
    if shade is None:
        shade = str(rng.choice(["parasol", "canopy", "none"], p=[0.42, 0.23, 0.35]))
    mesh = Mesh()
    mesh.begin("stall")
    build = {
        "table": _table,
        "cart": _cart,
        "tricycle": _tricycle,
        "cloth": _cloth,
        "foodcart": _foodcart,
    }
    reach = build[style](mesh, rng)
    if shade == "canopy" and style in {"table", "cart"}:
        add_canopy(mesh, rng, reach)
    elif shade != "none" and style != "foodcart":
        add_parasol(
            mesh, rng, (float(rng.uniform(-0.2, 0.2)), -0.45 if style == "cloth" else -0.2, 0.0)
        )
    return mesh


def _heap(
    mesh: Mesh,
    rng: np.random.Generator,
    at: tuple[float, float, float],
    size: tuple[float, float],
    colour: Colour,
) -> None:
    """Rounded produce piled in a rectangle."""
    radius = float(rng.uniform(0.032, 0.06))
    nx, ny = max(2, int(size[0] / radius / 2.3)), max(2, int(size[1] / radius / 2.3))
    nx, ny = min(nx, 7), min(ny, 6)
    for i in range(nx):
        for j in range(ny):
            u, v = (i + 0.5) / nx - 0.5, (j + 0.5) / ny - 0.5
            rise = 0.10 * (1 - 2.2 * (u * u + v * v)) + float(rng.uniform(0, 0.02))
            point = (at[0] + u * size[0], at[1] + v * size[1], at[2] + rise)
            mesh.ball(
                point,
                max(radius, size[0] / nx / 1.8),
                tone(colour, float(rng.uniform(0.82, 1.15))),
                lift=0.1,
            )


def _packets(
    mesh: Mesh, rng: np.random.Generator, at: tuple[float, float, float], size: tuple[float, float]
) -> None:
    for _ in range(9):
        x = at[0] + float(rng.uniform(-0.42, 0.42)) * size[0]
        y = at[1] + float(rng.uniform(-0.42, 0.42)) * size[1]
        box = (
            float(rng.uniform(0.06, 0.2)),
            float(rng.uniform(0.06, 0.16)),
            float(rng.uniform(0.05, 0.22)),
        )
        mesh.box((x, y, at[2]), box, pick(rng, PRODUCE + CLOTHS, 18), lift=0.1)


def _crates(mesh: Mesh, rng: np.random.Generator, span: tuple[float, float], z: float) -> None:
    """A grid of crates with goods on a span = (along x, along y)."""
    nx, ny = max(2, round(span[0] / 0.5)), max(1, round(span[1] / 0.45))
    dx, dy = span[0] / nx, span[1] / ny
    wood = pick(
        rng, ((90, 140, 180), (150, 90, 40), (60, 60, 62), (200, 200, 205), (60, 120, 60)), 12
    )
    packed = rng.random() < 0.25
    for i in range(nx):
        for j in range(ny):
            at = (-span[0] / 2 + (i + 0.5) * dx, -span[1] / 2 + (j + 0.5) * dy)
            high = 0.16 + (0.06 * (ny - 1 - j) if ny > 1 else 0)
            mesh.box((at[0], at[1], z), (dx * 0.94, dy * 0.94, high), wood, top=tone(wood, 0.5))
            top = (at[0], at[1], z + high)
            if packed:
                _packets(mesh, rng, top, (dx * 0.9, dy * 0.9))
            else:
                _heap(mesh, rng, top, (dx * 0.84, dy * 0.84), pick(rng, PRODUCE))


def _board(
    mesh: Mesh, rng: np.random.Generator, at: tuple[float, float, float], width: float
) -> None:
    """A price board or banner facing -y (the passer-by)."""
    back, ink = SIGN_COLOURS[int(rng.integers(len(SIGN_COLOURS)))]
    panel = np.full((36, 110, 3), back, np.uint8)
    word = str(rng.choice(["特价", "水果", "新鲜", "凉皮", "烤肠", "袜子", "10元", "甜瓜", "早餐"]))
    print_on(panel, word, ink, (8, 4, 94, 28))
    x, y, z = at
    half, high = width / 2, width * 0.33
    ring = [(x - half, y, z + high), (x - half, y, z), (x + half, y, z), (x + half, y, z + high)]
    mesh.face(ring, back, lift=0.25, texture=panel)
    mesh.face(ring[::-1], tone(back, 0.7), lift=0.1)


def _table(mesh: Mesh, rng: np.random.Generator) -> tuple[float, float]:
    span = (float(rng.uniform(1.6, 2.6)), float(rng.uniform(0.8, 1.1)))
    cloth, high = pick(rng, CLOTHS), 0.72
    if rng.random() < 0.7:
        mesh.box((0, 0, 0.04), (span[0], span[1], high - 0.04), cloth, taper=1.0)
    else:
        for sx in (-1, 1):
            for sy in (-1, 1):
                mesh.box(
                    (sx * span[0] * 0.45, sy * span[1] * 0.42, 0),
                    (0.05, 0.05, high),
                    (110, 112, 115),
                )
        mesh.box((0, 0, high - 0.05), (span[0], span[1], 0.05), cloth)
        mesh.box((span[0] * 0.2, 0.1, 0), (0.5, 0.4, 0.4), (90, 140, 180))
    _crates(mesh, rng, (span[0] * 0.96, span[1] * 0.94), high)
    if rng.random() < 0.6:
        _board(mesh, rng, (float(rng.uniform(-0.4, 0.4)), -span[1] / 2 - 0.02, 0.3), 0.7)
    for _ in range(int(rng.integers(0, 4))):
        mesh.box(
            (float(rng.uniform(-1, 1)) * span[0] * 0.6, -span[1] * 0.75, 0),
            (0.45, 0.35, 0.28),
            (90, 140, 180),
            top=pick(rng, PRODUCE),
        )
    return span


def _cart(mesh: Mesh, rng: np.random.Generator) -> tuple[float, float]:
    span = (float(rng.uniform(1.5, 2.0)), float(rng.uniform(0.8, 1.0)))
    paint = pick(rng, CLOTHS)
    mesh.box((0, 0, 0.42), (span[0], span[1], 0.36), paint, top=tone(paint, 0.8))
    for sx in (-0.32, 0.32):
        for sy in (-0.5, 0.5):
            _small_wheel(mesh, sx * span[0] * 1.1, sy * span[1] * 1.04, 0.24)
    mesh.rod(
        (span[0] / 2, -0.3, 0.8), (span[0] / 2 + 0.4, -0.3, 0.98), 0.02, (150, 150, 150), sides=4
    )
    mesh.rod(
        (span[0] / 2, 0.3, 0.8), (span[0] / 2 + 0.4, 0.3, 0.98), 0.02, (150, 150, 150), sides=4
    )
    mesh.rod(
        (span[0] / 2 + 0.4, -0.32, 0.98),
        (span[0] / 2 + 0.4, 0.32, 0.98),
        0.022,
        (60, 60, 62),
        sides=4,
    )
    _crates(mesh, rng, (span[0] * 0.94, span[1] * 0.9), 0.78)
    _board(mesh, rng, (0, -span[1] / 2 - 0.03, 0.45), 0.75)
    return span


def _small_wheel(mesh: Mesh, x: float, y: float, radius: float) -> None:
    inward = -0.06 if y > 0 else 0.06
    mesh.rod((x, y + inward, radius), (x, y, radius), radius, (36, 36, 38), sides=10)
    mesh.rod(
        (x, y, radius),
        (x, y - inward * 0.2, radius),
        radius * 0.6,
        (165, 165, 165),
        sides=8,
        lift=0.1,
    )


def _tricycle(mesh: Mesh, rng: np.random.Generator) -> tuple[float, float]:
    paint = pick(rng, ((150, 80, 30), (60, 110, 40), (50, 50, 170), (160, 150, 60)))
    mesh.box((-0.3, 0, 0.5), (1.6, 1.0, 0.34), paint, top=tone(paint, 0.7))
    for y in (0.52, -0.52):
        _small_wheel(mesh, -0.55, y, 0.3)
    _small_wheel(mesh, 1.2, 0.03, 0.3)
    mesh.rod((0.5, 0, 0.5), (1.1, 0, 0.8), 0.03, paint, sides=4)
    mesh.rod((1.2, 0, 0.3), (1.05, 0, 1.05), 0.025, (120, 120, 120), sides=4)
    mesh.rod((1.03, -0.3, 1.05), (1.03, 0.3, 1.05), 0.018, (50, 50, 52), sides=4)
    mesh.box((0.72, 0, 0.72), (0.3, 0.22, 0.07), (36, 36, 38))
    inner = Mesh()
    _crates(inner, rng, (1.5, 0.9), 0.84)
    mesh.merge(inner, (-0.3, 0, 0))
    return 1.6, 1.0


def _cloth(mesh: Mesh, rng: np.random.Generator) -> tuple[float, float]:
    span = (float(rng.uniform(1.6, 2.8)), float(rng.uniform(1.2, 1.9)))
    cloth = pick(rng, CLOTHS)
    x, y = span[0] / 2, span[1] / 2
    wobble = rng.uniform(-0.1, 0.1, (4, 2))
    ring = [
        (a + d[0], b + d[1], 0.02)
        for (a, b), d in zip(((-x, -y), (x, -y), (x, y), (-x, y)), wobble, strict=True)
    ]
    mesh.face(ring, cloth, lift=-0.6)
    if rng.random() < 0.5:
        nx, ny = int(rng.integers(3, 6)), int(rng.integers(2, 4))
        for i in range(nx):
            for j in range(ny):
                at = ((i + 0.5) / nx * span[0] - x, (j + 0.5) / ny * span[1] - y, 0.03)
                _heap(mesh, rng, at, (span[0] / nx * 0.6, span[1] / ny * 0.6), pick(rng, PRODUCE))
        return span
    for _ in range(int(rng.integers(22, 46))):
        at = (float(rng.uniform(-0.9, 0.9)) * x, float(rng.uniform(-0.9, 0.9)) * y, 0.03)
        size = (
            float(rng.uniform(0.1, 0.3)),
            float(rng.uniform(0.08, 0.2)),
            float(rng.uniform(0.03, 0.14)),
        )
        mesh.box(at, size, pick(rng, PRODUCE + CLOTHS, 20), turn=float(rng.uniform(0, 90)))
    return span


def _foodcart(mesh: Mesh, rng: np.random.Generator) -> tuple[float, float]:
    span = (float(rng.uniform(1.5, 2.1)), 0.85)
    paint = pick(rng, ((45, 45, 195), (60, 190, 235), (70, 150, 60), (200, 200, 205)))
    mesh.box((0, 0, 0.28), (span[0], span[1], 0.6), paint)
    for sx in (-0.35, 0.35):
        for sy in (-0.5, 0.5):
            _small_wheel(mesh, sx * span[0], sy * span[1] * 1.03, 0.16)
    mesh.box((0, 0, 0.88), (span[0], span[1], 0.05), (200, 200, 200))
    _packets(mesh, rng, (0, 0, 0.93), (span[0] * 0.9, span[1] * 0.8))
    for sx in (-1, 1):
        for sy in (-1, 1):
            mesh.box(
                (sx * span[0] * 0.48, sy * span[1] * 0.46, 0.9),
                (0.045, 0.045, 0.85),
                (185, 185, 185),
            )
    mesh.box((0, 0.3, 0.93), (span[0] * 0.94, 0.02, 0.4), (190, 185, 170))
    mesh.box(
        (0, 0, 1.75), (span[0] * 1.1, span[1] * 1.2, 0.08), tone(paint, 0.95), taper=0.9, lift=0.3
    )
    _board(mesh, rng, (0, -span[1] * 0.61, 1.45), span[0] * 0.85)
    _board(mesh, rng, (0, -span[1] / 2 - 0.02, 0.4), span[0] * 0.8)
    return span
