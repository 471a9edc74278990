"""Houses, sheds and roof additions as drones see them: every one is a "structure"."""

import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.textures import flat, mottle, ribbed, tiles
from datasets.renderer.vehicles import tone

STEEL_BLUE: Colour = (190, 110, 30)
ROOFS = ("concrete", "tile", "steel_blue", "steel_red", "tin", "steel_grey")
WALLS: tuple[Colour, ...] = (
    (175, 190, 200),
    (150, 165, 185),
    (120, 140, 170),
    (195, 198, 198),
    (105, 125, 160),
)
PPM = 14.0


def house_mesh(
    rng: np.random.Generator, size: tuple[float, float], height: float, roof: str
) -> Mesh:
    """A building with its long side along x.

    Args:
        rng: Source of chance.
        size: Metres along x and y.
        height: Metres to the eaves.
        roof: One of `ROOFS`.
    """
    mesh = Mesh()
    mesh.begin("structure")
    wall = tone(WALLS[int(rng.integers(len(WALLS)))], float(rng.uniform(0.8, 1.08)))
    x, y = size[0] / 2, size[1] / 2
    ring = np.array([(-x, -y), (x, -y), (x, y), (-x, y)])
    mesh.frustum(ring, 0, ring, height, wall, closed=False)
    _windows(mesh, ring, height)
    if roof == "concrete":
        _flat_roof(mesh, rng, size, height, wall)
    else:
        _pitched_roof(mesh, rng, size, height, roof)
    return mesh


def _windows(mesh: Mesh, ring: Array, height: float) -> None:
    for i in range(4):
        a, b = ring[i], ring[(i + 1) % 4]
        length = float(np.linalg.norm(b - a))
        d = (b - a) / length
        n = np.array((d[1], -d[0])) * 0.03
        for z in np.arange(0.9, height - 1.6, 3.1):
            for s in np.arange(1.2, length - 1.5, 3.0):
                p, q = a + d * s + n, a + d * (s + 1.4) + n
                mesh.face([(*p, z), (*q, z), (*q, z + 1.4), (*p, z + 1.4)], (95, 84, 76), lift=0.3)


def _surface(rng: np.random.Generator, width: float, depth: float, roof: str) -> Array:
    w, h = max(8, int(width * PPM)), max(8, int(depth * PPM))
    if roof == "tile":
        colour = (
            tone((60.0, 78.0, 150.0), float(rng.uniform(0.75, 1.15)))
            if rng.random() < 0.7
            else (95.0, 92.0, 92.0)
        )
        return tiles(
            rng, h, w, colour, (max(2, int(0.34 * PPM)), max(2, int(0.28 * PPM))), 0.74, 10
        )
    colours: dict[str, Colour] = {
        "steel_blue": STEEL_BLUE, "steel_red": (52, 48, 165), "steel_grey": (185, 185, 180),
        "tin": (130, 145, 155),
    }  # fmt: skip
    worn = {"tin": float(rng.uniform(0.35, 0.85))}.get(roof, float(rng.uniform(0.0, 0.25)))
    colour = tone(colours[roof], float(rng.uniform(0.82, 1.15)))
    return ribbed(rng, h, w, colour, float(rng.uniform(0.35, 0.6)) * PPM, worn)


def _pitched_roof(
    mesh: Mesh, rng: np.random.Generator, size: tuple[float, float], height: float, roof: str
) -> None:
    x, y = size[0] / 2 + 0.35, size[1] / 2 + 0.35
    rise = size[1] * (0.26 if roof == "tile" else 0.10)
    ridge = height + rise
    panel = _surface(rng, 2 * x, y, roof)
    hip = x * 0.35 if roof == "tile" and rng.random() < 0.4 else 0.0
    if roof in {"tin", "steel_grey"} and rng.random() < 0.5:
        whole = _surface(rng, 2 * x, 2 * y, roof)
        mesh.face(
            [(-x, y, ridge), (-x, -y, height), (x, -y, height), (x, y, ridge)],
            STEEL_BLUE,
            lift=0.2,
            texture=whole,
        )
        return
    mesh.face(
        [(-x + hip, 0, ridge), (-x, -y, height), (x, -y, height), (x - hip, 0, ridge)],
        STEEL_BLUE,
        lift=0.2,
        texture=panel,
    )
    mesh.face(
        [(x - hip, 0, ridge), (x, y, height), (-x, y, height), (-x + hip, 0, ridge)],
        STEEL_BLUE,
        lift=0.2,
        texture=panel,
    )
    end = tone(
        (float(panel[..., 0].mean()), float(panel[..., 1].mean()), float(panel[..., 2].mean())),
        0.9 if hip else 1.0,
    )
    mesh.face([(x, -y, height), (x, y, height), (x - hip, 0, ridge)], end, lift=0.2)
    mesh.face([(-x, y, height), (-x, -y, height), (-x + hip, 0, ridge)], end, lift=0.2)
    cap = [
        (-x + hip, -0.16, ridge + 0.03),
        (x - hip, -0.16, ridge + 0.03),
        (x - hip, 0.16, ridge + 0.03),
        (-x + hip, 0.16, ridge + 0.03),
    ]
    mesh.face(cap, tone(end, 0.8), lift=0.5)


