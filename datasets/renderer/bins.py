"""Bins in every state of filling, and what lies about them."""

from itertools import pairwise

import cv2
import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.lettering import print_on
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.vehicles import tone

BIN_PAINTS: tuple[Colour, ...] = (
    (70, 140, 40), (60, 160, 60), (160, 80, 30), (190, 110, 30), (105, 105, 105), (60, 60, 62),
    (45, 45, 185), (40, 95, 60),
)  # fmt: skip
BAGS: tuple[Colour, ...] = (
    (35, 35, 38), (35, 35, 38), (45, 45, 50), (225, 225, 225), (200, 190, 180), (60, 60, 190),
    (180, 120, 60), (90, 160, 90), (60, 190, 220),
)  # fmt: skip
STATES = ("closed", "open", "overflowing")


def _jitter(rng: np.random.Generator, colour: Colour, spread: float = 9) -> Colour:
    b, g, r = np.clip(np.array(colour) + rng.normal(0, spread, 3), 5, 245)
    return float(b), float(g), float(r)


def bag(
    mesh: Mesh,
    rng: np.random.Generator,
    at: tuple[float, float, float],
    size: float,
    lift: float = 0.0,
) -> None:
    """A tied rubbish bag: a squashed, dented ball of facets with a knot."""
    colour = _jitter(rng, BAGS[int(rng.integers(len(BAGS)))])
    n = 9
    angles = np.arange(n) * 2 * np.pi / n
    levels = ((0.0, 0.62), (0.28, 1.0), (0.6, 0.92), (0.86, 0.5), (1.0, 0.12))
    rings = []
    for z, r in levels:
        wobble = r * size * 0.55 * rng.uniform(0.78, 1.18, n)
        height = at[2] + z * size * 0.85 + rng.normal(0, 0.02 * size, n)
        rings.append(
            np.stack(
                (at[0] + wobble * np.cos(angles), at[1] + wobble * np.sin(angles), height), axis=1
            )
        )
    for low, high in pairwise(rings):
        for i in range(n):
            j = (i + 1) % n
            facet = tone(colour, float(rng.uniform(0.72, 1.32)))
            mesh.face([low[i], low[j], high[j], high[i]], facet, lift=lift)
    mesh.face(list(rings[-1]), tone(colour, 0.8), lift=lift)
    top = (at[0], at[1], at[2] + size * 0.82)
    mesh.rod(
        top,
        (top[0] + 0.04 * size, top[1], top[2] + 0.2 * size),
        0.05 * size,
        tone(colour, 1.1),
        end_radius=0.1 * size,
        sides=5,
        lift=lift,
    )


def litter(  # noqa: PLR0917
    mesh: Mesh,
    rng: np.random.Generator,
    centre: tuple[float, float],
    spread: float,
    count: int,
    z: float = 0.0,
) -> None:
    """Paper, bottles, cartons scattered on a surface."""
    for _ in range(count):
        x = centre[0] + float(rng.normal(0, spread))
        y = centre[1] + float(rng.normal(0, spread))
        kind = rng.random()
        colour = _jitter(rng, BAGS[int(rng.integers(len(BAGS)))], 25)
        if kind < 0.5:
            size, turn = float(rng.uniform(0.05, 0.16)), float(rng.uniform(0, np.pi))
            ring = [
                (x + size * np.cos(turn + a), y + size * np.sin(turn + a) * 0.7, z + 0.015)
                for a in (0.5, 2.6, 3.6, 5.8)
            ]
            mesh.face(ring, tone(colour, 1.1))
        elif kind < 0.75:
            end = (
                x + float(rng.uniform(-0.15, 0.15)),
                y + float(rng.uniform(-0.15, 0.15)),
                z + 0.04,
            )
            mesh.rod((x, y, z + 0.04), end, 0.035, (190, 200, 190), sides=5)
        else:
            tint = _jitter(rng, (95, 135, 165), 12)
            mesh.box(
                (x, y, z),
                (
                    float(rng.uniform(0.1, 0.3)),
                    float(rng.uniform(0.1, 0.25)),
                    float(rng.uniform(0.04, 0.2)),
                ),
                tint,
                turn=float(rng.uniform(0, 90)),
            )


