"""Filling: bins that overflow and are emptied, bins that do not, rubbish without a bin."""

from datasets.renderer.scene import Actor
from datasets.scenarios.cast import BLUE, Spot, bags, passers, people, refuse_bin, traffic
from datasets.scenarios.look import Span, without
from datasets.scenarios.post import SHANGHAI, Cast, Post, local
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.stage import NIGHT, OVERCAST, RAIN
from datasets.scenarios.stages.station import (
    BIN_STATION,
    FIRST,
    LANES,
    OUTSIDE,
    SECOND,
    STATION,
    THIRD,
    WALKS,
)  # fmt: skip
from datasets.scenarios.sway import shaking

M, H = 60.0, 3600.0
STATION_POST = Post(
    "bins",
    BIN_STATION,
    STATION,
    "overflowing_bin",
    "bin_overflow",
    seconds=10 * M,
    condition=OVERCAST,
    start=local(SHANGHAI, 2026, 11, 20, 7, 0),
    dwell=30 * M,
    clear=10 * M,
)
"""As shipped: two looks at least half an hour apart, over after ten minutes."""


def filling(name: str, spot: Spot, *full: Span, seed: int = 4, large: bool = False) -> Actor:
    """A bin that overflows in these spans and is closed else; a small one is left open before."""
    states: list[tuple[float, str]] = [(0.0, "closed")]
    for since, until in full:
        if not large:
            states.append((since - 20 * M, "lidless"))
        states += [(since, "overflowing"), (until, "closed")]
    return refuse_bin(name, spot, states, seed=seed, large=large)


def calm(name: str, spot: Spot, state: str = "closed", seed: int = 6) -> Actor:
    """A bin that stays as it is."""
    return refuse_bin(name, spot, [(0.0, state)], seed=seed, paint=BLUE, heading=-6.0)


def corner(*things: Actor, seed: int = 0, umbrellas: bool = False) -> list[Actor]:
    """Things at the station, with people and cars going by."""
    return [
        *passers(2, WALKS, seed=seed, umbrella=umbrellas, share=0.5),
        *traffic(2, LANES, seed=seed),
        *things,
    ]


def overflows() -> list[Scenario]:
    """One bin that overflows, as it is seen by day, by night and in rain."""
    post = STATION_POST
    return [
        post.scenario(
            "bin-overflows", "a bin overflows for two hours and is emptied",
            4 * H, _one((1 * H, 3 * H)), post.stayed(1 * H, 3 * H),
        ),
        post.scenario(
            "container-overflows", "a large container overflows for two hours",
            4 * H,
            lambda: corner(filling("container", FIRST, (1 * H, 3 * H), large=True),
                           calm("other", THIRD)),
            post.stayed(1 * H, 3 * H),
        ),
        post.scenario(
            "bin-emptied-and-full-again", "a bin that is emptied and fills again is two episodes",
            6 * H, _one((1 * H, 2.5 * H), (4 * H, 5.5 * H)),
            post.stayed(1 * H, 2.5 * H), post.stayed(4 * H, 5.5 * H),
        ),
        post.scenario(
            "two-bins-overflow", "two full bins apart from each other are two episodes",
            5 * H,
            lambda: corner(filling("one", FIRST, (1 * H, 3 * H)),
                           filling("two", THIRD, (2 * H, 4 * H), seed=24)),
            post.stayed(1 * H, 3 * H), post.stayed(2 * H, 4 * H),
        ),
        post.scenario(
            "bags-beside-a-full-bin", "rubbish beside a full bin is the same episode",
            4 * H,
            lambda: corner(filling("one", FIRST, (1 * H, 3 * H)), calm("other", THIRD),
                           bags("bags", (FIRST[0] + 0.2, FIRST[1] - 0.8), (1.5 * H, 3 * H))),
            post.stayed(1 * H, 3 * H),
        ),
        post.scenario(
            "bags-without-a-bin", "rubbish far from any bin is exposed garbage",
            4 * H,
            lambda: corner(calm("one", FIRST), bags("bags", (-5.6, 9.8), (1 * H, 3 * H), count=7)),
            post.stayed(1 * H, 3 * H, "exposed_garbage"),
        ),
        post.but(condition=NIGHT, start=local(SHANGHAI, 2026, 11, 20, 19, 0)).scenario(
            "bin-overflows-at-night", "a bin overflows under a street lamp",
            4 * H, _one((1 * H, 3 * H)), post.stayed(1 * H, 3 * H),
        ),
        post.but(condition=RAIN).scenario(
            "bin-overflows-in-rain", "a bin overflows in the rain",
            4 * H, _one((1 * H, 3 * H), umbrellas=True), post.stayed(1 * H, 3 * H),
        ),
    ]  # fmt: skip


def harmless() -> list[Scenario]:
    """Bins that are no violation."""
    post = STATION_POST
    return [
        post.scenario(
            "bins-not-full", "bins stand closed, or open with bags below the rim",
            4 * H,
            lambda: corner(calm("one", FIRST), calm("two", SECOND, "lidless", seed=16),
                           calm("three", THIRD, "lidless", seed=26)),
            tags=("confuser",),
        ),
        post.scenario(
            "bin-emptied-in-time", "a bin is emptied before it was full for half an hour",
            3 * H, _one((1 * H - 1 * M, 1.4 * H)), tags=("confuser",),
        ),
        post.scenario(
            "bin-full-beyond-the-zone", "a full bin that the zone does not hold",
            3 * H,
            lambda: corner(calm("one", FIRST), filling("far", OUTSIDE, (1 * H, 2.5 * H))),
            tags=("confuser",),
        ),
    ]  # fmt: skip


def unsteady() -> list[Scenario]:
    """Full bins behind people, on a shaking pole, over gaps."""
    post = STATION_POST
    spots = ((-5.0, 6.0), (-4.6, 6.4), (-5.3, 5.6))
    night = post.but(start=local(SHANGHAI, 2026, 11, 20, 21, 0))
    return [
        post.scenario(
            "resident-before-the-bin", "people hide much of a full bin at one look and another",
            4 * H,
            lambda: corner(
                filling("one", FIRST, (1 * H, 3 * H)), calm("other", THIRD),
                *people("resident", spots, (70 * M, 80 * M), (110 * M, 120 * M)),
            ),
            post.stayed(1 * H, 3 * H), tags=("occlusion",),
        ),
        post.but(sway=shaking(2)).scenario(
            "camera-shakes-over-bins", "the pole shakes while one of two bins is full",
            4 * H, _one((1 * H, 3 * H)), post.stayed(1 * H, 3 * H), tags=("shake",),
        ),
        night.scenario(
            "bin-full-over-a-gap", "full before the camera's night and after it: one episode",
            without(night.looks(12 * H), (1.5 * H, 9 * H)), _one((1 * H - 1 * M, 11 * H)),
            # One look shows it before the gap, the first one after it is far enough from that.
            night.stayed(1 * H, 11 * H).but(confirmed=9 * H), tags=("gap",),
        ),
        night.scenario(
            "bin-emptied-in-a-gap", "emptied while the camera was off: over with two clean looks",
            without(night.looks(12 * H), (2 * H, 10 * H)), _one((1 * H, 6 * H)),
            night.stayed(1 * H).but(last_seen=2 * H, cleared=10 * H + 10 * M), tags=("gap",),
        ),
    ]  # fmt: skip


def _one(*full: Span, umbrellas: bool = False) -> Cast:
    return lambda: corner(filling("one", FIRST, *full), calm("other", THIRD), umbrellas=umbrellas)
