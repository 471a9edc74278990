"""Conversions against what the map services publish, and there and back again."""

from __future__ import annotations

from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geo.coordinates import Crs, convert
from vision.geo.plane import LocalPlane

SHIFTED: list[Crs] = ["GCJ02", "BD09"]
# Two boxes well inside the area that is shifted: the plains in the east, and the west.
east = st.tuples(st.floats(108.1, 119.9), st.floats(25.5, 42.5))
west = st.tuples(st.floats(80, 96), st.floats(31, 47))
inland = east | west


def apart(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Metres between two places."""
    return hypot(*LocalPlane(*a).metres(*b))


# Examples in the documentation of AMap's coordinate service (lbs.amap.com, Web service API,
# coordinate conversion, coordsys=gps).
@pytest.mark.parametrize(
    ("wgs84", "gcj02"),
    [
        ((116.481499, 39.990475), (116.487585177952, 39.991754014757)),
        ((116.481499, 39.990375), (116.487585177952, 39.991653917101)),
    ],
)
def test_amap_answers_the_same(wgs84, gcj02):
    assert apart(convert(*wgs84, "WGS84", "GCJ02"), gcj02) < 0.05
    assert apart(convert(*gcj02, "GCJ02", "WGS84"), wgs84) < 0.05


def test_baidu_answers_the_same():
    # Example in the documentation of Baidu's service (api.map.baidu.com/geoconv/v1, 1 to 5).
    wgs84, bd09 = (114.21892734521, 29.575429778924), (114.2307519546763, 29.57908428837437)
    assert apart(convert(*wgs84, "WGS84", "BD09"), bd09) < 0.7
    assert apart(convert(*bd09, "BD09", "WGS84"), wgs84) < 0.7


# Cities as Baidu's service answered for them, from gcoord's tests (hujiulong/gcoord,
# test/fixtures/china-cities.json); the formulas are about 0.7 m off everywhere.
@pytest.mark.parametrize(
    ("wgs84", "gcj02", "bd09"),
    [
        ((114.2999512, 30.5955177), (114.3053942, 30.5931044), (114.3119755, 30.5987732)),
        ((92.0499619, 31.4784436), (92.0512438, 31.4762063), (92.0576832, 31.4824421)),
        ((123.4253306, 41.8032629), (123.4314787, 41.8057023), (123.438095, 41.8114013)),
        ((111.2740147, 23.4795593), (111.2791187, 23.4769675), (111.2856358, 23.4828109)),
        ((127.5209846, 50.2434852), (127.528304, 50.2451332), (127.5347994, 50.2510922)),
        ((112.3337959, 16.8334801), (112.3387036, 16.8318454), (112.3451951, 16.8380363)),
    ],
    ids=["Wuhan", "Nagqu", "Shenyang", "Wuzhou", "Heihe", "Sansha"],
)
def test_cities_in_all_three_systems(wgs84, gcj02, bd09):
    assert apart(convert(*wgs84, "WGS84", "GCJ02"), gcj02) < 0.75
    assert apart(convert(*wgs84, "WGS84", "BD09"), bd09) < 0.75
    assert apart(convert(*gcj02, "GCJ02", "BD09"), bd09) < 0.05
    assert apart(convert(*bd09, "BD09", "GCJ02"), gcj02) < 0.05
    assert apart(convert(*bd09, "BD09", "WGS84"), wgs84) < 0.75


# What other converters' tests expect: googollee/eviltransform (the first three) and
# wandergis/coordtransform.
@pytest.mark.parametrize(
    ("source", "target", "given", "expected"),
    [
        ("WGS84", "GCJ02", (121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
        ("WGS84", "GCJ02", (113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
        ("WGS84", "GCJ02", (116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
        ("WGS84", "GCJ02", (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
        ("GCJ02", "BD09", (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
    ],
)
def test_other_converters_agree(source, target, given, expected):
    assert convert(*given, source, target) == pytest.approx(expected, abs=1e-9)


@given(inland, st.sampled_from(SHIFTED))
def test_there_and_back_is_within_a_billionth_of_a_degree(place, crs):
    moved = convert(*place, "WGS84", crs)
    assert 30 < apart(place, moved) < 2500
    assert convert(*moved, crs, "WGS84") == pytest.approx(place, abs=1e-9, rel=0)


@given(inland, st.permutations(["WGS84", "GCJ02", "BD09", "CGCS2000"]))
def test_the_way_taken_does_not_matter(place, systems):
    here, via, there, _ = systems
    directly = convert(*place, here, there)
    assert convert(*convert(*place, here, via), via, there) == pytest.approx(
        directly, abs=1e-9, rel=0
    )


@given(st.floats(-180, 180), st.floats(-90, 90))
def test_cgcs2000_is_wgs_84(lon, lat):
    assert convert(lon, lat, "WGS84", "CGCS2000") == (lon, lat)
    assert convert(lon, lat, "CGCS2000", "WGS84") == (lon, lat)


@given(
    st.floats(-180, 72.9) | st.floats(137.1, 180),
    st.floats(-90, 90),
    st.sampled_from(SHIFTED),
)
def test_other_continents_are_not_shifted(lon, lat, crs):
    assert convert(lon, lat, "WGS84", crs) == (lon, lat)
    assert convert(lon, lat, crs, "WGS84") == (lon, lat)


@pytest.mark.parametrize(
    "place",
    [(126.98, 37.57), (105.85, 21.03), (106.9, 47.92), (139.69, 35.69), (77.2, 28.61)],
    ids=["Seoul", "Hanoi", "Ulaanbaatar", "Tokyo", "Delhi"],
)
def test_neighbours_capitals_are_not_shifted(place):
    assert convert(*place, "WGS84", "GCJ02") == place
    assert convert(*place, "GCJ02", "WGS84") == place


@pytest.mark.parametrize(
    "place",
    [(75.99, 39.47), (130.36, 42.86), (107.97, 21.54), (117.45, 49.59), (103.95, 22.52)],
    ids=["Kashgar", "Hunchun", "Dongxing", "Manzhouli", "Hekou"],
)
def test_border_towns_are_shifted(place):
    assert apart(place, convert(*place, "WGS84", "GCJ02")) > 30


def test_the_areas_edge_comes_back():
    for place in [(109.6872, 45.0), (96.33, 43.5), (110.0, 42.8899)]:
        moved = convert(*place, "WGS84", "BD09")
        assert moved != place
        assert convert(*moved, "BD09", "WGS84") == pytest.approx(place, abs=1e-9, rel=0)


def test_a_coordinate_that_nothing_is_shifted_to_stays():
    # Just inside the area's western edge: shifting moves places eastward, away from it.
    assert convert(73.1247, 39.0, "GCJ02", "WGS84") == (73.1247, 39.0)
