"""Swapping: two drones change places in flight; sightings of one do not count for the other."""

from datasets.renderer.scene import Actor
from datasets.scenarios.cast import truck
from datasets.scenarios.hauling import COVERED, GATE_POST, OPEN, Pass, passed, road
from datasets.scenarios.look import Look, Span, survey
from datasets.scenarios.post import Cast, Post
from datasets.scenarios.scenario import Expected, Scenario, View
from datasets.scenarios.stages.block import EAST, YARD
from datasets.scenarios.stages.gate import GATE
from datasets.scenarios.surveying import DRONE_POST, WEEKLY, D, block, shed
from datasets.scenarios.sway import hovering

Place = tuple[Post, Cast]
"""How a drone looks that hovers there, and what it has before it."""
HALTING, EARLY = Pass(-2.0, halt=8.0), Pass(-5.0)
DRIVEN_ON = 14.8
"""Second at which it is half of its size further on in the picture: it drives on at 13.3 s."""


def gates() -> list[Scenario]:
    """An open truck waits at one gate; from another one a covered truck has left."""
    first = GATE_POST.but(camera="first", type="drone", tags=("drones",))
    second = first.but(camera="second")
    here = (first, lambda: road(truck("open", HALTING.way, OPEN)))
    there = (
        first.but(stage=GATE.seen_from("other gate", GATE.eye, GATE.target, GATE.fov)),
        lambda: road(truck("covered", EARLY.way, COVERED), seed=3),
    )
    looks = first.looks(20.0)
    glimpses = tuple(k for k in looks if k.t in {6.0, 6.5, 8.0, 8.5} or k.t > 16.0)
    _, leaves = HALTING.in_zone
    return [
        _swapped(
            "drones-swap-over-a-truck", "each drone has two looks at a waiting truck, one too few",
            (first, second), (here, there), glimpses, (7.0, 7.5),
        ),
        _swapped(
            "drones-swap-as-a-truck-waits",
            "each drone has seen enough by itself, and tells of it: the second as it drives on",
            (first, second), (here, there), looks, (6.0, 9.5),
            passed(HALTING, post=first).but(last_seen=6.0, cleared=9.5),
            second.stayed(9.5, leaves).but(confirmed=DRIVEN_ON),
        ),
    ]  # fmt: skip


def blocks() -> list[Scenario]:
    """Two ends of one block: each drone knows which place it was sent to first."""
    west = DRONE_POST.but(camera="west", tags=("drones",))
    east = DRONE_POST.but(camera="east", stage=EAST, sway=hovering(2.0))

    def cast() -> list[Actor]:
        return block(shed("shed", YARD, (3 * D, 99 * D)))

    return [
        _swapped(
            "drones-swap-over-a-block", "a new shed is one for either drone, and no house is new",
            (west, east), ((west, cast), (east, cast)), survey(west.start, WEEKLY[:3]),
            (7 * D + 90.0, 7 * D + 100.0), west.stayed(7 * D), east.stayed(7 * D),
        ),
    ]  # fmt: skip


def _swapped(  # noqa: PLR0917
    name: str,
    about: str,
    posts: tuple[Post, Post],
    places: tuple[Place, Place],
    looks: tuple[Look, ...],
    away: Span,
    *expected: Expected,
) -> Scenario:
    """Each drone is over its own place before `away`, and over the other's after it."""
    one, other = posts
    before = tuple(look for look in looks if look.t < away[0])
    after = tuple(look for look in looks if look.t >= away[1])
    views = [
        _over(camera.camera, place, seen, home[0])
        for camera, home, abroad in ((one, places[0], places[1]), (other, places[1], places[0]))
        for place, seen in ((home, before), (abroad, after))
    ]
    return Scenario(
        name,
        about,
        one.site(other),
        one.start,
        tuple(views),
        expected,
        frozenset((one.kind, *one.tags)),
    )


def _over(camera: str, place: Place, looks: tuple[Look, ...], home: Post) -> View:
    """What a drone sees over a place, where registration finds it if it is the block."""
    post, cast = place
    laid = home.stage if home.kind == "illegal_structure" else None
    return post.but(camera=camera).view(looks, cast, over=laid)
