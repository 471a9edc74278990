"""Surveying: what is built between two flights of a drone, and what only looks like it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from datasets.renderer.buildings import shed_mesh, tarp_mesh
from datasets.renderer.loads import Truck
from datasets.renderer.raster import Pose
from datasets.renderer.scene import Actor
from datasets.renderer.trucks import truck_mesh
from datasets.scenarios.cast import Spot, passers, there, traffic
from datasets.scenarios.look import Look, Span, survey
from datasets.scenarios.post import SHANGHAI, Cast, Post, local
from datasets.scenarios.scenario import Expected, Scenario
from datasets.scenarios.stage import AFTERNOON, DAY, OVERCAST
from datasets.scenarios.stages.block import BLOCK, EAST, LANE, ROADS, SURVEYED, YARD
from datasets.scenarios.sway import hovering

D = 86400.0
WEEKLY = (0.0, 7.0, 14.0, 21.0, 28.0)
DRONE_POST = Post(
    "drone",
    BLOCK,
    SURVEYED,
    "illegal_structure",
    "unauthorised_building",
    seconds=60.0,
    condition=DAY,
    start=local(SHANGHAI, 2026, 9, 1, 10, 0),
    dwell=7 * D,
    clear=7 * D,
    type="drone",
    sway=hovering(0.0),
)
"""As shipped: known after the first hour, two looks a week apart, over after a week."""


def shed(name: str, spot: Spot, *spans: Span, size: Spot = (9.0, 6.5), seed: int = 520) -> Actor:
    """A colour-steel shed."""
    mesh = shed_mesh(np.random.default_rng(seed), size, 3.0)
    return there(name, mesh, Pose(*spot), *spans)


def block(*things: Actor, seed: int = 0) -> list[Actor]:
    """Things in the block, with traffic on its road."""
    return [*traffic(4, ROADS, seed=seed), *passers(2, ROADS, seed=seed), *things]


def surveys() -> list[Scenario]:
    """Flights over one block."""
    post = DRONE_POST
    weekly = survey(post.start, WEEKLY)
    last = 3 * 60.0  # a flight's last look, seconds after its first
    return [
        _story(
            "shed-is-built", "a shed that the second flight shows and the third still does",
            weekly[:16], lambda: block(shed("shed", YARD, (3 * D, 99 * D))),
            post.stayed(7 * D),
        ),
        _story(
            "shed-is-removed", "a shed is torn down after two flights have shown it",
            weekly, lambda: block(shed("shed", YARD, (3 * D, 17 * D))),
            post.stayed(7 * D).but(last_seen=14 * D + last, cleared=28 * D),
        ),
        _story(
            "two-sheds-are-built", "two sheds in two weeks are two episodes",
            weekly,
            lambda: block(shed("one", YARD, (3 * D, 99 * D)),
                          shed("two", LANE, (10 * D, 99 * D), size=(5.6, 4.0), seed=521)),
            post.stayed(7 * D), post.stayed(14 * D),
        ),
        _story(
            "survey-missed", "a flight that did not take place is neither presence nor absence",
            survey(post.start, (0.0, 7.0, 21.0)),
            lambda: block(shed("shed", YARD, (3 * D, 99 * D))),
            post.stayed(7 * D).but(confirmed=21 * D), tags=("gap",),
        ),
    ]  # fmt: skip


def harmless() -> list[Scenario]:
    """What stood there before, does not stay, or is no structure."""
    post = DRONE_POST
    weekly = survey(post.start, WEEKLY)
    lorry = truck_mesh(
        Truck("other", "clean", "flatbed", (225, 225, 225), (140, 80, 40), "earth", "tarp", 8.0, 5)
    )
    return [
        _story("known-houses", "five flights in changing light show what always stood there",
               weekly, block, tags=("confuser",)),
        _story(
            "tent-for-a-week", "a tent that one flight shows and the next does not",
            weekly[:16], lambda: block(shed("tent", YARD, (3 * D, 10 * D))), tags=("confuser",),
        ),
        _story(
            "shed-for-six-days", "six days between two flights are one less than the rule asks",
            survey(post.start, (0.0, 7.0, 13.0)),
            lambda: block(shed("shed", YARD, (3 * D, 99 * D))),
        ),
        _story(
            "tarpaulins-and-a-lorry", "tarpaulins and a parked lorry are no structures",
            weekly[:16],
            lambda: block(
                there("tarpaulin", tarp_mesh(np.random.default_rng(530), (3.4, 2.6)),
                      Pose(16.0, -1.0, 0.0, 5.0), (3 * D, 99 * D)),
                there("other tarpaulin", tarp_mesh(np.random.default_rng(531), (3.0, 2.4)),
                      Pose(-1.0, 16.5, 0.0, 30.0)),
                there("lorry", lorry, Pose(32.0, -10.6), (3 * D, 99 * D)),
            ),
            tags=("confuser",),
        ),
    ]  # fmt: skip


def crossing() -> list[Scenario]:
    """Two drones over one block, each with a view and a baseline of its own."""
    west = DRONE_POST.but(camera="west", tags=("drones",))
    east = DRONE_POST.but(
        camera="east", stage=EAST, sway=hovering(2.0), condition=OVERCAST, tags=("drones",)
    )
    days = WEEKLY[:3]
    looks = survey(west.start, days)

    def cast() -> list[Actor]:
        return block(shed("shed", YARD, (3 * D, 99 * D)))

    def known() -> list[Actor]:
        return block(shed("shed", YARD))

    return [
        _two("drones-cross", "two drones see one new shed from two places: each reports it",
             (west, east), looks, cast, west.stayed(7 * D), east.stayed(7 * D)),
        _two("drones-cross-known", "what both drones know is no violation for either",
             (west, east), looks, known),
    ]  # fmt: skip


def _two(
    name: str,
    about: str,
    posts: tuple[Post, Post],
    looks: tuple[Look, ...],
    cast: Cast,
    *expected: Expected,
) -> Scenario:
    one, other = posts
    late = tuple(replace(k, t=k.t + 30.0, at=k.at + timedelta(seconds=30)) for k in looks)
    return Scenario(
        name,
        about,
        one.site(other),
        one.start,
        (one.view(looks, cast), other.view(late, cast)),
        expected,
        frozenset((one.kind, *one.tags)),
    )


def _story(
    name: str,
    about: str,
    looks: tuple[Look, ...],
    cast: Cast,
    *expected: Expected,
    tags: tuple[str, ...] = (),
) -> Scenario:
    """A story of several flights, each in another light."""
    post = DRONE_POST
    lights = (DAY, AFTERNOON, OVERCAST)
    conditions = tuple((7 * D * k, lights[k % len(lights)]) for k in range(len(WEEKLY)))
    view = post.view(looks, cast, conditions=conditions)
    marks = frozenset((post.kind, *tags))
    return Scenario(name, about, post.site(), post.start, (view,), expected, marks)
