"""Whole comparisons of drawn flights, by an engine that sees red roofs."""

from __future__ import annotations

import base64
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from shapely.geometry import Point, shape

from tests.vision.compare.roof_engine import BLUE, RoofEngine, build, ground
from tests.vision.compare.surveys import Survey
from vision.compare import Comparer, Flown, compose, geojson, render, settings_of, write
from vision.compare.words import BASIS, SAID, WHY, WORDS
from vision.errors import EvidenceError, PictureError
from vision.registers.baseline import Baseline

FIELD = ground()
OLD = [(300, 200, 360, 250), (700, 300, 750, 360), (500, 500, 570, 550), (820, 560, 880, 600)]
NEW = (560, 300, 620, 350)
SURVEY = Survey(size=(640, 400))
BEFORE = [(400, 300, 0), (760, 300, 0), (400, 500, 0), (760, 500, 0)]
AFTER = [(420, 310, 5), (740, 320, 3), (410, 490, -4), (750, 480, 175)]


def comparison(before, after, out: Path, language="en", *, aligned=False):
    """The record, the outcome and the page."""
    engine, scratch = RoofEngine(), out / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    later = Flown([after], engine, out, scratch)
    later.only(earlier=False)
    earlier = before
    if isinstance(before, Path):
        earlier = Flown([before], engine, out, scratch)
        earlier.only(earlier=True)
    outcome = Comparer(earlier, later, aligned=aligned).run()
    flown = isinstance(earlier, Flown)
    record = compose(
        outcome,
        settings_of(engine, language, aligned=aligned),
        [*(earlier.problems if flown else []), *later.problems],
        (len(earlier.shots) if flown else 0, len(later.shots)),
        None if flown else earlier.as_of.isoformat(),
    )
    return record, outcome, render(record, outcome)


@pytest.fixture(scope="module")
def flights(tmp_path_factory) -> Path:
    """`before` and `after`, eight photos with telemetry; one roof came, one grew, one went."""
    root = tmp_path_factory.mktemp("flights")
    built = [OLD[0], (700, 300, 750, 430), OLD[2], NEW]
    later = build(build(FIELD, *built), (450, 400, 462, 420), colour=BLUE)
    SURVEY.fly(build(FIELD, *OLD), root / "before", BEFORE, seed=1)
    SURVEY.fly((later * 0.85 + 20).astype(np.uint8), root / "after", AFTER, seed=2)
    return root


@pytest.fixture(scope="module")
def compared(flights: Path, tmp_path_factory):
    return comparison(flights / "before", flights / "after", tmp_path_factory.mktemp("out"))


def test_each_change_is_found_once_however_many_pictures_show_it(compared) -> None:
    record, _, _ = compared
    assert [change.what for change in record.changes] == ["appeared", "grown", "gone"]
    assert (record.counts.unchanged, record.counts.doubtful) == (2, 0)
    assert len(record.changes[0].pictures) == 4
    assert record.counts.share > 0.9
    assert record.problems == ()


def test_changes_have_a_place_within_their_error_and_a_size(compared) -> None:
    record, _, _ = compared
    appeared, grown, gone = record.changes
    for change, (x1, y1, x2, y2) in (
        (appeared, NEW),
        (grown, (700, 300, 750, 430)),
        (gone, OLD[3]),
    ):
        lon, lat = SURVEY.place((x1 + x2) / 2, (y1 + y2) / 2)
        east, north = (change.place.lon - lon) * 94_600, (change.place.lat - lat) * 110_900
        assert np.hypot(east, north) < change.place.accuracy_m < 15
        assert change.place.method == "drone_pose"
        # An upright box about what is turned by a few degrees is a little larger.
        true = (x2 - x1) * (y2 - y1) * SURVEY.metre**2
        assert 0.9 * true < change.size_m2 < 1.3 * true
        assert 0 < change.size_error_m2 < 0.3 * true
    assert grown.added_m2 == pytest.approx(50 * 70 * 0.04, rel=0.25)
    assert grown.earlier_box is not None
    assert record.ground is not None
    assert record.ground.compared_m2 <= record.ground.after_m2


def test_the_map_holds_each_change_as_a_polygon_about_its_place(compared) -> None:
    record, _, _ = compared
    features = json.loads(geojson(record))["features"]
    assert [f["properties"]["what"] for f in features] == ["appeared", "grown", "gone"]
    for feature, change in zip(features, record.changes, strict=True):
        polygon = shape(feature["geometry"])
        assert polygon.is_valid
        assert polygon.exterior.is_ccw
        assert polygon.contains(Point(change.place.lon, change.place.lat))
        assert feature["properties"]["suspected"] is True


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))


def pictures(page: str) -> list[np.ndarray]:
    sources = [attrs["src"] for tag, attrs in Page(page).tags if tag == "img"]
    raw = [base64.b64decode(source.partition(",")[2]) for source in sources]
    return [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR) for one in raw]


def test_the_page_holds_its_pictures_and_needs_nobody(compared) -> None:
    record, outcome, page = compared
    for _, attrs in Page(page).tags:
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        for name in ("src", "href"):
            value = attrs.get(name) or "data:"
            assert value.startswith("data:") or value in {"compare.json", "compare.geojson"}
    policy = next(a["content"] for _, a in Page(page).tags if "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'sha256-")
    assert len(pictures(page)) == 2 * (len(record.changes) + len(outcome.overviews))
    assert all(said in page for said in (c.said["en"] for c in record.changes))


