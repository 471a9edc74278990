"""Sums by division: under a scope, at each level, as files, and of several installations."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.access.roles import Principal, Role
from api.errors import CaseError
from api.reports.desk import ReportDesk
from api.reports.files import as_csv, as_page, as_xlsx
from api.reports.merge import merged, read_rollup
from api.reports.rollup import Rollup
from api.reports.schemas import Within
from api.reports.tables import sheets
from api.storage.database import Database
from scripts.streetwarden import app
from tests.api.reports.ledger import write_case
from tests.api.world import make_site
from vision.registers.divisions import Level
from vision.site import Site

ALL = Principal("a", "All", Role.AUDITOR)
NAMES = [
    {"code": "4213", "zh": "随州市", "en": "Suizhou"},
    {"code": "421303", "zh": "曾都区", "en": "Zengdu"},
    {"code": "421303001", "zh": "西城街道"},
    {"code": "421321", "zh": "随县", "en": "Suixian"},
]
NAMED = {one["code"] for one in NAMES}
WHERE = {
    "421303001": "confirmed handled",
    "421303001002": "confirmed",
    "421303002": "rejected",
    "421303": "confirmed handled closed",
    "421321100": "confirmed",
    "421302001": "confirmed handled",
    "E1": "rejected",
}
"""A case each, with what became of it on the day after it was opened."""


def site_of(root: Path, division: str = "421303", **more: Any) -> Site:
    root.mkdir(exist_ok=True)
    site = make_site(root, divisions=NAMES, **more)
    info = {"name": f"Site {division}", "division": division, "language": "zh"}
    return site.model_copy(update={"site": site.site.model_copy(update=info)})


def filled(site: Site, where: dict[str, str]) -> Database:
    database = Database.open(site.storage.database)
    for number, (division, words) in enumerate(where.items()):
        log: list[Any] = [("opened", f"2026-05-0{number + 1}T08:00+08:00")]
        log += [(word, f"2026-05-1{day}T08:00+08:00") for day, word in enumerate(words.split())]
        outcome = {"outcome": "corrected"} if words.endswith("closed") else {}
        write_case(database, f"SW-{division}", log, division=division, **outcome)
    return database


def levels(database: Database, site: Site, level: Level, who: Principal = ALL) -> Rollup:
    desk = ReportDesk(database, site)
    return desk.levels(who, desk.period("2026-05"), level)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Site]]:
    site = site_of(tmp_path_factory.mktemp("levels"))
    database = filled(site, WHERE)
    yield database, site
    database.close()


def told(report: Rollup) -> dict[str, tuple[int, str]]:
    """Of each unit: cases raised, and both sides of the rate of street vending."""
    return {
        row.code: (row.counts["opened"], f"{row.rates[0].numerator}/{row.rates[0].denominator}")
        for row in (*report.rows, report.total)
    }


def test_each_level_sums_what_lies_below(ledger: tuple[Database, Site]) -> None:
    database, site = ledger
    assert told(levels(database, site, Level.STREET)) == {
        "421302001": (1, "1/1"),
        "421303": (1, "1/1"),  # of no street that anybody named
        "421303001": (2, "1/2"),
        "421303002": (1, "0/0"),
        "421321100": (1, "0/1"),
        "E1": (1, "0/0"),
        "": (7, "3/5"),
    }
    assert told(levels(database, site, Level.DISTRICT)) == {
        "421302": (1, "1/1"),
        "421303": (4, "2/3"),
        "421321": (1, "0/1"),
        "E1": (1, "0/0"),
        "": (7, "3/5"),
    }
    province = levels(database, site, Level.PROVINCE)
    assert told(province) == {"42": (6, "3/5"), "E1": (1, "0/0"), "": (7, "3/5")}
    assert province.rows[0].rates[0].value == pytest.approx(0.6)
    community = levels(database, site, Level.COMMUNITY)
    assert (community.rows[3].code, community.rows[3].level) == ("421303001002", "community")


def test_it_is_what_the_report_by_division_says(ledger: tuple[Database, Site]) -> None:
    database, site = ledger
    desk = ReportDesk(database, site)
    report = desk.report(ALL, desk.period("2026-05"))
    by = {row.key: row for row in report.rows if row.by == "division"}
    rolled = levels(database, site, Level.COMMUNITY)
    assert [row.code for row in rolled.rows] == sorted(by)
    for row in rolled.rows:
        assert (row.counts, row.rates) == (by[row.code].counts, by[row.code].rates)
    every = report.rows[0]
    assert (rolled.total.counts, rolled.total.rates) == (every.counts, every.rates)


@pytest.mark.parametrize(
    ("scope", "codes"),
    [("42", 3), ("4213", 3), ("421303", 1), ("421303001", 1), ("421303001002", 1), ("43", 0)],
)
def test_a_scope_sees_its_own_part(ledger: tuple[Database, Site], scope: str, codes: int) -> None:
    who = Principal("s", "Some", Role.VIEWER, divisions=frozenset({scope}))
    rolled = levels(*ledger, Level.DISTRICT, who)
    assert len(rolled.rows) == codes
    inside = sum(division.startswith(scope) for division in WHERE)
    assert rolled.total.counts["opened"] == inside


@pytest.mark.parametrize(
    ("scope", "chosen", "counted"),
    [
        (None, "421303", "421303"),
        ("42", "421303001", "421303001"),
        ("421303001", "4213", "421303001"),  # of what lies above a scope, the scope's own part
        ("421303", "421321", None),
        ("421303", "E1", None),
    ],
)
def test_a_report_of_one_division_counts_it_and_what_lies_below(
    ledger: tuple[Database, Site], scope: str | None, chosen: str, counted: str | None
) -> None:
    database, site = ledger
    divisions = None if scope is None else frozenset({scope})
    who = Principal("s", "Some", Role.VIEWER, divisions=divisions)
    desk = ReportDesk(database, site, chosen)
    month = desk.period("2026-05")
    inside = sum(counted is not None and code.startswith(counted) for code in WHERE)
    rolled, report = desk.levels(who, month, Level.STREET), desk.report(who, month)
    assert rolled.total.counts["opened"] == inside
    assert report.rows[0].counts == rolled.total.counts
    assert desk.rates(who, month).rows[0].rates == rolled.total.rates
    assert bool(desk.precision(who, month).rows) == bool(inside)
    assert rolled.within is not None
    assert rolled.within == report.within
    page = as_page(sheets(rolled, site.reports.rates, "zh")).decode()
    assert (f"{site.division_names.name(chosen, 'zh')} ({chosen})" in page) == (chosen in NAMED)


def test_rates_of_what_entered_are_summed_too(tmp_path: Path) -> None:
    rate = {"name": "closing", "zh": "结案率", "en": "closed", "of": "entered"}
    sides = {"numerator": ["closed"], "denominator": ["confirmed", "-overturned"]}
    site = site_of(tmp_path, reports={"rates": [rate | sides]})
    database = filled(site, WHERE)
    assert told(levels(database, site, Level.CITY))["4213"] == (6, "1/5")
    database.close()


def test_it_is_written_as_files_that_people_read(ledger: tuple[Database, Site]) -> None:
    database, site = ledger
    made = sheets(levels(database, site, Level.DISTRICT), site.reports.rates, "zh")
    lines = list(csv.reader(io.StringIO(as_csv(made).decode("utf-8-sig"))))
    assert lines[0] == ["合计"]
    assert lines[1][:3] == ["区划代码", "区县", "生成线索"]
    assert ["421303", "曾都区", "4"] in [line[:3] for line in lines]
    assert ["421303", "曾都区", "0.6667", "2 / 3", "未达标"] in [line[:5] for line in lines]
    with zipfile.ZipFile(io.BytesIO(as_xlsx(made))) as book:
        assert "曾都区" in book.read("xl/sharedStrings.xml").decode()
    page = as_page(made).decode()
    assert "分级汇总" in page
    assert "曾都区" in page


def test_a_city_adds_up_its_districts(tmp_path: Path) -> None:
    """Rates come of the counts: 3 of 4 and 0 of 1 are 3 of 5, and not the mean of their rates."""
    one, other = site_of(tmp_path / "one"), site_of(tmp_path / "other", "421321")
    city = site_of(tmp_path / "city", "4213")
    parts = {code: words for code, words in WHERE.items() if code != "421321100"}
    databases = [
        filled(site, where)
        for site, where in ((one, parts), (other, {"421321100": "confirmed"}), (city, {}))
    ]
    files = []
    for name, site, database in (("one", one, databases[0]), ("other", other, databases[1])):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(levels(database, site, Level.STREET).model_dump_json())
    own = levels(databases[2], city, Level.DISTRICT)
    whole = merged(own, {file.name: read_rollup(file) for file in files})
    assert told(whole) == {
        "421302": (1, "1/1"),
        "421303": (4, "2/3"),
        "421321": (1, "0/1"),
        "E1": (1, "0/0"),
        "": (7, "3/5"),
    }
    assert whole.total.rates[0].value == pytest.approx(3 / 5)
    assert len(whole.sites) == 3

    def refused(why: str, **changes: Any) -> None:
        wrong = read_rollup(files[0]).model_copy(update=changes)
        with pytest.raises(CaseError, match=why):
            merged(own, {"wrong.json": wrong})

    refused("is counted already", sites=own.sites)
    refused("sums of each city only", level=Level.CITY)
    refused("works its rates out otherwise", formulas=[])
    refused("counts 421303001 alone", within=Within(code="421303001", zh="", en=""))
    june = ReportDesk(databases[2], city).period("2026-06")
    period = own.period.model_copy(update={"start": june.start, "end": june.end, "name": "2026-06"})
    refused("is of 2026-06, not of 2026-05", period=period)
    with pytest.raises(CaseError, match="counted already"):
        merged(own, {"a": read_rollup(files[0]), "b": read_rollup(files[0])})
    files[1].write_text("{}")
    with pytest.raises(CaseError, match="is no roll-up"):
        read_rollup(files[1])
    for database in databases:
        database.close()


def test_the_command_merges_files(tmp_path: Path) -> None:
    def command(*said: str) -> Any:
        return CliRunner().invoke(app, ["report", *said])

    made = []
    for code in ("421303", "421321"):
        root = tmp_path / code
        filled(site_of(root, code), {f"{code}001": "confirmed handled"}).close()
        file = root / "site.yaml"
        file.write_text(
            f"site: {{name: S{code}, division: '{code}'}}\n"
            f"storage: {{database: 'sqlite:///{root / 'cases.db'}', evidence: '{root / 'e'}'}}\n"
            f"cameras: [{{id: gate, source: gate.mp4}}]\n"
        )
        made.append((file, root / "levels.json"))
    (own, _), (other, sums) = made
    asked = ("levels", "--date", "2026-05", "--level", "district")
    assert command(str(other), *asked, "--out", str(sums)).exit_code == 0
    done = command(str(own), *asked, "--merge", str(sums), "--json")
    assert done.exit_code == 0, done.output
    whole = json.loads(done.stdout)
    assert [(r["code"], r["counts"]["opened"]) for r in whole["rows"]] == [
        ("421303", 1),
        ("421321", 1),
    ]
    assert command(str(own), "month", "--merge", str(sums)).exit_code != 0
    assert command(str(own), *asked, "--division", "4213", "--merge", str(sums)).exit_code != 0
    for code, opened in (("421300000000", 1), ("421321", 0)):
        part = command(str(own), *asked, "--division", code, "--json")
        assert json.loads(part.stdout)["total"]["counts"]["opened"] == opened, part.output
    assert command(str(own), *asked, "--division", "wrong code").exit_code != 0
