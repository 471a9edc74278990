"""People: walking, standing, sitting, pushing; and what they hold."""

from dataclasses import dataclass

import numpy as np

from datasets.renderer.mesh import Colour, Mesh

SKINS: tuple[Colour, ...] = (
    (140, 175, 215),
    (125, 160, 205),
    (110, 145, 190),
    (90, 120, 165),
    (60, 85, 125),
)
CLOTHES: tuple[Colour, ...] = (
    (40, 40, 45), (70, 65, 60), (200, 200, 205), (150, 90, 40), (60, 45, 150), (50, 60, 190),
    (90, 130, 60),
    (170, 140, 90), (60, 150, 190), (120, 110, 160), (190, 170, 120), (60, 90, 130),
    (210, 190, 220),
    (60, 180, 220), (110, 60, 90), (100, 100, 100), (30, 70, 40),
)  # fmt: skip
TROUSERS: tuple[Colour, ...] = (
    (45, 42, 40), (110, 75, 50), (70, 62, 58), (60, 80, 105), (130, 130, 130), (30, 30, 32),
    (150, 170, 185)
)  # fmt: skip
HAIR: tuple[Colour, ...] = ((25, 25, 28), (30, 35, 45), (120, 120, 125), (40, 60, 90))
PHASES = 8


@dataclass(frozen=True)
class Person:
    """What a person looks like. Height in metres, colours BGR."""

    height: float
    skin: Colour
    shirt: Colour
    trousers: Colour
    hair: Colour
    long_hair: bool = False
    skirt: bool = False
    hat: Colour | None = None
    vest: bool = False
    bag: Colour | None = None
    umbrella: Colour | None = None
    build: float = 1.0

    @classmethod
    def random(cls, rng: np.random.Generator, *, umbrella: bool = False) -> "Person":
        """Draw a person."""

        def pick(palette: tuple[Colour, ...], spread: float = 10) -> Colour:
            b, g, r = np.clip(
                np.array(palette[int(rng.integers(len(palette)))]) + rng.normal(0, spread, 3),
                8,
                245,
            )
            return float(b), float(g), float(r)

        woman = rng.random() < 0.5
        child = rng.random() < 0.08
        height = float(rng.normal(1.62 if woman else 1.73, 0.06)) * (0.68 if child else 1)
        return cls(
            height=height,
            skin=pick(SKINS, 5),
            shirt=pick(CLOTHES),
            trousers=pick(TROUSERS),
            hair=pick(HAIR, 4),
            long_hair=bool(woman and rng.random() < 0.7),
            skirt=bool(woman and rng.random() < 0.3),
            hat=pick(CLOTHES) if rng.random() < 0.18 else None,
            bag=pick(CLOTHES) if rng.random() < 0.3 else None,
            umbrella=pick(CLOTHES, 16) if umbrella else None,
            build=float(rng.uniform(0.9, 1.18)),
        )


def _limb(
    mesh: Mesh, start: np.ndarray, end: np.ndarray, radii: tuple[float, float], colour: Colour
) -> None:
    mesh.rod(tuple(start), tuple(end), radii[0], colour, end_radius=radii[1], sides=5, capped=False)


def _leg(mesh: Mesh, person: Person, side: float, swing: float, seated: bool) -> None:
    h = person.height
    hip = np.array((0.0, side * 0.055 * h, 0.5 * h))
    if seated:
        hip[2] = 0.27 * h
        knee = hip + np.array((0.25 * h, side * 0.03 * h, 0.0))
        foot = knee + np.array((0.02 * h, 0.0, -0.245 * h))
    else:
        bend = max(0.0, -swing) * 0.5
        knee = hip + 0.25 * h * np.array((np.sin(swing), 0, -np.cos(swing)))
        foot = knee + 0.235 * h * np.array((np.sin(swing - bend), 0, -np.cos(swing - bend)))
    colour = person.skin if person.skirt else person.trousers
    _limb(mesh, hip, knee, (0.052 * h * person.build, 0.038 * h), colour)
    _limb(mesh, knee, foot, (0.038 * h, 0.028 * h), colour)
    mesh.box(
        (foot[0] + 0.03 * h, foot[1], foot[2] - 0.012 * h),
        (0.14 * h, 0.055 * h, 0.04 * h),
        (35, 35, 38),
    )


def _arm(mesh: Mesh, person: Person, side: float, swing: float, reach: float, base: float) -> None:  # noqa: PLR0917
    h = person.height
    shoulder = np.array((0.0, side * 0.125 * h * person.build, base + 0.3 * h))
    elbow = shoulder + 0.165 * h * np.array((np.sin(swing), side * 0.12, -np.cos(swing)))
    angle = swing + reach
    hand = elbow + 0.155 * h * np.array((np.sin(angle), 0, -np.cos(angle)))
    _limb(mesh, shoulder, elbow, (0.03 * h, 0.025 * h), person.shirt)
    _limb(mesh, elbow, hand, (0.024 * h, 0.02 * h), person.skin)
    mesh.ball(tuple(hand), 0.025 * h, person.skin)