def test_people_are_masked_in_every_picture(compared) -> None:
    _, _, page = compared
    for picture in pictures(page):
        blue, green, red = (picture[..., n].astype(int) for n in range(3))
        marked = (blue > red + 150) & (blue > green + 120)
        # (the outline of what is gone is a lighter blue)
        assert marked.mean() < 0.0005


def test_without_telemetry_pictures_find_each_other_by_what_they_show(
    flights: Path, tmp_path: Path
) -> None:
    for folder, over, picture in (
        ("one", BEFORE[:2], build(FIELD, *OLD)),
        ("two", AFTER[1:2], build(FIELD, *OLD, NEW)),
    ):
        SURVEY.fly(picture, tmp_path / folder, over, pose=False)
    record, _, _ = comparison(tmp_path / "one", tmp_path / "two", tmp_path / "out")
    assert [(c.what, c.place, c.size_m2) for c in record.changes] == [("appeared", None, None)]
    assert record.ground is None
    assert geojson(record) == '{"type": "FeatureCollection", "features": []}'


def test_what_cannot_be_compared_is_said_with_why(tmp_path: Path) -> None:
    SURVEY.fly(build(FIELD, *OLD), tmp_path / "one", [(400, 300, 0), (900, 600, 0)])
    SURVEY.fly(build(FIELD, *OLD), tmp_path / "two", [(600, 300, 0)])
    (tmp_path / "two" / "<b>cut.jpg").write_bytes(b"\xff\xd8\xff no picture")
    SURVEY.fly(ground(9), tmp_path / "three", [(400, 300, 0)], pose=False)
    other = next((tmp_path / "three").iterdir())
    other.rename(tmp_path / "two" / "elsewhere.jpg")
    record, _, page = comparison(tmp_path / "one", tmp_path / "two", tmp_path / "out")
    gaps = {(gap.picture, gap.code) for gap in record.not_compared}
    assert ("two/DJI_0000.JPG", "not_shown") in gaps
    assert ("two/elsewhere.jpg", "few_features") in gaps
    assert [problem.name for problem in record.problems] == ["two/<b>cut.jpg"]
    assert "<b>cut" not in page
    assert 0.2 < record.counts.share < 0.7


def test_pairs_of_a_map_grid_go_by_their_names(tmp_path: Path) -> None:
    tmp_path.joinpath("in").mkdir()
    field = ground(6, (300, 300))
    for name, picture in (
        ("roof_A", field),
        ("roof_B", build(ground(7, (300, 300)), (100, 100, 160, 160))),
        ("yard_A", field),
        ("yard_B", field),
    ):
        cv2.imwrite(str(tmp_path / "in" / f"{name}.png"), picture)
    given = tmp_path / "in", tmp_path / "in", tmp_path / "out"
    record, _, _ = comparison(*given, aligned=True)
    assert [(c.what, c.picture) for c in record.changes] == [("appeared", "in/roof_B.png")]
    assert record.changes[0].earlier_pictures == ("in/roof_A.png",)
    record, _, _ = comparison(*given)
    assert {gap.picture for gap in record.not_compared} >= {"in/roof_B.png", "in/roof_A.png"}


def baseline(path: Path, boxes) -> Baseline:
    features = [
        {
            "type": "Feature",
            "properties": {"as_of": "2026-03-01"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        list(SURVEY.place(*corner))
                        for corner in ((x1, y1), (x1, y2), (x2, y2), (x2, y1), (x1, y1))
                    ]
                ],
            },
        }
        for x1, y1, x2, y2 in boxes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return Baseline.load(path)


def test_a_flight_against_a_dated_baseline(flights: Path, tmp_path: Path) -> None:
    known = baseline(tmp_path / "known.geojson", OLD)
    assert known.as_of == date(2026, 3, 1)
    record, _, page = comparison(known, flights / "after", tmp_path / "out")
    assert [c.what for c in record.changes if c.what != "grown"] == ["appeared", "gone"]
    lon, lat = SURVEY.place(590, 325)
    place = record.changes[0].place
    assert np.hypot((place.lon - lon) * 94_600, (place.lat - lat) * 110_900) < place.accuracy_m
    assert "2026-03-01" in page
    SURVEY.fly(FIELD, tmp_path / "bare", [(400, 300, 0)], pose=False)
    with pytest.raises(PictureError, match="compared by place"):
        comparison(known, tmp_path / "bare", tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_said(compared, tmp_path: Path) -> None:
    record, _, page = compared
    (tmp_path / "file").write_text("")
    with pytest.raises(EvidenceError, match="cannot be written"):
        write(tmp_path / "file", page, record)
    write(tmp_path / "out", page, record)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "compare.html",
        "compare.json",
        "compare.geojson",
    }


def test_both_languages_say_the_same_things(compared) -> None:
    record, outcome, _ = compared
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for name, text in WORDS["en"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", WORDS["zh"][name]))
    for sentence in (*SAID.values(), *WHY.values()):
        assert sentence.placeholders("en").keys() == sentence.placeholders("zh").keys()
    chinese = record.model_copy(
        update={"settings": record.settings.model_copy(update={"language": "zh"})}
    )
    page = render(chinese, outcome)
    assert "疑似新增建筑" in page
    assert 'lang="zh-CN"' in page
    assert BASIS["zh"]
