"""The unit grid: which cell, none outside, and clear words for a bad file."""

from __future__ import annotations

import json
import os

import pytest

from vision.geo import PlaceError, Position
from vision.registers.grid import Cell, UnitGrid


def square(west, south, size=0.01):
    ring = [
        [west, south],
        [west + size, south],
        [west + size, south + size],
        [west, south + size],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(code, geometry, **properties):
    return {
        "type": "Feature",
        "properties": {"code": code, **properties},
        "geometry": geometry,
    }


WEST = feature(
    "421303001002003",
    square(113.37, 31.70),
    department_code="11421303MB1234567X",
    department_name="曾都区城市管理执法局",
)
EAST = feature("421303001002004", square(113.38, 31.70))


def at(lon, lat, crs="WGS84"):
    return Position(lon, lat, crs, 5.0, "homography")


@pytest.fixture
def load(tmp_path):
    def write(*features, raw=None):
        path = tmp_path / "grid.geojson"
        tree = {"type": "FeatureCollection", "features": list(features)}
        path.write_bytes(raw if raw is not None else json.dumps(tree).encode())
        return UnitGrid.load(path)

    return write


def test_the_cell_with_its_department(load):
    grid = load(WEST, EAST)
    assert grid.cell(at(113.375, 31.705)) == Cell(
        "421303001002003", "11421303MB1234567X", "曾都区城市管理执法局"
    )
    assert grid.cell(at(113.385, 31.705)) == Cell("421303001002004")


def test_outside_is_none_however_near(load):
    assert load(WEST, EAST).cell(at(113.3905, 31.705)) is None


def test_a_position_in_another_system_is_converted(load):
    grid = load(WEST, EAST)
    gcj02 = at(113.3795, 31.705).to("GCJ02")
    assert gcj02.lon > 113.38
    assert grid.cell(gcj02) == grid.cell(at(113.3795, 31.705))


def test_a_shared_edge_belongs_to_the_first(load):
    assert load(WEST, EAST).cell(at(113.38, 31.705)).code == "421303001002003"
    assert load(EAST, WEST).cell(at(113.38, 31.705)).code == "421303001002004"


def test_holes_and_parts(load):
    hole = square(113.373, 31.703, 0.004)["coordinates"][0]
    outer = square(113.37, 31.70)["coordinates"][0]
    parts = [[outer, hole], square(113.40, 31.70)["coordinates"][0:1]]
    grid = load(feature("42130300100200A", {"type": "MultiPolygon", "coordinates": parts}))
    assert grid.cell(at(113.375, 31.705)) is None
    assert grid.cell(at(113.405, 31.705)).code == "42130300100200A"


def test_a_byte_order_mark_is_no_mistake(load):
    tree = {"type": "FeatureCollection", "features": [EAST]}
    grid = load(raw=b"\xef\xbb\xbf" + json.dumps(tree).encode())
    assert grid.cell(at(113.385, 31.705)).code == "421303001002004"


BOW = {
    "type": "Polygon",
    "coordinates": [
        [[113.37, 31.70], [113.38, 31.71], [113.38, 31.70], [113.37, 31.71], [113.37, 31.70]]
    ],
}
EMPTY = {"type": "Polygon", "coordinates": []}


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (feature("12345", square(113, 31)), "feature 2: code '12345' is no unit-grid code"),
        (feature("421303001002003", square(113, 31)), "feature 1's already"),
        (feature("421303001002009", {"type": "Point", "coordinates": [113, 31]}), "is a Point"),
        (feature("421303001002009", EMPTY), "is empty; leave it out or draw it again"),
        (feature("421303001002009", None), "geometry does not read"),
        (feature("421303001002009", {"type": "Polygon"}), "geometry does not read"),
        (feature("421303001002009", {"type": "Blob"}), "geometry does not read"),
        (feature("421303001002009", square(441000, 3510000)), "EPSG:4490"),
        (feature("421303001002009", BOW), "Self-intersection"),
        ({"type": "Feature", "geometry": square(113, 31)}, "has no properties"),
        ("cell", "has no properties"),
    ],
)
def test_a_bad_feature_is_named(load, bad, message):
    with pytest.raises(PlaceError, match=message):
        load(WEST, bad)


ROW = {"type": "Polygon", "coordinates": [[[113, 31], [113.1, 31], [113.2, 31], [113, 31]]]}
POINT = {"type": "Polygon", "coordinates": [[[113, 31]] * 4]}


@pytest.mark.parametrize("outline", [ROW, POINT], ids=["row", "point"])
def test_what_encloses_nothing_is_no_cell(load, outline):
    with pytest.raises(PlaceError, match="feature 1: is no proper polygon"):
        load(feature("421303001002009", outline))


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"features": ' * 100_000])
def test_brackets_without_end_are_no_json(load, raw):
    with pytest.raises(PlaceError, match="is not JSON"):
        load(raw=raw)


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "grid.geojson")
    with pytest.raises(PlaceError, match="a pipe or device"):
        UnitGrid.load(tmp_path / "grid.geojson")


def test_all_mistakes_are_told_at_once_but_not_hundreds(load):
    with pytest.raises(PlaceError) as told:
        load(*(feature("x", square(113, 31)) for _ in range(13)))
    lines = str(told.value).splitlines()
    assert len(lines) == 11
    assert lines[-1].endswith("and 3 more")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"code;geometry", "is not JSON"),
        ("网格".encode("gbk"), "is not UTF-8"),
        (b"[]", "has no features"),
        (b'{"type": "FeatureCollection", "features": []}', "has no features"),
        (b'{"type": "Topology", "objects": {}}', "has no features"),
    ],
)
def test_a_bad_file_is_named(load, raw, message):
    with pytest.raises(PlaceError, match=f"grid.geojson: {message}"):
        load(raw=raw)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(PlaceError, match="cannot read the unit grid"):
        UnitGrid.load(tmp_path / "none.geojson")