def _flat_roof(
    mesh: Mesh, rng: np.random.Generator, size: tuple[float, float], height: float, wall: Colour
) -> None:
    x, y = size[0] / 2, size[1] / 2
    w, h = max(8, int(size[0] * PPM)), max(8, int(size[1] * PPM))
    grey = tone((158.0, 164.0, 168.0), float(rng.uniform(0.72, 1.15)))
    if rng.random() < 0.3:
        grey = (95.0, 110.0, 130.0) if rng.random() < 0.5 else (110.0, 140.0, 110.0)
    slab = mottle(flat(h, w, grey), rng, 26, 6)
    joint = max(4, int(rng.uniform(2, 4) * PPM))
    slab[::joint] = (slab[::joint] * 0.82).astype(np.uint8)
    slab[:, ::joint] = (slab[:, ::joint] * 0.82).astype(np.uint8)
    mesh.face(
        [(-x, y, height), (-x, -y, height), (x, -y, height), (x, y, height)],
        grey,
        lift=0.1,
        texture=slab,
    )
    for cx, cy, sx, sy in (
        (0, -y, size[0], 0.24),
        (0, y, size[0], 0.24),
        (-x, 0, 0.24, size[1]),
        (x, 0, 0.24, size[1]),
    ):
        mesh.box((cx, cy, height), (sx, sy, 0.6), tone(wall, 0.95), top=tone(wall, 1.08), lift=0.3)
    _roof_things(mesh, rng, size, height, wall)


def _roof_things(
    mesh: Mesh, rng: np.random.Generator, size: tuple[float, float], height: float, wall: Colour
) -> None:
    x, y = size[0] / 2 - 1.4, size[1] / 2 - 1.4
    if x < 0.5 or y < 0.5:
        return
    sx = float(rng.choice([-1, 1]))
    mesh.box((sx * x, y, height), (2.4, 2.6, 2.4), tone(wall, 0.95), top=(150, 155, 158), lift=0.4)
    for _ in range(int(rng.integers(0, 4))):
        at = (float(rng.uniform(-x, x)), float(rng.uniform(-y, 0)), height)
        if rng.random() < 0.5:
            mesh.rod(at, (at[0], at[1], height + 1.3), 0.6, (185, 188, 190), sides=10, lift=0.5)
        else:
            mesh.box(at, (1.9, 1.1, 0.5), (70, 52, 40), top=(96, 66, 48), lift=0.5)
            mesh.rod(
                (at[0] - 0.9, at[1] + 0.6, height + 0.7),
                (at[0] + 0.9, at[1] + 0.6, height + 0.7),
                0.2,
                (205, 205, 205),
                sides=6,
                lift=0.6,
            )


def shed_mesh(
    rng: np.random.Generator, size: tuple[float, float], height: float, roof: str = "steel_blue"
) -> Mesh:
    """A colour-steel shed or lean-to: thin posts, a mono-pitch sheet roof, perhaps walls."""
    mesh = Mesh()
    mesh.begin("structure")
    x, y = size[0] / 2, size[1] / 2
    panel = _surface(rng, size[0], size[1], roof)
    low, high = height, height + size[1] * 0.09
    ring = np.array([(-x, -y), (x, -y), (x, y), (-x, y)]) * 0.96
    if rng.random() < 0.7:
        mesh.frustum(ring, 0, ring, low, (205, 205, 200), closed=False)
    for px, py in ring:
        mesh.rod((px, py, 0), (px, py, low), 0.06, (150, 150, 150), sides=4)
    mesh.face(
        [(-x, y, high), (-x, -y, low), (x, -y, low), (x, y, high)],
        STEEL_BLUE,
        lift=0.4,
        texture=panel,
    )
    mesh.face([(x, y, high), (x, y, low), (-x, y, low), (-x, y, high)], (190, 190, 185), lift=0.2)
    return mesh


def tarp_mesh(rng: np.random.Generator, size: tuple[float, float]) -> Mesh:
    """A tarpaulin or a stack under one, low on the ground: looks like a roof, is none, no label."""
    mesh = Mesh()
    colour = [
        (185.0, 115.0, 40.0),
        (80.0, 150.0, 60.0),
        (70.0, 120.0, 200.0),
        (150.0, 150.0, 150.0),
    ][int(rng.integers(4))]
    x, y = size[0] / 2, size[1] / 2
    nx, ny = 5, 4
    height = np.abs(rng.normal(0.0, 0.18, (nx + 1, ny + 1))) + 0.05
    xs, ys = np.linspace(-x, x, nx + 1), np.linspace(-y, y, ny + 1)
    jx = rng.normal(0, 0.06, (nx + 1, ny + 1)) * size[0] / nx
    for i in range(nx):
        for j in range(ny):
            quad = [(xs[a] + jx[a, b], ys[b] + jx[b % (nx + 1), a % (ny + 1)], height[a, b])
                    for a, b in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1))]  # fmt: skip
            mesh.face(quad, tone(colour, float(rng.uniform(0.86, 1.1))))
    return mesh
