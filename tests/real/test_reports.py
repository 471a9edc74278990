"""Reports on both databases equal what is counted by hand, over months with a clock change."""

from __future__ import annotations

import random
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from api.access.roles import Principal, Role
from api.reports.desk import ReportDesk
from api.reports.facts import ACTIONS
from api.reports.schemas import Report, Row
from api.storage.database import Database
from tests.api.reports.ledger import write_case
from tests.api.world import make_site
from tests.real import postgres

ANYONE = Principal("0", "all", Role.VIEWER)
SPILL = {"kind": "dirty_truck", "subtype": "spill", "camera": "yard"}
ROOF = {"kind": "illegal_structure", "subtype": "unauthorised_building"}
EAST = {"division": "421304", "grid": "421304001002003"}


@dataclass
class Books:
    """Empty books of a site in some time zone."""

    database: Database
    root: Path

    def desk(self, zone: str = "Europe/Berlin", **parts: object) -> ReportDesk:
        site = make_site(self.root, **parts)
        return ReportDesk(
            self.database,
            site.model_copy(update={"site": site.site.model_copy(update={"timezone": zone})}),
        )


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Books]:
    address = f"sqlite:///{tmp_path / 'cases.db'}"
    if request.param == "postgresql":
        address = postgres.new_database(request.getfixturevalue("cluster"))
    database = Database.open(address)
    yield Books(database, tmp_path)
    database.close()


def october(database: Database) -> None:
    """A month of 31 days and one hour in Berlin: on the 25th it is 02:30 twice."""
    write_case(
        database,
        "V1",
        [
            ("opened", "2026-10-01T00:00:00+02:00"),  # its first instant
            ("confirmed", "2026-10-01T00:10:00+02:00"),
            ("handled", "2026-10-25T02:30:00+02:00"),
            ("closed", "2026-10-25T02:30:00+01:00"),
        ],
        outcome="corrected",
    )
    write_case(
        database,
        "V2",
        [
            ("opened", "2026-09-30T23:59:59.999999+02:00"),  # the last one of the month before
            ("confirmed", "2026-10-01T00:10:00+02:00"),
            ("emitted", "2026-11-01T00:00:00+01:00"),
        ],
        prior_cases=["V0"],
    )
    write_case(
        database,
        "V3",
        [
            ("opened", "2026-10-31T23:59:59.999999+01:00"),  # its last instant
            ("rejected", "2026-11-01T00:00:00+01:00", "false_positive"),
        ],
        camera="yard",
        **EAST,
    )
    write_case(
        database,
        "T1",
        [
            ("opened", "2026-10-24T23:30:00+02:00"),
            ("confirmed", "2026-10-25T00:00:00+02:00"),
            ("undone", "2026-10-25T00:00:30+02:00"),
            ("rejected", "2026-10-25T00:20:00+02:00", "false_positive"),
        ],
        **SPILL,
        **EAST,
    )
    write_case(
        database,
        "S1",
        [
            ("opened", "2026-10-10T08:00:00+02:00"),
            ("confirmed", "2026-10-10T09:00:00+02:00"),
            ("emitted", "2026-10-10T09:01:00+02:00"),
            ("filed", "2026-10-10T10:00:00+02:00"),
            ("dispatched", "2026-10-11T09:00:00+02:00"),
            ("handled", "2026-10-12T09:00:00+02:00"),
            ("returned", "2026-10-13T09:00:00+02:00"),
            ("dispatched", "2026-10-14T09:00:00+02:00"),
            ("supervised", "2026-10-14T10:00:00+02:00"),
            ("handled", "2026-10-15T09:00:00+02:00"),
        ],
        **ROOF,
    )
    write_case(
        database,
        "V4",
        [
            ("opened", "2026-10-05T00:00:00+02:00"),
            ("silenced", "2026-10-05T00:00:00+02:00"),
            ("released", "2026-10-06T00:00:00+02:00"),
            ("confirmed", "2026-10-06T00:05:00+02:00"),
            ("closed", "2026-10-07T00:05:00+02:00"),
        ],
        outcome="permitted",
    )
    write_case(
        database,
        "V5",
        [
            ("opened", "2026-09-20T08:00:00+02:00"),
            ("confirmed", "2026-09-20T09:00:00+02:00"),
            ("handled", "2026-10-02T09:00:00+02:00"),
        ],
    )


