"""Many audits summed up: periods, areas, repeat places, points."""

from __future__ import annotations

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from scripts.streetwarden import app
from tests.vision.audit.reporting import HEAP, HOME, STALL, finding, picture, place, report
from vision.audit.report.areas import EVERYWHERE, Areas
from vision.audit.rollup.deductions import DeductionError, Deductions
from vision.audit.rollup.page import lines_csv, render_rollup
from vision.audit.rollup.rollup import roll_up

MUD = ("dirty_truck", "mud_on_wheels")


def rounds():
    """Three rounds of one street: a heap stays, a stall comes once, a truck passes twice."""
    first = report(
        picture("1", finding(HEAP, place(0, 0)), taken_at="2026-03-01T23:30:00"),
        picture("2", finding(STALL, place(60, 0)), taken_at="2026-03-01T09:00:00"),
        picture("3", finding(MUD, place(30, 0)), taken_at="2026-03-01T09:00:00"),
        started="2026-03-01T12:00:00+00:00",
    )
    second = report(
        picture("4", finding(HEAP, place(1, 0)), taken_at="2026-03-02T09:00:00+08:00"),
        picture("5", finding(MUD, place(30, 0)), taken_at="2026-03-02T09:00:00"),
        picture("6", finding(HEAP)),
        started="2026-03-02T17:00:00+00:00",
    )
    third = report(
        picture("7", finding(HEAP, place(0, 1)), taken_at="2026-04-02T09:00:00"),
        picture("1", finding(HEAP, place(0, 0)), taken_at="2026-03-01T23:30:00"),
        started="2026-04-02T01:00:00+00:00",
    )
    return [("third", third), ("first", first), ("second", second)]


def counts(rollup) -> dict[str, int]:
    found = dict[str, int]()
    for line in rollup.lines:
        found[line.period] = found.get(line.period, 0) + line.violations
    return found


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("day", {"2026-03-01": 3, "2026-03-02": 2, "2026-03-03": 1, "2026-04-02": 1}),
        ("week", {"2026-W09": 3, "2026-W10": 3, "2026-W14": 1}),
        ("month", {"2026-03": 6, "2026-04": 1}),
    ],
)
def test_each_violation_counts_once_in_its_period(by, expected) -> None:
    """By the cameras' days; the undated one on its audit's day, which in Beijing is the third."""
    rollup = roll_up(rounds(), by, EVERYWHERE, "zh")
    assert counts(rollup) == expected
    assert rollup.twice == 1
    assert sum(line.undated for line in rollup.lines) == 1
    assert [one.folder for one in rollup.audits] == ["first", "second", "third"]


def test_places_where_it_comes_back() -> None:
    (repeat,) = roll_up(rounds(), "day", EVERYWHERE, "en").repeats
    assert repeat.kind == "overflowing_bin"
    assert repeat.days == ("2026-03-01", "2026-03-02", "2026-04-02")
    east, north = HOME.metres(repeat.place.lon, repeat.place.lat)
    assert abs(east) + abs(north) < 1.5
    by_camera = [
        (str(n), report(picture(f"{n}", finding(HEAP, place(0, 0, "exif"))))) for n in range(2)
    ]
    assert roll_up(by_camera, "day", EVERYWHERE, "en").repeats == ()


def test_points_by_a_site_s_table_and_cap(tmp_path) -> None:
    table = tmp_path / "points.yaml"
    table.write_text(
        "cap: 2\npoints: {overflowing_bin: 5, overflowing_bin.exposed_garbage: 1.5, dirty_truck: 1}"
    )
    outline = {
        "type": "Polygon",
        "coordinates": [[[113, 31], [114, 31], [114, 32], [113, 32], [113, 31]]],
    }
    feature = {"type": "Feature", "geometry": outline, "properties": {"name": "北街"}}
    areas = tmp_path / "areas.geojson"
    areas.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    rollup = roll_up(rounds(), "month", Areas.read(areas), "en", Deductions.read(table))
    scores = {(s.period, s.area): (s.points, s.counted) for s in rollup.scores}
    assert scores == {
        ("2026-03", "北街"): (5.0, 2.0),
        ("2026-03", ""): (1.5, 1.5),
        ("2026-04", "北街"): (1.5, 1.5),
    }
    as_csv = tmp_path / "points.csv"
    as_csv.write_text("matter,points\noverflowing_bin,5\noverflowing_bin.exposed_garbage,1.5\n"
                      "dirty_truck,1\ncap,2\n", encoding="utf-8-sig")  # fmt: skip
    assert Deductions.read(as_csv) == Deductions.read(table)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("points: {litter: 1}", "litter: no such kind"),
        ("points: {}", "no table of points"),
        ("cap: -1\npoints: {dirty_truck: 1}", "no table of points"),
        ("points: [1", "no table of points"),
    ],
)
def test_a_wrong_table_is_refused_with_why(tmp_path, text, why) -> None:
    table = tmp_path / "points.yaml"
    table.write_text(text)
    with pytest.raises(DeductionError, match=why):
        Deductions.read(table)


def test_the_command_writes_pages_and_tables_that_agree(tmp_path) -> None:
    for name, made in rounds():
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(made.model_dump_json(), encoding="utf-8")
    folders = [str(tmp_path / name) for name, _ in rounds()]
    out = tmp_path / "out"
    told = CliRunner().invoke(
        app, ["audit-summary", *folders, folders[0], "--by", "month", "--out", str(out)]
    )
    assert told.exit_code == 0, told.output
    tree = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    text = (out / "summary.csv").read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sum(int(row["疑似问题"]) for row in rows) == 7
    assert len(tree["audits"]) == 3, "a folder that is given twice is read once"
    page = (out / "summary.html").read_text(encoding="utf-8")
    assert "发现疑似问题7处" in page
    assert "<script" not in page


def test_a_name_from_outside_stays_text() -> None:
    hostile = [("<b>", report(picture("1", finding()), name="<img src=x onerror=alert(1)>"))]
    rollup = roll_up(hostile, "day", EVERYWHERE, "en")
    assert "<img src=x" not in render_rollup(rollup)
    assert lines_csv(rollup).startswith("\ufeffperiod,area,kind")
