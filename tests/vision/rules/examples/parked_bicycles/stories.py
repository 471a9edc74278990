"""Stories of bicycles on a pavement, in the form of `datasets/scenarios`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from datasets.renderer.buses import bus_mesh
from datasets.renderer.cycles import bicycle_mesh, motorcycle_mesh
from datasets.renderer.mesh import Mesh
from datasets.renderer.motion import Path, Walker, beside
from datasets.renderer.people import Person
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.scenarios import Scenario
from datasets.scenarios.cast import passers, people, there, traffic
from datasets.scenarios.look import Span
from datasets.scenarios.post import SHANGHAI, Post, local
from datasets.scenarios.stage import DAY, DUSK, NIGHT, RAIN
from datasets.scenarios.stages.market import LANES, MARKET, STRIP

M = 60.0
SPOTS = ((-6.2, 4.6), (-6.2, 6.8), (-6.2, 9.0), (-6.2, 11.2), (-6.2, 13.4))
"""Places in a row across the pavement, metres; nearer ones the shipped weights take for fewer."""
BAY = ((-9.0, 3.8), (-9.0, 14.4), (-4.8, 14.4), (-4.8, 3.8))
"""Corners on the ground around that row."""
BEHIND = (((-10.4, 0.0), (-10.4, 34.0)), ((5.6, 2.0), (5.6, 40.0)))
"""Where people walk, clear of the row."""
POST = Post(
    "pavement",
    MARKET,
    STRIP,
    "parked_bicycles",
    "bicycles",
    seconds=M,
    condition=DAY,
    start=local(SHANGHAI, 2026, 11, 20, 9, 0),
    dwell=30 * M,
    clear=5 * M,
)
"""As the package ships: three that stand for half an hour, over after five minutes."""
OFTEN = POST.but(seconds=5.0, dwell=30.0, clear=15.0, settings={"dwell": "30s", "clear": "15s"})


def stories() -> list[Scenario]:
    """All of them."""
    return [*counts(), *leaving(), *bays(), *ridden(), *hidden(), *lights()]


def counts() -> list[Scenario]:
    """How many are too many, and for how long."""
    return [
        POST.scenario(
            "three-stay", "three bicycles stand for forty minutes",
            52 * M, lambda: street(*row(3, (2 * M, 42 * M))), POST.stayed(2 * M, 42 * M),
        ),
        POST.scenario(
            "three-leave-in-time", "two minutes less than the rule asks",
            40 * M, lambda: street(*row(3, (2 * M, 30 * M))), tags=("confuser",),
        ),
        POST.scenario(
            "two-stand", "two of which three would be too many",
            60 * M, lambda: street(*row(2, (2 * M, 55 * M))), tags=("confuser",),
        ),
        of(2).scenario(
            "two-are-too-many-here", "a zone of which the site says two",
            45 * M, lambda: street(*row(2, (2 * M, 36 * M))), POST.stayed(2 * M, 36 * M),
        ),
        of(1).scenario(
            "one-is-too-many-here", "a zone of which the site says one",
            45 * M, lambda: street(*row(1, (2 * M, 36 * M))), POST.stayed(2 * M, 36 * M),
        ),
        POST.scenario(
            "the-third-comes-later", "the clock runs from the third",
            60 * M, lambda: street(*row(2, (2 * M, 70 * M)), *row(3, (12 * M, 70 * M))[2:]),
            POST.stayed(12 * M),
        ),
        POST.scenario(
            "come-and-go", "three or four at any time, none for more than twelve minutes",
            80 * M,
            lambda: street(*(
                parked(f"guest-{k}-{n}", spot, ((4 * k + 19 * n) * M, (4 * k + 19 * n + 12) * M))
                for k, spot in enumerate(SPOTS) for n in range(5)
            )),
            tags=("confuser",),
        ),
        POST.but(subtype="e_bikes").scenario(
            "e-bikes-stay", "two e-bikes and a bicycle",
            45 * M,
            lambda: street(
                parked("a", SPOTS[0], (2 * M, 40 * M), mesh=_motorcycle(4)),
                parked("b", SPOTS[2], (2 * M, 40 * M), mesh=_motorcycle(5)),
                parked("c", SPOTS[3], (2 * M, 40 * M)),
            ),
            POST.stayed(2 * M, 40 * M, "e_bikes").but(last_seen=None),
        ),
        POST.but(shows="shared_bicycles", subtype="shared_bicycles").scenario(
            "shared-bicycles", "a zone of which the site says what stands there",
            40 * M, lambda: street(*row(4, (2 * M, 60 * M))),
            POST.stayed(2 * M, subtype="shared_bicycles"),
        ),
        POST.scenario(
            "on-the-road", "bicycles stand beside the zone",
            45 * M,
            lambda: street(*(
                parked(f"b-{k}", (-3.6, 6.0 + 1.4 * k), (2 * M, 60 * M)) for k in range(3)
            )),
            tags=("confuser",),
        ),
    ]  # fmt: skip


def leaving() -> list[Scenario]:
    """When it is over."""
    return [
        POST.scenario(
            "one-of-three-leaves", "two are left, and are no case",
            60 * M,
            lambda: street(*row(3, (2 * M, 70 * M))[:2], *row(3, (2 * M, 40 * M))[2:]),
            POST.stayed(2 * M, 40 * M),
        ),
        POST.scenario(
            "one-of-four-leaves", "three are left, and it goes on",
            60 * M,
            lambda: street(*row(4, (2 * M, 70 * M))[:3], *row(4, (2 * M, 40 * M))[3:]),
            POST.stayed(2 * M),
        ),
    ]  # fmt: skip


def bays() -> list[Scenario]:
    """Bays for bicycles are permits."""
    bay = {"name": "bicycle bay", "kinds": ["parked_bicycles"], "camera": POST.camera,
           "polygon": MARKET.ring(BAY), "valid": "2026-03-01/2026-12-31"}  # fmt: skip
    post = POST.but(permits=(bay,), tags=("permit",))
    return [
        post.scenario(
            "in-the-bay", "five stand where they may",
            45 * M, lambda: street(*row(5, (2 * M, 60 * M))), tags=("confuser",),
        ),
        post.scenario(
            "three-beside-the-bay", "two stand in the bay, three beside it",
            45 * M,
            lambda: street(
                *row(2, (2 * M, 60 * M)),
                *(parked(f"beside-{k}", (-9.5, 6.0 + 1.6 * k), (3 * M, 60 * M), facing=90.0)
                  for k in range(3)),
            ),
            POST.stayed(3 * M),
        ),
    ]  # fmt: skip


def ridden() -> list[Scenario]:
    """What moves, and what somebody sits on, is not parked."""
    return [
        OFTEN.scenario(
            "ridden-past", "one rider after the other",
            180.0, lambda: street(*(rider(f"rider-{k}", 4.0 * k) for k in range(40))),
            tags=("confuser",),
        ),
        OFTEN.scenario(
            "pushed-past", "three that people push through the zone, each for a minute",
            120.0,
            lambda: street(*(a for k in range(3) for a in pushed(f"pushed-{k}", 8.0 + 9.0 * k))),
            tags=("confuser",),
        ),
        of(1).scenario(
            "riders-wait", "riders wait on their e-bikes for an hour",
            60 * M,
            lambda: street(*(
                parked(f"r-{k}", SPOTS[k], (2 * M, 60 * M), mesh=_motorcycle(7 + k, ridden=True))
                for k in range(3)
            )),
            tags=("confuser",),
        ),
        POST.scenario(
            "walkers-in-front", "people walk past all the time, one as the last is parked",
            45 * M,
            lambda: [*row(3, (2 * M, 60 * M)),
                     *passers(3, (((-4.9, 2.0), (-4.9, 16.0)),), seed=8, share=0.4)],
            POST.stayed(4 * M),
        ),
        POST.scenario(
            "gone-behind-people", "people stand where the bicycles were",
            60 * M,
            lambda: [*row(3, (2 * M, 36 * M)),
                     *people("talkers", [(x + 0.2, y) for x, y in SPOTS[:3]], (36 * M, 46 * M))],
            POST.stayed(2 * M, 36 * M).but(cleared=51 * M),
        ),
    ]  # fmt: skip


def hidden() -> list[Scenario]:
    """A bus at the kerb hides the row."""
    return [
        POST.scenario(
            "bus-stops", "three minutes behind a bus are within the stay",
            45 * M, lambda: street(*row(3, (2 * M, 60 * M)), bus((15 * M, 18 * M))),
            POST.stayed(2 * M),
        ),
        POST.scenario(
            "bus-stays", "what stood there for a quarter of an hour is not known: it counts anew",
            65 * M, lambda: street(*row(3, (2 * M, 70 * M)), bus((15 * M, 30 * M))),
            POST.stayed(30 * M),
        ),
        POST.scenario(
            "bus-before-a-case", "what is confirmed is not cleared behind a bus",
            70 * M, lambda: street(*row(3, (2 * M, 90 * M)), bus((40 * M, 58 * M))),
            POST.stayed(2 * M),
        ),
    ]  # fmt: skip


def lights() -> list[Scenario]:
    """Other light and weather."""
    return [
        POST.but(condition=condition).scenario(
            f"four-stay-{condition.name}", "four bicycles stand for forty minutes",
            52 * M, lambda: street(*row(4, (2 * M, 42 * M))), POST.stayed(2 * M, 42 * M),
        )
        for condition in (DUSK, NIGHT, RAIN)
    ]  # fmt: skip


def of(count: int) -> Post:
    """The post where so many are too many."""
    return POST.but(settings={"own": {"count": count}})


def street(*things: Actor) -> list[Actor]:
    """Things in the street's ordinary life."""
    return [*passers(2, BEHIND, seed=1, share=0.5), *traffic(2, LANES, seed=1, share=0.3), *things]