def _label(rng: np.random.Generator, paint: Colour) -> Array:
    panel = np.full((72, 60, 3), paint, np.uint8)
    word = str(rng.choice(["可回收物", "厨余垃圾", "其他垃圾", "有害垃圾"]))
    centre, white = (30, 28), (238, 240, 240)
    for k in range(3):
        start = 120 * k + 20
        cv2.ellipse(panel, centre, (15, 15), 0, start, start + 85, white, 5)
    print_on(panel, word, white, (4, 50, 52, 14))
    return panel


def bin_mesh(
    rng: np.random.Generator, state: str, paint: Colour | None = None, label: bool = True
) -> Mesh:
    """A 240 L wheeled bin facing +x, in one of `STATES`.

    Dimensions after EN 840-1 two-wheeled containers: 0.58 m wide, 0.74 m deep, 1.07 m high.
    """
    colour = _jitter(rng, paint or BIN_PAINTS[int(rng.integers(len(BIN_PAINTS)))], 6)
    mesh = Mesh()
    mesh.begin("overflowing_bin" if state == "overflowing" else "bin")
    low = np.array([(-0.2, -0.21), (0.24, -0.21), (0.24, 0.21), (-0.2, 0.21)])
    high = np.array([(-0.30, -0.28), (0.35, -0.28), (0.35, 0.28), (-0.30, 0.28)])
    mesh.frustum(low, 0.06, high, 0.95, colour, top=(35, 36, 38))
    rim = high * 1.05
    mesh.frustum(rim, 0.92, rim, 0.99, tone(colour, 1.08), lift=0.12, closed=False)
    if label:
        ring = [
            (0.352, -0.16, 0.84),
            (0.318, -0.16, 0.44),
            (0.318, 0.16, 0.44),
            (0.352, 0.16, 0.84),
        ]
        mesh.face(ring, colour, lift=0.12, texture=_label(rng, colour))
    for y in (0.23, -0.23):
        mesh.rod((-0.26, y * 0.75, 0.1), (-0.26, y, 0.1), 0.1, (30, 30, 32), sides=10)
    mesh.rod((-0.38, -0.25, 0.94), (-0.38, 0.25, 0.94), 0.018, tone(colour, 0.8), sides=5)
    _lid(mesh, colour, state)
    if state == "open":
        _fill(mesh, rng, 0.82, 3, 0.32)
    if state == "overflowing":
        _fill(mesh, rng, 0.84, 4, 0.42)
        for _ in range(3):
            at = (
                float(rng.uniform(-0.1, 0.2)),
                float(rng.uniform(-0.14, 0.14)),
                1.08 + float(rng.uniform(0, 0.12)),
            )
            bag(mesh, rng, at, float(rng.uniform(0.34, 0.48)), lift=0.35)
        litter(mesh, rng, (0.05, 0), 0.14, 7, 1.12)
    return mesh


def _fill(mesh: Mesh, rng: np.random.Generator, z: float, count: int, size: float) -> None:
    for k in range(count):
        angle = 2 * np.pi * k / count
        bag(
            mesh,
            rng,
            (0.04 + 0.13 * np.cos(angle), 0.11 * np.sin(angle), z),
            size * float(rng.uniform(0.85, 1.1)),
            lift=0.25,
        )


def _lid(mesh: Mesh, colour: Colour, state: str) -> None:
    lid = tone(colour, 1.0)
    if state == "closed":
        ring = np.array([(-0.33, -0.3), (0.39, -0.3), (0.39, 0.3), (-0.33, 0.3)])
        mesh.frustum(ring, 0.98, ring * 0.93, 1.07, lid, top=tone(colour, 1.1), lift=0.2)
        return
    lean = 0.16 if state == "open" else 0.3
    points = [
        (-0.34, -0.3, 0.99),
        (-0.34, 0.3, 0.99),
        (-0.34 - lean, 0.28, 1.62),
        (-0.34 - lean, -0.28, 1.62),
    ]
    mesh.face(points, tone(colour, 0.72), lift=0.0)
    mesh.face(points[::-1], lid, lift=0.0)


