"""Cast: who and what comes into a scene, stays, and goes."""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from datasets.renderer.bins import bin_mesh, dumpster_mesh, garbage_mesh
from datasets.renderer.loads import Truck
from datasets.renderer.mesh import Colour, Mesh
from datasets.renderer.motion import Path, Walker, beside, staged
from datasets.renderer.people import Person, person_mesh
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.renderer.stalls import stall_mesh
from datasets.renderer.trucks import truck_mesh
from datasets.renderer.vehicles import car_mesh
from datasets.scenarios.lidless import lidless_bin_mesh
from datasets.scenarios.look import Span

Spot = tuple[float, float]
"""Ground (x, y), metres."""
GREEN: Colour = (70.0, 150.0, 50.0)
BLUE: Colour = (160.0, 85.0, 35.0)
VENDOR_BEHIND = 1.0
LIFE = 420.0
"""Seconds after which who happens to pass by repeats, so that fewer pictures are to be drawn."""


def there(name: str, mesh: Mesh, pose: Pose, *spans: Span) -> Actor:
    """Something that stands at one place during some spans, or always where none is given."""
    return Actor(name, _always(mesh), lambda t: pose if _during(t, spans) else None)


def stall(
    name: str,
    spot: Spot,
    *spans: Span,
    seed: int = 5,
    style: str = "tricycle",
    shade: str = "parasol",
    facing: float = -90.0,
) -> list[Actor]:
    """A stall and, on its far side from the road, its vendor."""
    mesh = _stall(seed, style, shade)
    vendor = _person(1000 + seed)
    behind = Pose(spot[0] - VENDOR_BEHIND, spot[1] + 0.3, 0.0, 0.0)
    return [
        there(name, mesh, Pose(*spot, 0.0, facing), *spans),
        there(f"vendor of {name}", vendor, behind, *spans),
    ]


def pushed_cart(name: str, way: Path, *, seed: int = 21, style: str = "cart") -> list[Actor]:
    """A cart without shade on a path, and who pushes it."""
    pusher = Walker(Person.random(np.random.default_rng(seed)), way, reach=0.9)
    return [
        Actor.moving(name, _stall(seed, style, "none"), way.pose),
        Actor(f"pusher of {name}", pusher.figure, beside(way, -1.5, 0.0)),
    ]


def people(
    name: str, spots: Sequence[Spot], *spans: Span, seed: int = 0, umbrella: bool = False
) -> list[Actor]:
    """People who stand about."""
    return [
        there(
            f"{name}-{k}",
            _person(seed + k, umbrella=umbrella),
            Pose(*spot, 0.0, float(37 * (seed + k) % 360)),
            *spans,
        )
        for k, spot in enumerate(spots)
    ]


def passers(
    count: int,
    lines: Sequence[tuple[Spot, Spot]],
    *,
    seed: int = 0,
    umbrella: bool = False,
    share: float = 0.6,
) -> list[Actor]:
    """People who happen to walk by: at each look somewhere else, or not there.

    Args:
        count: How many at most.
        lines: (from, to) that they walk on.
        seed: Source of chance.
        umbrella: Whether they hold one up.
        share: Of the looks at which each is there, 0..1.
    """
    figures = [_person(100 + seed + k, umbrella=umbrella, walking=True) for k in range(count)]
    return [
        Actor(f"passer-{k}", _always(mesh), _somewhere(lines, (seed, k), share))
        for k, mesh in enumerate(figures)
    ]


def traffic(
    count: int, lines: Sequence[tuple[Spot, Spot]], *, seed: int = 0, share: float = 0.5
) -> list[Actor]:
    """Cars that happen to drive by, as `passers` do."""
    figures = [_car(seed + k) for k in range(count)]
    return [
        Actor(f"car-{k}", _always(mesh), _somewhere(lines, (seed, k, 7), share))
        for k, mesh in enumerate(figures)
    ]


def refuse_bin(
    name: str,
    spot: Spot,
    states: Sequence[tuple[float, str]],
    *,
    seed: int = 4,
    paint: Colour = GREEN,
    large: bool = False,
    heading: float = -12.0,
) -> Actor:
    """A bin that goes through states: (from second, "closed", "lidless" or "overflowing")."""
    stages = [(since, _bin(seed, state, paint, large)) for since, state in states]
    return Actor(name, staged(stages), lambda _: Pose(*spot, 0.0, heading))


def bags(name: str, spot: Spot, *spans: Span, seed: int = 9, count: int = 5) -> Actor:
    """Rubbish on the ground."""
    return there(name, _garbage(seed, count), Pose(*spot), *spans)


def truck(name: str, way: Path, what: Truck, *, lamps: bool = False) -> Actor:
    """A truck on a path."""
    return Actor.moving(name, _truck(what, lamps), way.pose, what.load, what.dirt)


def _always(mesh: Mesh) -> Callable[[float], Mesh]:
    return lambda _: mesh


def _during(t: float, spans: Sequence[Span]) -> bool:
    return not spans or any(a <= t < b for a, b in spans)


def _somewhere(
    lines: Sequence[tuple[Spot, Spot]], seed: tuple[int, ...], share: float
) -> Callable[[float], Pose | None]:
    def pose(t: float) -> Pose | None:
        rng = np.random.default_rng((*seed, round(t % LIFE * 10)))
        if rng.random() >= share:
            return None
        (x0, y0), (x1, y1) = lines[int(rng.integers(len(lines)))]
        along = float(rng.random())
        heading = float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
        return Pose(
            round(x0 + along * (x1 - x0), 3), round(y0 + along * (y1 - y0), 3), 0.0, heading
        )

    return pose


# Kept for good: drawings tell what changed by which mesh it is.
@cache
def _stall(seed: int, style: str, shade: str) -> Mesh:
    return stall_mesh(np.random.default_rng(seed), style, shade)


@cache
def _person(seed: int, *, umbrella: bool = False, walking: bool = False) -> Mesh:
    rng = np.random.default_rng(seed)
    who = Person.random(rng, umbrella=umbrella)
    return person_mesh(who, float(rng.random()) if walking else None)


@cache
def _car(seed: int) -> Mesh:
    return car_mesh(np.random.default_rng(seed))


@cache
def _bin(seed: int, state: str, paint: Colour, large: bool) -> Mesh:
    if state == "lidless":
        return lidless_bin_mesh(paint)
    return (dumpster_mesh if large else bin_mesh)(np.random.default_rng(seed), state, paint)


@cache
def _garbage(seed: int, count: int) -> Mesh:
    return garbage_mesh(np.random.default_rng(seed), bags=count, spread=0.3)


@cache
def _truck(what: Truck, lamps: bool) -> Mesh:
    return truck_mesh(what, lamps)