def _torso(mesh: Mesh, person: Person, base: float) -> None:
    h, w = person.height, person.build
    angles = np.arange(8) * np.pi / 4 + np.pi / 8
    ring = np.stack((0.072 * np.cos(angles), 0.105 * np.sin(angles)), axis=1) * h * w
    shirt = (40, 165, 235) if person.vest else person.shirt
    mesh.frustum(ring * 0.92, base, ring, base + 0.17 * h, shirt)
    mesh.frustum(ring, base + 0.17 * h, ring * (0.95, 1.12), base + 0.28 * h, shirt)
    mesh.frustum(ring * (0.95, 1.12), base + 0.28 * h, ring * 0.5, base + 0.325 * h, shirt)
    if person.vest:
        mesh.frustum(
            ring * 1.02, base + 0.12 * h, ring * 1.03, base + 0.15 * h, (215, 225, 225), lift=0.05
        )
    if person.skirt:
        mesh.frustum(
            ring * 1.5, base - 0.2 * h, ring * 0.93, base + 0.02 * h, person.trousers, closed=False
        )
    if person.bag is not None:
        mesh.box((-0.1 * h, 0, base + 0.08 * h), (0.09 * h, 0.17 * h, 0.2 * h), person.bag)


def _head(mesh: Mesh, person: Person, base: float) -> None:
    h = person.height
    neck = base + 0.32 * h
    mesh.rod(
        (0, 0, neck), (0.01 * h, 0, neck + 0.05 * h), 0.03 * h, person.skin, sides=5, capped=False
    )
    middle = neck + 0.1 * h
    mesh.ball((0.015 * h, 0, middle - 0.012 * h), 0.064 * h, person.skin, lift=0.02)
    mesh.ball((-0.016 * h, 0, middle + 0.014 * h), 0.068 * h, person.hair)
    if person.long_hair:
        mesh.ball((-0.035 * h, 0, middle - 0.05 * h), 0.055 * h, person.hair)
    if person.hat is not None:
        angles = np.arange(8) * np.pi / 4
        ring = np.stack((np.cos(angles), np.sin(angles)), axis=1) * h
        mesh.frustum(
            ring * 0.1, middle + 0.03 * h, ring * 0.07, middle + 0.045 * h, person.hat, lift=0.05
        )
        mesh.frustum(
            ring * 0.07, middle + 0.04 * h, ring * 0.05, middle + 0.095 * h, person.hat, lift=0.08
        )


def person_mesh(
    person: Person, phase: float | None = None, *, reach: float = 0.0, seated: bool = False
) -> Mesh:
    """A person facing +x, part "person", and an "umbrella" part if one is held.

    Args:
        person: Looks.
        phase: Point of the walking cycle 0..1, None standing.
        reach: Radians by which the forearms are raised (pushing, serving).
        seated: Sits on something 0.27 of the height up (a stool, a saddle).
    """
    mesh = Mesh()
    mesh.begin("person")
    swing = 0.46 * np.sin(2 * np.pi * phase) if phase is not None else 0.0
    stand = 0.0 if seated else 0.25 * person.height
    base = 0.25 * person.height + stand
    for side, sign in ((1.0, 1.0), (-1.0, -1.0)):
        _leg(mesh, person, side, sign * swing, seated)
        held = person.umbrella is not None and side > 0
        lift = 2.1 if held else reach
        forward = 0.35 if reach or held else -sign * swing * 0.8
        _arm(mesh, person, side, forward, lift + 0.15, base)
    _torso(mesh, person, base)
    _head(mesh, person, base)
    if person.umbrella is not None:
        add_umbrella(mesh, (0.1, 0.1, base + 0.32 * person.height), person.umbrella)
    return mesh


def add_umbrella(
    mesh: Mesh, at: tuple[float, float, float], colour: Colour, radius: float = 0.52
) -> None:
    """An open hand umbrella whose canopy starts at `at`."""
    mesh.begin("umbrella")
    x, y, z = at
    mesh.rod((x, y, z - 0.2), (x, y, z + 0.5), 0.012, (60, 60, 60), sides=4, capped=False)
    angles = np.arange(9) * np.pi / 4
    rim = np.stack((x + radius * np.cos(angles), y + radius * np.sin(angles)), axis=1)
    mid = np.stack((x + 0.6 * radius * np.cos(angles), y + 0.6 * radius * np.sin(angles)), axis=1)
    for i in range(8):
        tone = tuple(c * (0.92 if i % 2 else 1.0) for c in colour)
        shade: Colour = (tone[0], tone[1], tone[2])
        mesh.face(
            [
                (*rim[i], z + 0.28),
                (*rim[i + 1], z + 0.28),
                (*mid[i + 1], z + 0.43),
                (*mid[i], z + 0.43),
            ],
            shade,
        )
        mesh.face([(*mid[i], z + 0.43), (*mid[i + 1], z + 0.43), (x, y, z + 0.5)], shade)
        inner: Colour = (shade[0] * 0.6, shade[1] * 0.6, shade[2] * 0.6)
        mesh.face([(*rim[i + 1], z + 0.28), (*rim[i], z + 0.28), (x, y, z + 0.5)], inner)