def of(report: Report, by: str, key: str = "") -> Row:
    (row,) = (row for row in report.rows if (row.by, row.key) == (by, key))
    return row


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    return {name: many for name, many in counts.items() if many}


def test_a_month_with_a_clock_change_equals_a_hand_count(books):
    october(books.database)
    desk = books.desk()
    report = desk.report(ANYONE, desk.period("2026-10"))
    assert (report.period.hours, report.complete) == (745, datetime.now(UTC) >= report.period.end)
    everything = of(report, "all")
    assert nonzero(everything.counts) == {
        "opened": 5,
        "confirmed": 4,
        "rejected": 1,
        "emitted": 1,
        "filed": 1,
        "dispatched": 2,
        "handled": 4,
        "returned": 1,
        "closed": 2,
    }
    assert everything.to_review is not None
    assert everything.to_review.model_dump() == {"cases": 5, "median_s": 600, "p90_s": 3600}
    assert everything.to_handle is not None
    twelve_days, first_to_25th = 12 * 86400, 24 * 86400 + 8400
    assert everything.to_handle.model_dump() == {
        "cases": 3,
        "median_s": twelve_days,
        "p90_s": first_to_25th,
    }
    assert [(r.name, r.numerator, r.denominator, r.value, r.met) for r in everything.rates] == [
        ("vending", 1, 2, 0.5, False),
        ("spillage", 0, 0, None, None),
        ("structures", 1, 1, 1.0, True),
    ]
    assert nonzero(of(report, "camera", "gate").counts)["opened"] == 3
    assert nonzero(of(report, "camera", "yard").counts) == {"opened": 2, "rejected": 1}
    assert of(report, "division", "421304").counts == of(report, "camera", "yard").counts
    assert nonzero(of(report, "grid", "421303001002003").counts)["handled"] == 4
    assert nonzero(of(report, "kind", "dirty_truck").counts) == {"opened": 1, "rejected": 1}
    assert of(report, "kind", "dirty_truck").to_handle is None
    structures = of(report, "kind", "illegal_structure")
    assert structures.to_handle is not None
    assert structures.to_handle.median_s == 2 * 86400
    assert [(p.kind, p.zone, p.cases, p.prior) for p in report.places] == [
        ("street_vending", "north pavement", 3, 1)
    ]


def test_the_days_of_a_month_are_its_sums_and_each_is_its_own_report(books):
    october(books.database)
    desk = books.desk()
    report = desk.report(ANYONE, desk.period("2026-10"))
    days = {day.day: nonzero(day.counts) for day in report.days}
    assert len(days) == 31
    assert {day: counts for day, counts in days.items() if counts} == {
        date(2026, 10, 1): {"opened": 1, "confirmed": 2},
        date(2026, 10, 2): {"handled": 1},
        date(2026, 10, 5): {"opened": 1},
        date(2026, 10, 6): {"confirmed": 1},
        date(2026, 10, 7): {"closed": 1},
        date(2026, 10, 10): {"opened": 1, "confirmed": 1, "emitted": 1, "filed": 1},
        date(2026, 10, 11): {"dispatched": 1},
        date(2026, 10, 12): {"handled": 1},
        date(2026, 10, 13): {"returned": 1},
        date(2026, 10, 14): {"dispatched": 1},
        date(2026, 10, 15): {"handled": 1},
        date(2026, 10, 24): {"opened": 1},
        date(2026, 10, 25): {"rejected": 1, "handled": 1, "closed": 1},
        date(2026, 10, 31): {"opened": 1},
    }
    for day in (date(2026, 10, 1), date(2026, 10, 25), date(2026, 10, 30), date(2026, 10, 31)):
        alone = desk.report(ANYONE, desk.period(day.isoformat()))
        assert nonzero(of(alone, "all").counts) == days[day]
        assert alone.period.hours == (25 if day.day == 25 else 24)
    assert nonzero(of(desk.report(ANYONE, desk.period("2026-W43")), "all").counts) == {
        "opened": 1,
        "rejected": 1,
        "handled": 1,
        "closed": 1,
    }
    november = desk.report(ANYONE, desk.period("2026-11"))
    assert nonzero(of(november, "all").counts) == {"rejected": 1, "emitted": 1}