def dumpster_mesh(rng: np.random.Generator, state: str, paint: Colour | None = None) -> Mesh:
    """A four-wheeled 1100 L container (EN 840-3: 1.37 m wide, 1.08 m deep, 1.40 m high)."""
    colour = _jitter(rng, paint or BIN_PAINTS[int(rng.integers(len(BIN_PAINTS)))], 6)
    mesh = Mesh()
    mesh.begin("overflowing_bin" if state == "overflowing" else "bin")
    high = np.array([(-0.52, -0.68), (0.54, -0.68), (0.54, 0.68), (-0.52, 0.68)])
    mesh.frustum(high * 0.84, 0.2, high, 1.15, colour, top=(35, 36, 38))
    mesh.frustum(high * 1.03, 1.1, high * 1.03, 1.2, tone(colour, 1.1), lift=0.12, closed=False)
    for x in (-0.34, 0.34):
        for y in (-0.48, 0.48):
            mesh.rod((x, y - 0.04, 0.1), (x, y + 0.04, 0.1), 0.1, (30, 30, 32), sides=8)
    ring = [(0.54, -0.4, 1.0), (0.49, -0.4, 0.5), (0.49, 0.4, 0.5), (0.54, 0.4, 1.0)]
    mesh.face(ring, colour, lift=0.12, texture=_label(rng, colour))
    if state == "closed":
        mesh.frustum(high * 1.04, 1.19, high * (0.7, 0.98), 1.42, tone(colour, 0.95), lift=0.25)
        return mesh
    points = [(-0.54, -0.7, 1.2), (-0.54, 0.7, 1.2), (-0.75, 0.68, 1.95), (-0.75, -0.68, 1.95)]
    mesh.face(points, tone(colour, 0.7))
    mesh.face(points[::-1], colour)
    levels = ((0.95, 6),) if state == "open" else ((0.98, 8), (1.25, 6))
    for z, count in levels:
        for _ in range(count):
            at = (float(rng.uniform(-0.3, 0.34)), float(rng.uniform(-0.48, 0.48)), z)
            bag(mesh, rng, at, float(rng.uniform(0.38, 0.58)), lift=0.3)
    if state == "overflowing":
        litter(mesh, rng, (0.1, 0), 0.3, 8, 1.45)
    return mesh


def litter_bin_mesh(rng: np.random.Generator, state: str) -> Mesh:
    """A pavement litter bin with a slot under a hood, or a plain drum."""
    colour = _jitter(rng, ((95, 100, 100), (70, 120, 50), (60, 80, 120))[int(rng.integers(3))])
    mesh = Mesh()
    mesh.begin("overflowing_bin" if state == "overflowing" else "bin")
    twin = rng.random() < 0.5
    for y, tint in (
        ((-0.25, colour), (0.25, _jitter(rng, (60, 130, 200)))) if twin else ((0.0, colour),)
    ):
        mesh.box((0, y, 0.08), (0.38, 0.42, 0.62), tint, top=(30, 30, 32))
        slot = [
            (0.192, y - 0.13, 0.6),
            (0.192, y + 0.13, 0.6),
            (0.192, y + 0.13, 0.68),
            (0.192, y - 0.13, 0.68),
        ]
        mesh.face(slot, (20, 20, 22), lift=0.1)
        mesh.box((0, y, 0.9), (0.42, 0.46, 0.08), tone(tint, 0.8), lift=0.1)
        mesh.box((-0.17, y, 0.7), (0.04, 0.4, 0.2), tone(tint, 0.7))
        if state == "overflowing":
            bag(mesh, rng, (0.1, y, 0.68), 0.4, lift=0.2)
            bag(mesh, rng, (0.0, y, 0.95), 0.34, lift=0.3)
            litter(mesh, rng, (0.1, y), 0.12, 6, 0.72)
    return mesh


def garbage_mesh(rng: np.random.Generator, bags: int | None = None, spread: float = 0.5) -> Mesh:
    """A pile on the ground: bags, cartons, litter; part "garbage"."""
    mesh = Mesh()
    mesh.begin("garbage")
    count = int(rng.integers(0, 8)) if bags is None else bags
    for k in range(count):
        layer = 0.0 if k < 5 else 0.32
        at = (float(rng.normal(0, spread * 0.7)), float(rng.normal(0, spread * 0.7)), layer)
        bag(mesh, rng, at, float(rng.uniform(0.35, 0.65)))
    litter(
        mesh, rng, (0, 0), spread, int(rng.integers(10, 26)) if count else int(rng.integers(24, 50))
    )
    return mesh