def row(count: int, *spans: Span) -> list[Actor]:
    """The first so many of the row."""
    return [parked(f"bicycle-{k}", SPOTS[k], *spans, seed=k) for k in range(count)]


def parked(
    name: str,
    spot: tuple[float, float],
    *spans: Span,
    seed: int = 0,
    mesh: Mesh | None = None,
    facing: float = 8.0,
) -> Actor:
    """A bicycle that stands there, or another mesh."""
    return there(name, mesh or _bicycle(seed), Pose(*spot, 0.0, facing), *spans)


def rider(name: str, start: float) -> Actor:
    """Somebody who rides along the pavement."""
    way = Path.at_speed(start, 3.5, (-6.4, -2.0), (-6.4, 22.0))
    return Actor.moving(name, _bicycle(3, ridden=True), way.pose)


def pushed(name: str, start: float) -> Sequence[Actor]:
    """A bicycle that somebody pushes."""
    way = Path.at_speed(start, 0.25, (-6.4, 2.0), (-6.4, 16.0))
    pusher = Walker(Person.random(np.random.default_rng(12)), way, reach=0.6)
    return Actor.moving(name, _bicycle(6), way.pose), Actor(
        f"pusher of {name}", pusher.figure, beside(way, 0.1, 0.45)
    )


def bus(*spans: Span) -> Actor:
    """A bus at the kerb, between the camera and the row."""
    return there("bus", bus_mesh(np.random.default_rng(3)), Pose(-2.9, 7.0, 0.0, -90.0), *spans)


@cache
def _bicycle(seed: int, *, ridden: bool = False) -> Mesh:
    return _mesh(bicycle_mesh, seed, ridden=ridden)


@cache
def _motorcycle(seed: int, *, ridden: bool = False) -> Mesh:
    return _mesh(motorcycle_mesh, seed, ridden=ridden)


def _mesh(
    make: Callable[[np.random.Generator, Person | None], Mesh], seed: int, *, ridden: bool
) -> Mesh:
    rng = np.random.default_rng(seed)
    return make(rng, Person.random(rng) if ridden else None)
