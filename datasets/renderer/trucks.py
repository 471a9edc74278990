"""Trucks: tippers with their load and their dirt, box trucks, flatbeds."""

import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.loads import MUD, Truck, heap, hollow, lid
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.textures import flat, mottle, muddy
from datasets.renderer.vehicles import GLASS, RUBBER, plate, rect, slab_x, slab_y, tone, wheel


def truck_mesh(truck: Truck, lamps: bool = False) -> Mesh:
    """The truck as a mesh with parts "truck" and "plate"."""
    rng = np.random.default_rng(truck.seed)
    mesh = Mesh()
    part = mesh.begin("truck")
    end, half = truck.length / 2, 1.25
    muddy_wheels = truck.dirt == "muddy"
    rim, tyre = ((150, 150, 152), RUBBER) if not muddy_wheels else (tone(MUD, 0.9), tone(MUD, 0.62))
    mesh.box((0, 0, 0.75), (truck.length - 0.4, 0.9, 0.3), (45, 45, 48), lift=-2.5)
    _running_gear(mesh, truck, rim, tyre)
    _cab(mesh, truck, rng, end, half, lamps)
    front = end - 2.25
    {"tipper": _tipper, "box": _box, "flatbed": _flatbed}[truck.style](
        mesh, truck, rng, -end + 0.1, front
    )
    for side in (1, -1):
        slab_x(
            mesh,
            rect(side * 0.7, 0.8, side * 1.1, 0.95),
            -end - 0.02,
            (40, 40, 200),
            0.4,
            glow=lamps,
        )
    seed = int(rng.integers(24))
    plate(mesh, end, 0.5, "yellow", seed, part)
    plate(mesh, -end, 0.75, "yellow", seed, part)
    if muddy_wheels:
        _spatter(mesh, rng, end, half)
    return mesh


def _running_gear(mesh: Mesh, truck: Truck, rim: Colour, tyre: Colour) -> None:
    end = truck.length / 2
    axles = [end - 1.35, -end + 2.6, -end + 1.3]
    if truck.length > 8.6:
        axles.insert(1, end - 3.1)
    for x in axles:
        for y in (1.22, -1.22):
            wheel(mesh, x, y, 0.52, 0.34, rim, tyre)
    for y in (1.0, -1.0):
        mesh.box(
            (0.3, y, 0.6),
            (1.1, 0.45, 0.5),
            (120, 120, 122) if truck.dirt == "clean" else tone(MUD, 0.9),
        )


def _cab(  # noqa: PLR0917
    mesh: Mesh, truck: Truck, rng: np.random.Generator, end: float, half: float, lamps: bool
) -> None:
    paint, back, high = truck.cab, end - 2.05, 2.85
    sections = []
    for x, top, width in (
        (back, high, 1.0),
        (end - 0.45, high, 1.0),
        (end - 0.12, high - 0.55, 1.0),
        (end, 1.35, 0.97),
    ):
        y = half * width
        sections.append(np.array([(x, -y, 0.55), (x, y, 0.55), (x, y, top), (x, -y, top)]))
    mesh.loft(sections, paint)
    mesh.box((end - 1.2, 0, high), (1.3, 2.0, 0.28), tone(paint, 0.92), taper=0.8, lift=0.2)
    slab_x(mesh, rect(-half * 0.85, 0.95, half * 0.85, 1.42), end + 0.02, (36, 36, 38), 0.4)
    for k in range(3):
        slab_x(
            mesh,
            rect(-half * 0.8, 1.02 + 0.13 * k, half * 0.8, 1.06 + 0.13 * k),
            end + 0.025,
            (150, 150, 152),
            0.45,
        )
    glass = [(end + 0.01, -half * 0.9, 1.48), (end + 0.01, half * 0.9, 1.48),
             (end - 0.16, half * 0.88, 2.32), (end - 0.16, -half * 0.88, 2.32)]  # fmt: skip
    mesh.face(glass, GLASS, lift=0.45)
    bumper = tone(MUD, 0.95) if truck.dirt == "muddy" else tone(paint, 0.55)
    mesh.box((end - 0.1, 0, 0.42), (0.32, 2.46, 0.42), bumper, lift=0.2)
    for side in (1, -1):
        y = side * half * 1.004
        slab_y(
            mesh,
            [(end - 1.5, 1.55), (end - 0.32, 1.55), (end - 0.5, 2.35), (end - 1.5, 2.35)],
            y,
            GLASS,
            0.35,
        )
        slab_y(mesh, rect(end - 1.6, 0.75, end - 1.57, 2.5), y, tone(paint, 0.5), 0.3)
        arch = [
            (end - 1.35 + 0.66 * np.cos(a), 0.55 + 0.6 * np.sin(a))
            for a in np.linspace(0, np.pi, 7)
        ]
        slab_y(mesh, arch, y, (24, 24, 26), 0.3)
        slab_x(
            mesh,
            rect(side * 0.72, 0.62, side * 1.14, 0.86),
            end + 0.07,
            (245, 250, 250),
            0.5,
            glow=lamps,
        )
        mesh.box((end - 0.1, side * (half + 0.16), 1.7), (0.1, 0.2, 0.55), (40, 40, 42), lift=0.3)
    if rng.random() < 0.6:
        slab_x(mesh, rect(-0.5, 2.5, 0.5, 2.68), end - 0.22, (235, 235, 240), 0.5)


