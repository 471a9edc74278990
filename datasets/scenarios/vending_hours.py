"""Vending against the clock on the wall: a zone's hours, midnight, daylight saving."""

from datasets.scenarios.post import BERLIN, SHANGHAI, Post, local
from datasets.scenarios.scenario import Scenario
from datasets.scenarios.stage import DAY, NIGHT
from datasets.scenarios.vending import MARKET_POST, M, lit_stall, one_stall

NIGHTS = ("Fri-Sat 22:00-02:00",)


def hours() -> list[Scenario]:
    """Hours that begin or end while a stall is there, to the minute."""
    # 9:00 by the wall is second 0; the zone is watched from 9:10 on, or until then.
    opens = MARKET_POST.but(hours=("Mon-Sun 09:10-20:00",), tags=("hours",))
    closes = MARKET_POST.but(hours=("Mon-Sun 06:00-09:10",), tags=("hours",))
    return [
        opens.scenario(
            "there-before-hours-begin", "dwell counts from the moment the zone is watched",
            22 * M, one_stall((2 * M, 18 * M)), opens.stayed(10 * M, 18 * M),
        ),
        opens.scenario(
            "gone-before-dwell-in-hours", "eight minutes before hours and four in them are four",
            18 * M, one_stall((2 * M, 14 * M), seed=6, style="table"),
        ),
        closes.scenario(
            "hours-end-a-minute-later", "six minutes of the stay lie in the zone's hours",
            16 * M, one_stall((4 * M, 14 * M)), closes.stayed(4 * M).but(ended=10 * M),
        ),
        closes.scenario(
            "hours-end-a-minute-sooner", "only four minutes of the stay lie in the zone's hours",
            16 * M, one_stall((6 * M, 15 * M), seed=6, style="table"),
        ),
    ]  # fmt: skip


def midnights() -> list[Scenario]:
    """Hours that run past midnight belong to the day on which they began."""
    night = MARKET_POST.but(hours=NIGHTS, condition=NIGHT, tags=("hours", "midnight"))
    saturday = night.but(start=local(SHANGHAI, 2026, 11, 21, 23, 50))
    late = night.but(start=local(SHANGHAI, 2026, 11, 22, 1, 50))
    monday = night.but(start=local(SHANGHAI, 2026, 11, 23, 0, 30))
    return [
        saturday.scenario(
            "stall-over-midnight", "a stay from five to twelve until six past is one",
            20 * M, lit_stall((5 * M, 16 * M)), saturday.stayed(5 * M, 16 * M),
        ),
        late.scenario(
            "night-hours-end-at-two", "four minutes before two o'clock and six after are four",
            18 * M, lit_stall((6 * M, 16 * M)),
        ),
        monday.scenario(
            "night-of-another-day", "Sunday's night is not watched, although Saturday's is",
            12 * M, lit_stall((1 * M, 10 * M)),
        ),
    ]  # fmt: skip


def daylight_saving() -> list[Scenario]:
    """Berlin sets its clocks: at 2:00 to 3:00 in spring, at 3:00 to 2:00 in autumn."""
    return [*_mornings(), *_nights()]


def _mornings() -> list[Scenario]:
    post = MARKET_POST.but(
        timezone=BERLIN, hours=("Mon-Sun 06:00-22:00",), tags=("hours", "daylight saving")
    )
    found = []
    for name, day in (("spring", (2026, 3, 29)), ("autumn", (2026, 10, 25))):
        # Ten minutes before watched hours begin, by clocks that were set in the night.
        morning = post.but(start=local(BERLIN, *day, 5, 50), condition=DAY)
        found += [
            morning.scenario(
                f"{name}-morning-hours", f"on the {name} day hours begin by the new time",
                20 * M, one_stall((2 * M, 17 * M)), morning.stayed(10 * M, 17 * M),
            ),
            morning.scenario(
                f"{name}-morning-too-short", f"on the {name} day nothing counts before hours",
                17 * M, one_stall((2 * M, 14 * M), seed=6, style="table"),
            ),
        ]  # fmt: skip
    return found


def _nights() -> list[Scenario]:
    post = MARKET_POST.but(timezone=BERLIN, condition=NIGHT, tags=("daylight saving",))
    # Second 0 is 1:50 by winter's clock, or 2:50 by summer's; ten minutes later it is set.
    spring = post.but(start=local(BERLIN, 2026, 3, 29, 1, 50))
    autumn = post.but(start=local(BERLIN, 2026, 10, 25, 2, 50))
    return [
        _short(spring, "spring-night-too-short", "1:58 to 3:02 is four minutes in this night"),
        _short(autumn, "autumn-night-too-short", "2:58 to 2:02 is four minutes in this night"),
        spring.scenario(
            "spring-night-stay", "1:57 to 3:05 is eight minutes in this night, and one stay",
            19 * M, lit_stall((7 * M, 15 * M)), spring.stayed(7 * M, 15 * M),
        ),
        autumn.scenario(
            "autumn-night-stay", "2:57 to 2:05 is eight minutes in this night, and one stay",
            19 * M, lit_stall((7 * M, 15 * M)), autumn.stayed(7 * M, 15 * M),
        ),
    ]  # fmt: skip


def _short(post: Post, name: str, about: str) -> Scenario:
    return post.scenario(name, about, 16 * M, lit_stall((8 * M, 12 * M)))
