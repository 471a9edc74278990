"""Vending by the calendar: public holidays, and the days on which a zone is watched at all."""

from datasets.scenarios.post import SHANGHAI, local
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.stage import NIGHT
from datasets.scenarios.vending import MARKET_POST, M, lit_stall, one_stall
from datasets.scenarios.vending_permits import in_the_bay

NATIONAL_DAYS = ("2026-10-01/2026-10-07",)
"""Thursday to Wednesday."""


def holidays() -> list[Scenario]:
    """A market that is allowed on public holidays, in hours that name them."""
    market = in_the_bay(hours=["Hol 08:00-12:00", "Hol 18:00-01:00"]).but(
        holidays=NATIONAL_DAYS, tags=("permit", "hours", "holiday")
    )
    holiday = market.but(start=local(SHANGHAI, 2026, 10, 1, 9, 0))
    working_day = market.but(start=local(SHANGHAI, 2026, 10, 8, 9, 0))
    last_night = market.but(start=local(SHANGHAI, 2026, 10, 8, 0, 50), condition=NIGHT)
    return [
        holiday.scenario(
            "holiday-market", "a permit for holidays holds on a Thursday that is one",
            12 * M, one_stall((1 * M, 10 * M)), tags=("confuser",),
        ),
        working_day.scenario(
            "market-after-the-holidays", "the same hour of the next Thursday, which is none",
            13 * M, one_stall((1 * M, 9 * M)), working_day.stayed(1 * M, 9 * M),
        ),
        last_night.scenario(
            "holiday-night-ends", "the last holiday's night runs until one on a working day",
            22 * M, lit_stall((1 * M, 18 * M)), last_night.stayed(10 * M, 18 * M),
            tags=("midnight",),
        ),
    ]  # fmt: skip


def days() -> list[Scenario]:
    """A zone that is watched on some days only, while they begin or end at midnight."""
    midnight = MARKET_POST.but(
        start=local(SHANGHAI, 2026, 11, 20, 23, 50), condition=NIGHT, tags=("midnight",)
    )
    until = midnight.but(valid="2026-11-01/2026-11-20")
    since = midnight.but(valid="2026-11-21/2026-11-30")
    return [
        until.scenario(
            "zone-on-its-last-day", "eight minutes of the stay lie before the last midnight",
            20 * M, lit_stall((2 * M, 18 * M)), until.stayed(2 * M).but(ended=10 * M),
        ),
        until.scenario(
            "zone-no-longer-watched", "four minutes of the stay lie before the last midnight",
            20 * M, lit_stall((6 * M, 18 * M)),
        ),
        since.scenario(
            "zone-watched-from-midnight", "dwell counts from the first day of the zone",
            24 * M, lit_stall((2 * M, 20 * M)), since.stayed(10 * M, 20 * M),
        ),
    ]  # fmt: skip