def test_another_zone_has_other_days(books):
    october(books.database)
    desk = books.desk("Asia/Kolkata")
    days = desk.report(ANYONE, desk.period("2026-10")).days
    # 00:00 in Berlin is 03:30 there, on the same day; 23:59 is on the next.
    assert nonzero(days[0].counts) == {"opened": 2, "confirmed": 2}
    assert nonzero(days[-1].counts) == {}


def test_a_short_day_ends_at_its_own_midnight(books):
    for name, at in (("A", "23:59:59.999999+02:00"), ("B", "00:00:00+01:00")):
        write_case(books.database, name, [("opened", f"2026-03-29T{at}")])
    write_case(books.database, "C", [("opened", "2026-03-30T00:00:00+02:00")])
    desk = books.desk()
    day = desk.report(ANYONE, desk.period("2026-03-29"))
    assert day.period.hours == 23
    assert of(day, "all").counts["opened"] == 2


def test_nothing_is_no_cases_and_not_0_percent(books):
    desk = books.desk()
    report = desk.report(ANYONE, desk.period("2026-05"))
    (row,) = report.rows
    assert nonzero(row.counts) == {}
    assert {(r.value, r.met) for r in row.rates} == {(None, None)}
    assert (row.to_review, row.to_handle, report.places) == (None, None, [])
    assert desk.rates(ANYONE, desk.period("2026")).rows[0].rates == row.rates
    assert desk.precision(ANYONE, desk.period("2026-05")).rows == []
    assert {d.captures for d in desk.devices(ANYONE, desk.period("2026-05")).rows} == {0}


def test_a_key_counts_what_it_sees(books):
    october(books.database)
    desk = books.desk()
    month = desk.period("2026-10")
    yard = Principal("0", "yard", Role.VIEWER, cameras=frozenset({"yard"}))
    roofs = Principal("0", "roofs", Role.VIEWER, kinds=frozenset({"illegal_structure"}))
    report = desk.report(yard, month)
    assert nonzero(of(report, "all").counts) == {"opened": 2, "rejected": 1}
    assert {row.key for row in report.rows if row.by == "camera"} == {"yard"}
    assert sum(day.counts["opened"] for day in report.days) == 2
    assert report.places == []
    assert {row.key for row in desk.report(roofs, month).rows if row.by == "kind"} == {
        "illegal_structure"
    }
    assert {row.camera for row in desk.devices(yard, month).rows} == {"yard"}
    assert sum(row.captures for row in desk.devices(roofs, month).rows) == 1
    assert {row.kind for row in desk.precision(roofs, month).rows} == {"illegal_structure"}
    assert {row.key for row in desk.rates(yard, month).rows if row.by == "camera"} == set()


def test_a_rate_is_the_sites_own_formula(books):
    october(books.database)
    flow = {
        "name": "flow",
        "zh": "处置率",
        "en": "handled",
        "of": "entered",
        "numerator": ["handled", "-returned"],
        "denominator": ["confirmed"],
        "target": 0.7,
    }
    open_now = {
        "name": "open",
        "zh": "未结率",
        "en": "open",
        "of_matters": [{"kind": "street_vending"}],
        "numerator": ["all", "-closed_corrected", "-closed_permitted"],
        "denominator": ["all"],
    }
    desk = books.desk(reports={"rates": [flow, open_now]})
    for rates in (
        of(desk.report(ANYONE, desk.period("2026-10")), "all").rates,
        desk.rates(ANYONE, desk.period("2026-10")).rows[0].rates,
    ):
        assert [(r.name, r.numerator, r.denominator, r.met) for r in rates] == [
            ("flow", 3, 4, True),
            ("open", 1, 3, None),
        ]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe"])
