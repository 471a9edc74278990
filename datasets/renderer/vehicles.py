"""Cars and vans. Local frame: x forward, y left, z up, metres, middle of the wheelbase at 0."""

import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.lettering import number_plate
from datasets.renderer.mesh import Colour, Mesh

PAINTS: tuple[Colour, ...] = (
    (235, 235, 235), (232, 234, 238), (40, 40, 42), (55, 52, 50), (165, 165, 162), (120, 118, 115),
    (40, 36, 150), (130, 70, 30), (70, 95, 120), (190, 150, 110), (60, 80, 45), (60, 130, 190),
)  # fmt: skip
GLASS: Colour = (82, 72, 62)
RUBBER: Colour = (32, 32, 34)


def tone(colour: Colour, factor: float) -> Colour:
    """A lighter or darker colour."""
    return (
        min(255.0, colour[0] * factor),
        min(255.0, colour[1] * factor),
        min(255.0, colour[2] * factor),
    )


def wheel(  # noqa: PLR0917
    mesh: Mesh, x: float, y: float, radius: float, width: float, rim: Colour, tyre: Colour = RUBBER
) -> None:
    """A wheel whose outer face is on the side that y points to."""
    inward = -width if y > 0 else width
    mesh.rod((x, y + inward, radius), (x, y, radius), radius, tyre, sides=12)
    angles = np.arange(10) * np.pi / 5
    out = 0.006 if y > 0 else -0.006
    for share, tint, far, lift in ((0.62, rim, out, 0.35), (0.24, tone(rim, 0.6), 2 * out, 0.45)):
        ring = [(x + share * radius * np.cos(a), radius * (1 + share * np.sin(a))) for a in angles]
        slab_y(mesh, ring, y + far, tint, lift)


def plate(  # noqa: PLR0917
    mesh: Mesh, x: float, z: float, kind: str, seed: int, parent: int, width: float = 0.44
) -> None:
    """A number plate on the front (x > 0) or back, its own part inside `parent`."""
    before = mesh.part
    mesh.begin("plate", parent)
    half, high = width / 2, width * 0.32
    out = x + (0.02 if x > 0 else -0.02)
    left, right = (-half, half) if x > 0 else (half, -half)
    mesh.face(
        [(out, left, z + high), (out, left, z), (out, right, z), (out, right, z + high)],
        (255, 255, 255),
        lift=0.6,
        texture=number_plate(seed, kind),
    )
    mesh.part = before


def slab_y(  # noqa: PLR0917
    mesh: Mesh,
    points: list[tuple[float, float]],
    y: float,
    colour: Colour,
    lift: float,
    glow: bool = False,
) -> None:
    """A flat patch on a side wall: (x, z) points in either turn; it faces outwards from y."""
    ring = [(x, y, z) for x, z in points]
    area = sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True)
    )
    if (area > 0) == (y > 0):
        ring.reverse()
    mesh.face(ring, colour, lift=lift, glow=glow)


def slab_x(  # noqa: PLR0917
    mesh: Mesh,
    points: list[tuple[float, float]],
    x: float,
    colour: Colour,
    lift: float,
    glow: bool = False,
) -> None:
    """A flat patch on the front (x > 0) or back: (y, z) points."""
    ring = [(x, y, z) for y, z in points]
    area = sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True)
    )
    if (area > 0) != (x > 0):
        ring.reverse()
    mesh.face(ring, colour, lift=lift, glow=glow)


def rect(a0: float, b0: float, a1: float, b1: float) -> list[tuple[float, float]]:
    """Corners of an axis-aligned rectangle."""
    return [(a0, b0), (a1, b0), (a1, b1), (a0, b1)]


def _section(x: float, half: float, z0: float, z1: float) -> Array:
    middle = z0 + 0.55 * (z1 - z0)
    ring = [
        (-half * 0.92, z0),
        (half * 0.92, z0),
        (half, middle),
        (half * 0.94, z1),
        (-half * 0.94, z1),
        (-half, middle),
    ]
    return np.array([(x, y, z) for y, z in ring])


