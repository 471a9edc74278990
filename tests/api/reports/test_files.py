"""A report as CSV, workbook and page: what others wrote in it runs nowhere."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from typer.testing import CliRunner

from api.access.roles import Role
from api.reports.desk import ReportDesk
from api.reports.words import WORDS
from scripts.streetwarden import app
from tests.api.reports.ledger import write_case
from tests.api.world import make_site, make_world
from vision.site.reports import ENTERED

EVIL = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "<script>alert(1)</script>",
)
REPORTS = ("daily", "weekly", "monthly", "rates", "devices", "precision")


@pytest.fixture
def hostile(world):
    """Two confirmed cases of each place whose names somebody chose badly."""
    for place, evil in enumerate(EVIL):
        for number in range(2):
            log = [
                ("opened", "2026-05-21T12:00:00+08:00"),
                ("confirmed", "2026-05-21T12:09:00+08:00"),
            ]
            write_case(
                world.database,
                f"C{place}-{number}",
                log,
                zone=evil,
                address=evil,
                division=evil[:32],
                grid=evil[:15],
            )
    return world


def get(client, what: str, form: str, **more: str):
    when = {"date" if what.endswith("ly") else "period": "2026-05-21"}
    return client(Role.VIEWER).get(f"/v1/reports/{what}", params={"format": form, **when, **more})


@pytest.mark.parametrize("what", REPORTS)
def test_csv_opens_in_excel_and_runs_nothing(hostile, client, what):
    answer = get(client, what, "csv", language="zh")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    cells = [
        cell for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))) for cell in row
    ]
    assert any("\u4e00" <= letter <= "\u9fff" for letter in cells[0])
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    if what == "daily":
        assert {f"'{evil}" for evil in EVIL[:4]} <= set(cells)


@pytest.mark.parametrize("what", REPORTS)
def test_a_workbook_has_no_formula(hostile, client, what):
    answer = get(client, what, "xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sheets
        for sheet in sheets:
            cells = fromstring(book.read(sheet)).iter()
            tags = {cell.tag.rpartition("}")[2] for cell in cells}
            assert "f" not in tags
            assert "hyperlink" not in tags
        texts = book.read("xl/sharedStrings.xml").decode()
    if what == "daily":
        assert "HYPERLINK(" in texts


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("what", REPORTS)
def test_a_page_is_text_alone(hostile, client, what, language):
    answer = get(client, what, "html", language=language)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("daily?date=2026-W21", 404),
        ("monthly?date=2026", 422),
        ("rates?period=2026-02-30", 404),
        ("weekly?date=2025-W53", 404),
        ("weekly?date=2026-W53", 200),
        ("devices?period=1969", 422),
        ("daily?date=0001-01-01", 422),
        ("daily?date=%00", 422),
        ("daily?x=1", 422),
        ("daily?format=pdf", 422),
    ],
)
def test_what_is_no_time_is_refused(client, asked, status):
    answer = client(Role.VIEWER).get(f"/v1/reports/{asked}")
    assert answer.status_code == status, answer.text
    problem = answer.headers["content-type"] == "application/problem+json"
    assert problem is (status != 200)


def test_every_count_has_words():
    assert set(ENTERED) <= set(WORDS)


def test_the_command_writes_each_format(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("site.yaml").write_text(
        "site: {name: t, language: zh}\nstorage: {database: 'sqlite:///cases.db'}\n"
        "cameras: [{id: gate, source: gate.mp4}]\n"
    )
    for form, first in (
        ("csv", b"\xef\xbb\xbf"),
        ("xlsx", b"PK"),
        ("html", b"<!doc"),
        ("json", b"{"),
    ):
        done = CliRunner().invoke(
            app, ["report", "site.yaml", "month", "--date", "2026-05", "--out", f"a.{form}"]
        )
        assert done.exit_code == 0, done.output
        assert Path(f"a.{form}").read_bytes().startswith(first)
    shown = CliRunner().invoke(app, ["report", "site.yaml", "week", "--date", "2026-05-21"])
    assert "2026-W21" in shown.output
    assert "无案件" in shown.output
    for wrong in (["--out", "a.pdf"], ["--date", "soon"], ["--date", "2026-W21"]):
        refused = CliRunner().invoke(app, ["report", "site.yaml", "month", *wrong])
        assert refused.exit_code == 1, wrong


def test_who_takes_a_report_as_a_file_is_in_the_access_log(world, client):
    path, when = "/v1/reports/daily", {"date": "2026-05-21"}
    http = client(Role.VIEWER)
    assert http.get(path, params=when).is_success
    assert http.get(path, params={**when, "format": "csv", "reason": "no"}).status_code == 422
    for form, why in (("csv", {"reason": "annual filing"}), ("xlsx", {}), ("html", {})):
        assert http.get(path, params={**when, "format": form, **why}).is_success
    part = http.get(path, params={**when, "division": "421303001000", "format": "csv"})
    assert part.headers["Content-Disposition"].endswith('"report-2026-05-21-421303001.csv"')
    assert http.get(path, params={**when, "division": "4213031"}).status_code == 422
    log = client(Role.AUDITOR).get("/v1/access-log", params={"what": "export"}).json()["items"]
    assert [(one["detail"], one["reason"], one["actor"], one["address"]) for one in log] == [
        ("report-2026-05-21-421303001.csv", "", "a viewer", "127.0.0.1"),
        ("report-2026-05-21.html", "", "a viewer", "127.0.0.1"),
        ("report-2026-05-21.xlsx", "", "a viewer", "127.0.0.1"),
        ("report-2026-05-21.csv", "annual filing", "a viewer", "127.0.0.1"),
    ]


def test_cameras_of_another_division_are_in_no_report_of_devices(tmp_path):
    world = make_world(make_site(tmp_path, division="421303001"))  # the gate's; the yard: 421303
    try:
        desk = ReportDesk(world.database, world.site)
        day = desk.period("2026-05-21")
        for divisions, seen in (
            (["421303"], ["gate", "yard"]),
            (["421303001"], ["gate"]),
            (["421302"], []),
        ):
            who = world.principal(Role.VIEWER, divisions=divisions)
            assert [row.camera for row in desk.devices(who, day).rows] == seen
            (division,) = divisions
            of_it = ReportDesk(world.database, world.site, division)
            every = of_it.devices(world.principal(Role.VIEWER), day)
            assert [row.camera for row in every.rows] == seen
    finally:
        world.database.close()
