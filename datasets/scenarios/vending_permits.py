"""Vending with a permit: in its bay, at its hours, within its days, off its keep-out strip."""

from collections.abc import Mapping
from typing import Any

from datasets.scenarios.cast import stall
from datasets.scenarios.post import BERLIN, SHANGHAI, Post, local
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.stage import NIGHT, degrees
from datasets.scenarios.stages.market import MARKET
from datasets.scenarios.vending import MARKET_POST, NEAR, M, lit_stall, one_stall, street

BAY = ((-9.4, 7.4), (-9.4, 11.4), (-4.8, 11.4), (-4.8, 7.4))
"""Corners on the ground, metres, around one spot of the strip."""
KERB = ((-7.2, 7.4), (-7.2, 11.4), (-4.8, 11.4), (-4.8, 7.4))
"""The part of the bay along the kerb, under that spot."""


def permits() -> list[Scenario]:
    """Places and days of a permit."""
    return [
        in_the_bay().scenario(
            "permit-holds", "a permitted stall in its bay",
            12 * M, one_stall((1 * M, 10 * M)), tags=("confuser",),
        ),
        in_the_bay().scenario(
            "stall-beside-the-bay", "a stall in the strip, but not in the permitted bay",
            13 * M, lambda: street(stall("stall", NEAR, (1 * M, 9 * M))),
            MARKET_POST.stayed(1 * M, 9 * M),
        ),
        in_the_bay().scenario(
            "one-permitted-one-not", "beside a permitted stall another one has no permit",
            14 * M,
            lambda: street(
                stall("permitted", (-7.4, 10.6), (1 * M, 13 * M), seed=15, style="cart"),
                stall("other", (-6.4, 4.9), (1 * M, 10 * M), seed=12, style="cloth", shade="none"),
            ),
            MARKET_POST.stayed(1 * M, 10 * M),
        ),
        in_the_bay(keep_out=[MARKET.ring(KERB)]).scenario(
            "stall-on-the-keep-out-strip", "in its bay, but on the strip to be kept free",
            13 * M, one_stall((1 * M, 9 * M)), MARKET_POST.stayed(1 * M, 9 * M),
        ),
        in_the_bay(valid="2026-03-01/2026-11-20").scenario(
            "permit-on-its-last-day", "a permit holds on the last of its days",
            12 * M, one_stall((1 * M, 10 * M)), tags=("confuser",),
        ),
        in_the_bay(valid="2026-03-01/2026-11-19").scenario(
            "permit-expired", "a permit that ended yesterday permits nothing",
            13 * M, one_stall((1 * M, 9 * M)), MARKET_POST.stayed(1 * M, 9 * M),
        ),
        _on_the_map().scenario(
            "permit-on-the-map", "a bay drawn on the map, seen through the camera's ground",
            12 * M, one_stall((1 * M, 10 * M)), tags=("confuser",),
        ),
    ]  # fmt: skip


def permit_hours() -> list[Scenario]:
    """Permits that begin or end while a stall is there, to the minute."""
    # 9:00 by the wall is second 0.
    found = []
    for name, until, stays in (
        ("a-minute-later", 16 * M, True),
        ("a-minute-sooner", 14 * M, False),
    ):
        post = in_the_bay(hours=["Mon-Sun 06:00-09:10"])
        found.append(
            post.scenario(
                f"permit-ended-stall-leaves-{name}",
                f"{until / M - 10:g} minutes without a permit, where five are the rule",
                20 * M, one_stall((2 * M, until)),
                *([post.stayed(10 * M, until)] if stays else []), tags=("hours",),
            )
        )  # fmt: skip
    for name, clock, stays in (("later", "09:08", True), ("sooner", "09:06", False)):
        post, begins = in_the_bay(hours=[f"Mon-Sun {clock}-20:00"]), int(clock[3:]) * M
        found.append(
            post.scenario(
                f"permit-begins-a-minute-{name}",
                f"{begins / M - 2:g} minutes without a permit, where five are the rule",
                16 * M, one_stall((2 * M, 14 * M)),
                *([post.stayed(2 * M).but(ended=begins)] if stays else []), tags=("hours",),
            )
        )  # fmt: skip
    return [*found, *_nights()]


def _nights() -> list[Scenario]:
    night_market = in_the_bay(hours=["Fri-Sun 18:00-00:30"])
    friday = night_market.but(condition=NIGHT, start=local(SHANGHAI, 2026, 11, 21, 0, 20))
    morning = in_the_bay(hours=["Mon-Sun 06:00-22:00"]).but(timezone=BERLIN)
    autumn = morning.but(start=local(BERLIN, 2026, 10, 25, 5, 50))
    return [
        friday.scenario(
            "night-market-ends", "Friday's permit runs past midnight and ends half an hour later",
            22 * M, lit_stall((1 * M, 18 * M)), friday.stayed(10 * M, 18 * M),
            tags=("hours", "midnight"),
        ),
        autumn.scenario(
            "permit-on-the-autumn-day", "a permit begins by clocks that were set in the night",
            20 * M, one_stall((2 * M, 17 * M)), autumn.stayed(2 * M).but(ended=10 * M),
            tags=("hours", "daylight saving"),
        ),
    ]  # fmt: skip


def in_the_bay(**permit: Any) -> Post:
    """The market's post with a permit for the bay, unless said otherwise at any time."""
    given: Mapping[str, Any] = {
        "name": "bay 1",
        "camera": MARKET_POST.camera,
        "polygon": MARKET.ring(BAY),
        "categories": ["fruit"],
        "valid": "2026-03-01/2026-12-31",
        **permit,
    }
    return MARKET_POST.but(permits=(given,), tags=("permit",))


def _on_the_map() -> Post:
    """The same bay in degrees, and a camera that knows its ground."""
    permit = {"name": "bay 1", "polygon_wgs84": [degrees(*corner) for corner in BAY]}
    spots = ((-9.5, 4.0), (-4.7, 4.0), (-4.7, 14.0), (-9.5, 14.0), (2.0, 20.0), (-7.0, 24.0))
    return MARKET_POST.but(permits=(permit,), ground=MARKET.ground(spots), tags=("permit",))