def _panel(
    rng: np.random.Generator, paint: Colour, length: float, height: float, dirt: float
) -> Array:
    ppm = 42
    w, h = max(8, int(length * ppm)), max(8, int(height * ppm))
    panel = mottle(flat(h, w, paint), rng, 12, 4)
    for k in range(0, w, max(6, int(0.75 * ppm))):
        panel[:, k : k + 4] = np.clip(panel[:, k : k + 4] * 0.72, 0, 255)
        panel[:, k + 4 : k + 7] = np.clip(panel[:, k + 4 : k + 7] * 1.12, 0, 255)
    panel[:4] = np.clip(panel[:4] * 1.15, 0, 255)
    panel[-5:] = (panel[-5:] * 0.6).astype(np.uint8)
    return muddy(panel, rng, dirt)


def _walls(  # noqa: PLR0917
    mesh: Mesh,
    truck: Truck,
    rng: np.random.Generator,
    span: tuple[float, float],
    z: tuple[float, float],
    flare: float,
) -> None:
    """Four textured outer walls between x span and z range; `flare` widens the top, metres."""
    (x0, x1), (z0, z1), y0, y1 = span, z, 1.2, 1.2 + flare
    dirt = float(rng.uniform(0.75, 1.15)) if truck.dirt == "muddy" else 0.0
    side = _panel(rng, truck.body, x1 - x0, z1 - z0, dirt)
    mesh.face([(x1, y1, z1), (x1, y0, z0), (x0, y0, z0), (x0, y1, z1)], truck.body, texture=side)
    mesh.face(
        [(x0, -y1, z1), (x0, -y0, z0), (x1, -y0, z0), (x1, -y1, z1)], truck.body, texture=side
    )
    end = _panel(rng, tone(truck.body, 0.94), 2.4, z1 - z0, dirt)
    mesh.face([(x0, y1, z1), (x0, y0, z0), (x0, -y0, z0), (x0, -y1, z1)], truck.body, texture=end)
    mesh.face([(x1, -y1, z1), (x1, -y0, z0), (x1, y0, z0), (x1, y1, z1)], truck.body, texture=end)