def test_it_is_what_a_plain_reading_of_every_entry_finds(books, zone):
    here, chance = ZoneInfo(zone), random.Random(zone)
    first = datetime(2026, 9, 30, tzinfo=UTC)
    counts: dict[date, Counter[str]] = {}
    waited: list[float] = []
    for number in range(60):
        # To the microsecond, and often at midnight to the second.
        at = first + timedelta(microseconds=chance.randrange(33 * 86400 * 10**6))
        if number % 3 == 0:
            local = at.astimezone(here).replace(hour=0, minute=0, second=0, microsecond=0)
            at = local.astimezone(UTC) - timedelta(microseconds=number % 2)
        decided = at + timedelta(seconds=chance.randrange(1, 9000))
        handled = decided + timedelta(seconds=chance.randrange(1, 900_000))
        log = [("opened", at), ("confirmed", decided), ("handled", handled)]
        write_case(books.database, f"C{number:03}", log)
        for action, when in log:
            counts.setdefault(when.astimezone(here).date(), Counter())[action] += 1
        if decided.astimezone(here).strftime("%Y-%m") == "2026-10":
            waited.append((decided - at).total_seconds())
    desk = books.desk(zone)
    report = desk.report(ANYONE, desk.period("2026-10"))
    for day in report.days:
        assert day.counts == {name: counts.get(day.day, Counter())[name] for name in ACTIONS}, day
    (everything, *_) = report.rows
    assert everything.to_review is not None
    assert everything.to_review.cases == len(waited)
    assert everything.to_review.median_s == pytest.approx(statistics.median(waited), abs=1)
    ninth = sorted(waited)[-(-9 * len(waited) // 10) - 1]
    assert everything.to_review.p90_s == pytest.approx(ninth, abs=1)


def test_a_day_far_above_a_cameras_own_history_is_told(books):
    for day in range(1, 31):
        for number in range(30 if day == 30 else 3 + day % 3):
            seen = f"2026-04-{day:02}T{number % 24:02}:00:00+02:00"
            write_case(books.database, f"G{day}-{number}", [("opened", seen)], seen=seen)
    # A camera of two days, and another that fills a day of `gate`'s case: its own capture.
    for number in range(40):
        at = "2026-04-30T10:00:00+02:00"
        write_case(books.database, f"Y{number}", [("opened", at)], seen=at, camera="yard")
    desk = books.desk()
    found = desk.devices(ANYONE, desk.period("2026-04"))
    assert [(o.camera, o.day, o.captures, o.usual) for o in found.outliers] == [
        ("gate", date(2026, 4, 30), 30, 4.0)
    ]
    rows = {row.camera: row for row in found.rows}
    assert (rows["gate"].captures, rows["gate"].most) == (
        sum(3 + d % 3 for d in range(1, 30)) + 30,
        30,
    )
    # After fourteen days of history, and never for a camera that is new.
    assert (rows["gate"].judged_days, rows["yard"].judged_days) == (16, 0)


def test_precision_by_day_and_night_and_what_it_says_of_the_threshold(books):
    number = 0

    def judged(many: int, said: str, score: float, hour: str, reason: str = "") -> None:
        nonlocal number
        for _ in range(many):
            number += 1
            at = f"2026-04-10T{hour}:00:00+08:00"
            log = [("opened", at), (said, "2026-04-20T12:00:00+08:00", reason)]
            write_case(books.database, f"P{number}", log, seen=at, score=score)

    judged(80, "confirmed", 0.7, "12")
    judged(2, "rejected", 0.7, "12", "duplicate")
    judged(30, "rejected", 0.32, "23", "false_positive")
    judged(5, "rejected", 0.9, "11", "false_positive")
    judged(4, "confirmed", 0.7, "23")
    desk = books.desk("Asia/Shanghai")
    found = desk.precision(ANYONE, desk.period("2026-04"))
    told = {
        row.light: (row.confirmed, row.false_alarms, row.others)
        for row in found.rows
        if row.camera == "gate"
    }
    assert told == {"all": (84, 35, 2), "day": (80, 5, 2), "night": (4, 30, 0)}
    (advice,) = found.advice
    assert (advice.says, advice.threshold, advice.spared, advice.lost) == ("raise", 0.35, 30, 0)
    assert desk.precision(ANYONE, desk.period("2026-05")).advice == []