def car_mesh(rng: np.random.Generator, style: str | None = None, lamps: bool = False) -> Mesh:
    """A car: "sedan", "suv", "hatch" or "van" (minibus)."""
    style = style or str(rng.choice(["sedan", "suv", "hatch", "van"], p=[0.4, 0.3, 0.15, 0.15]))
    length, width, belt, roof, front, rear = {
        "sedan": (4.7, 1.82, 0.95, 1.46, (0.95, 0.15), (-1.75, -1.05)),
        "suv": (4.6, 1.88, 1.08, 1.70, (1.05, 0.35), (-2.15, -1.85)),
        "hatch": (4.0, 1.72, 0.97, 1.52, (0.95, 0.2), (-1.9, -1.5)),
        "van": (4.5, 1.72, 1.12, 1.92, (1.95, 1.35), (-2.18, -2.1)),
    }[style]
    paint = tone(PAINTS[int(rng.integers(len(PAINTS)))], float(rng.uniform(0.9, 1.08)))
    mesh = Mesh()
    mesh.begin("car")
    body = mesh.part
    end, half = length / 2, width / 2
    nose = 0.80 if style != "van" else 1.05
    sections = [
        _section(-end, half * 0.86, 0.36, belt * 0.9),
        _section(-end + 0.2, half * 0.97, 0.24, belt),
        _section(-end + 0.9, half, 0.2, belt), _section(end - 1.3, half, 0.2, belt),
        _section(end - 0.35, half * 0.95, 0.24, belt * 0.5 + nose * 0.5),
        _section(end, half * 0.8, 0.34, nose * 0.82),
    ]  # fmt: skip
    mesh.loft(sections, paint)
    _cabin(mesh, paint, half, belt, roof, front, rear)
    _car_details(mesh, rng, paint, end, half, belt, nose, lamps)
    radius = 0.33 if style != "suv" else 0.37
    for x in (end - 0.9, -end + 0.95):
        for side in (half - 0.005, -half + 0.005):
            arch = [
                (x + 0.44 * np.cos(a), radius + 0.40 * np.sin(a)) for a in np.linspace(0, np.pi, 7)
            ]
            slab_y(mesh, arch, side * 1.005, (22, 22, 24), 0.12)
            wheel(mesh, x, side * 1.01, radius, 0.2, (165, 165, 168))
    seed = int(rng.integers(24))
    kind = "green" if rng.random() < 0.25 else "blue"
    plate(mesh, end, 0.42, kind, seed, body)
    plate(mesh, -end, 0.62, kind, seed, body)
    return mesh


def _cabin(  # noqa: PLR0917
    mesh: Mesh,
    paint: Colour,
    half: float,
    belt: float,
    roof: float,
    front: tuple[float, float],
    rear: tuple[float, float],
) -> None:
    low_y, top_y = half * 0.92, half * 0.74
    low = np.array([(rear[0], -low_y), (front[0], -low_y), (front[0], low_y), (rear[0], low_y)])
    high = np.array([(rear[1], -top_y), (front[1], -top_y), (front[1], top_y), (rear[1], top_y)])
    mesh.frustum(low, belt, high, roof, GLASS, top=paint, lift=0.3)
    mesh.frustum(high, roof, high * (0.96, 0.9), roof + 0.05, paint, lift=0.5)
    span = front[0] - rear[0]
    for share, thick in ((0.0, 0.12), (0.36, 0.05), (0.68, 0.05), (1.0, 0.08)):
        bottom, top = rear[0] + span * share, rear[1] + (front[1] - rear[1]) * share
        inner = -1 if share > 0.9 else 1
        for side in (1, -1):
            quad = [(bottom, side * low_y * 1.01, belt),
            (bottom + inner * thick, side * low_y * 1.01, belt),
                    (top + inner * thick, side * top_y * 1.02, roof),
                    (top, side * top_y * 1.02, roof)]  # fmt: skip
            outward = (side > 0) == (inner > 0)
            mesh.face(quad[::-1] if outward else quad, paint, lift=0.5)


def _car_details(  # noqa: PLR0917
    mesh: Mesh,
    rng: np.random.Generator,
    paint: Colour,
    end: float,
    half: float,
    belt: float,
    nose: float,
    lamps: bool,
) -> None:
    for side in (1, -1):
        y = side * half * 1.004
        for x in (-1.0, 0.05, 1.0):
            slab_y(mesh, rect(x - 0.012, 0.32, x + 0.012, belt - 0.04), y, tone(paint, 0.55), 0.15)
        slab_y(mesh, rect(-end + 0.5, 0.2, end - 0.5, 0.3), y * 0.97, (40, 40, 42), 0.15)
        mesh.box(
            (0.75, side * (half + 0.06), belt - 0.05),
            (0.16, 0.14, 0.13),
            tone(paint, 0.8),
            lift=0.3,
        )
        inner, outer = side * half * 0.42, side * half * 0.78
        slab_x(
            mesh,
            rect(inner, nose * 0.58, outer, nose * 0.78),
            end + 0.01,
            (245, 250, 250),
            0.4,
            glow=lamps,
        )
        slab_x(
            mesh,
            rect(inner, belt * 0.66, outer, belt * 0.85),
            -end - 0.01,
            (40, 40, 205),
            0.4,
            glow=lamps,
        )
    slab_x(
        mesh,
        rect(-half * 0.4, nose * 0.45, half * 0.4, nose * 0.68),
        end + 0.01,
        (38, 38, 40),
        0.35,
    )
    slab_x(mesh, rect(-half * 0.75, 0.36, half * 0.75, 0.42), end + 0.012, (60, 60, 62), 0.35)
    if rng.random() < 0.3:
        slab_x(
            mesh,
            rect(-half * 0.1, nose * 0.6, half * 0.1, nose * 0.72),
            end + 0.02,
            (200, 200, 205),
            0.5,
        )