def _tipper(mesh: Mesh, truck: Truck, rng: np.random.Generator, x0: float, x1: float) -> None:
    z0, z1 = 1.1, float(rng.uniform(2.35, 2.75))
    _walls(mesh, truck, rng, (x0, x1), (z0, z1), 0.08)
    rim = tone(truck.body, 1.12)
    outer = np.array([(x0, -1.28), (x1, -1.28), (x1, 1.28), (x0, 1.28)])
    inner = outer + np.array([(0.1, 0.1), (-0.1, 0.1), (-0.1, -0.1), (0.1, -0.1)])
    for i in range(4):
        j = (i + 1) % 4
        mesh.face(
            [(*outer[i], z1), (*outer[j], z1), (*inner[j], z1), (*inner[i], z1)], rim, lift=0.1
        )
    mesh.box((x1 + 0.12, 0, z0), (0.12, 2.3, z1 - z0 + 0.35), tone(truck.body, 0.85))
    if truck.load == "empty":
        hollow(mesh, truck, inner, z0 + 0.15, z1)
    elif truck.load == "covered" and truck.cover == "lid":
        lid(mesh, outer, z1)
    else:
        heap(mesh, truck, rng, inner, z1)


def _box(mesh: Mesh, truck: Truck, rng: np.random.Generator, x0: float, x1: float) -> None:
    pale: Colour = (228, 230, 230) if rng.random() < 0.6 else truck.body
    painted = Truck(
        truck.load,
        truck.dirt,
        truck.style,
        truck.cab,
        pale,
        truck.cargo,
        truck.cover,
        truck.length,
        truck.seed,
    )
    top = float(rng.uniform(3.1, 3.6))
    _walls(mesh, painted, rng, (x0, x1), (1.0, top), 0.0)
    mesh.face(
        [(x0, -1.2, top), (x1, -1.2, top), (x1, 1.2, top), (x0, 1.2, top)],
        tone(pale, 0.95),
        lift=0.2,
    )
    for side in (1.2, -1.2):
        slab_y(mesh, rect(x0 + 0.4, 1.9, x1 - 0.6, 2.35), side * 1.005, tone(truck.cab, 0.95), 0.4)


def _flatbed(mesh: Mesh, truck: Truck, rng: np.random.Generator, x0: float, x1: float) -> None:
    mesh.box(
        ((x0 + x1) / 2, 0, 1.05), (x1 - x0, 2.44, 0.16), tone(truck.body, 0.8), top=(96, 120, 140)
    )
    mesh.box((x1 - 0.05, 0, 1.2), (0.1, 2.4, 1.1), tone(truck.body, 0.9))
    for y in (1.2, -1.2):
        mesh.box(((x0 + x1) / 2, y, 1.2), (x1 - x0, 0.05, 0.4), truck.body)
    x = x0 + 0.7
    while x < x1 - 0.9 and rng.random() < 0.85:
        tint = tone((90.0, 140.0, 175.0), float(rng.uniform(0.6, 1.2)))
        mesh.box(
            (x, float(rng.uniform(-0.2, 0.2)), 1.22), (1.0, 1.9, float(rng.uniform(0.5, 1.3))), tint
        )
        x += 1.2


def _spatter(mesh: Mesh, rng: np.random.Generator, end: float, half: float) -> None:
    """Blotches of mud on the cab's sides and front, thickest low down."""
    for _ in range(48):
        low = 0.6 + float(rng.beta(1, 2.5)) * 1.1
        size = float(rng.uniform(0.06, 0.24))
        ring = [
            (size * np.cos(a) * rng.uniform(0.6, 1.2), size * np.sin(a) * rng.uniform(0.5, 1.1))
            for a in np.arange(7) * 0.9
        ]
        tint = tone(MUD, float(rng.uniform(0.8, 1.15)))
        if rng.random() < 0.65:
            x, side = (
                float(rng.uniform(end - 2.0, end - 0.1)),
                half if rng.random() < 0.5 else -half,
            )
            slab_y(mesh, [(x + a, low + b) for a, b in ring], side * 1.01, tint, 0.5)
        else:
            y = float(rng.uniform(-1.1, 1.1))
            slab_x(mesh, [(y + a, low * 0.8 + b) for a, b in ring], end + 0.08, tint, 0.6)
