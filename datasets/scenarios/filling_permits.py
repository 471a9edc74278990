"""Filling where a permit lets rubbish stand: for a time, and not for what is of another kind."""

from typing import Any

from datasets.scenarios.cast import bags
from datasets.scenarios.filling import STATION_POST, H, calm, corner
from datasets.scenarios.post import Cast, Post
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.stages.station import BIN_STATION, FIRST

CORNER = ((-6.8, 8.8), (-6.8, 10.8), (-4.8, 10.8), (-4.8, 8.8))
"""Corners on the ground, metres, of where a building site may put its rubble."""
RUBBLE = (-5.6, 9.8)


def permits() -> list[Scenario]:
    """Rubble at the station; 7:00 by the wall is second 0."""
    for_rubble = _may(kinds=["overflowing_bin"], hours=["Fri 06:00-10:00"])
    for_selling = _may(kinds=["street_vending"])
    return [
        for_rubble.scenario(
            "rubble-with-a-permit", "rubble that is gone before its permit ends",
            4 * H, _rubble(1 * H, 3 * H), tags=("confuser",),
        ),
        for_rubble.scenario(
            "rubble-after-its-permit", "rubble that stays on after its permit has ended",
            6 * H, _rubble(1 * H, 5 * H),
            for_rubble.stayed(3 * H, 5 * H, "exposed_garbage"), tags=("hours",),
        ),
        for_selling.scenario(
            "rubble-where-one-may-sell", "a permit for vending lets no rubble stand",
            4 * H, _rubble(1 * H, 3 * H), for_selling.stayed(1 * H, 3 * H, "exposed_garbage"),
        ),
    ]  # fmt: skip


def _rubble(since: float, until: float) -> Cast:
    return lambda: corner(calm("one", FIRST), bags("rubble", RUBBLE, (since, until), count=7))


def _may(**permit: Any) -> Post:
    given = {
        "name": "corner",
        "camera": STATION_POST.camera,
        "polygon": BIN_STATION.ring(CORNER),
        **permit,
    }
    return STATION_POST.but(permits=(given,), tags=("permit",))
