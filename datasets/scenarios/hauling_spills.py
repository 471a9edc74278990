"""Spills: trucks that lose their load on the road, and litter that is none of theirs."""

import numpy as np

from datasets.renderer.motion import Path
from datasets.renderer.scene import Actor
from datasets.renderer.vehicles import car_mesh
from datasets.scenarios.cast import Spot, bags, people, truck
from datasets.scenarios.hauling import (
    COVERED,
    EMPTY,
    FOOT,
    GATE_POST,
    LOOK,
    OPEN,
    SEALED,
    SPEED,
    UNTIL,
    Pass,
    passed,
    road,
)
from datasets.scenarios.look import without
from datasets.scenarios.scenario import Expected, Scenario
from datasets.scenarios.stage import RAIN
from datasets.scenarios.stages.gate import BACK, OUT

TAIL = 4.6
"""From a truck's middle to behind its tail, metres."""
SPOT: Spot = (OUT, 15.0)
KERB: Spot = (-5.7, 15.0)
PAVEMENT: Spot = (-6.5, 11.0)
EVER = 1e9


def load(driving: Pass, spot: Spot = SPOT, *, name: str = "load") -> Actor:
    """What a truck leaves on the road once its tail has passed a spot."""
    behind = TAIL if not driving.back else -TAIL
    falls = driving.reaches(spot[1] - behind - FOOT)
    return bags(name, spot, (falls, EVER), count=9)


def spilt(driving: Pass, seen: float) -> Expected:
    """The episode of a truck whose load is first seen apart from it at a second."""
    return passed(driving, "spill").but(confirmed=seen + 2 * LOOK)


def spills() -> list[Scenario]:
    """Loads that are lost."""
    post, out, back = GATE_POST, Pass(-2.0), Pass(0.0, x=BACK, back=True)
    early, late = Pass(-2.0), Pass(3.5)
    return [
        post.scenario(
            "truck-spills", "a sealed truck loses a part of its load and drives on", UNTIL,
            lambda: road(truck("truck", out.way, SEALED), load(out)), spilt(out, 7.0),
        ),
        post.scenario(
            "truck-spills-going-back", "a covered truck that drives away loses a part of its load",
            UNTIL,
            lambda: road(truck("truck", back.way, COVERED), load(back, (BACK, 12.0))),
            spilt(back, 5.5),
        ),
        post.but(condition=RAIN).scenario(
            "truck-spills-in-rain", "a covered truck loses a part of its load in the rain", UNTIL,
            lambda: road(truck("truck", out.way, COVERED), load(out)), spilt(out, 7.0),
        ),
        post.scenario(
            "open-truck-spills", "an open truck that spills is one episode, of what was seen first",
            UNTIL, lambda: road(truck("truck", out.way, OPEN), load(out)), passed(out),
        ),
        post.scenario(
            "first-truck-spills", "what lay there when the second came is the first one's", 20.0,
            lambda: road(truck("first", early.way, SEALED), load(early),
                         truck("second", late.way, COVERED)),
            spilt(early, 7.0),
        ),
        post.scenario(
            "second-truck-spills", "what was not there behind the first truck is the second one's",
            20.0,
            lambda: road(truck("first", early.way, SEALED), truck("second", late.way, COVERED),
                         load(late)),
            spilt(late, 12.5),
        ),
    ]  # fmt: skip


def litter() -> list[Scenario]:
    """What lies on the road and is no truck's, or nobody can say whose."""
    post, out, close, halting = GATE_POST, Pass(-2.0), Pass(-0.3), Pass(-8.0, halt=4.0)
    car = car_mesh(np.random.default_rng(3))
    follows = Path.at_speed(-0.5, SPEED, (OUT, 60.0), (OUT, -14.0))
    return [
        post.scenario(
            "litter-before-the-truck", "a sealed truck drives over what lay there before it came",
            UNTIL, lambda: road(truck("truck", out.way, SEALED), bags("litter", SPOT, count=9)),
            tags=("confuser",),
        ),
        post.scenario(
            "litter-behind-the-truck", "litter at the kerb is hidden by a truck and seen again",
            UNTIL, lambda: road(truck("truck", out.way, COVERED), bags("litter", KERB, count=9)),
            tags=("confuser", "occlusion"),
        ),
        post.scenario(
            "litter-under-the-first-truck", "nobody saw the spot before the truck stood on it",
            UNTIL,
            lambda: road(truck("truck", halting.way, SEALED), bags("litter", SPOT, count=9)),
            tags=("confuser", "occlusion"),
        ),
        post.scenario(
            "bags-on-the-pavement-later", "bags are put down beside the road behind a truck",
            UNTIL,
            lambda: road(truck("truck", out.way, EMPTY),
                         *people("resident", ((-6.9, 11.2),), (8.0, 10.0)),
                         bags("bags", PAVEMENT, (8.5, EVER), count=7)),
            tags=("confuser",),
        ),
        post.scenario(
            "bags-on-the-road-later", "bags lie on a truck's way seconds after it has passed",
            UNTIL,
            lambda: road(truck("truck", out.way, SEALED), bags("bags", SPOT, (8.5, EVER), count=9)),
            tags=("confuser",),
        ),
        post.scenario(
            "trucks-close-together-spill", "one of two trucks lost it, and nobody saw which",
            UNTIL + 2,
            lambda: road(truck("first", out.way, SEALED), load(out),
                         truck("second", close.way, COVERED)),
            tags=("confuser", "occlusion"),
        ),
        post.scenario(
            "car-behind-the-truck", "a car follows so closely that it may have lost it",
            UNTIL,
            lambda: road(truck("truck", out.way, SEALED), load(out),
                         Actor.moving("follower", car, follows.pose)),
            tags=("confuser", "occlusion"),
        ),
        post.scenario(
            "spill-in-a-gap", "the line fails as a truck passes, and something lies there after",
            without(post.looks(UNTIL), (4.0, 8.5)),
            lambda: road(truck("truck", out.way, SEALED), load(out)),
            tags=("gap",),
        ),
    ]  # fmt: skip
