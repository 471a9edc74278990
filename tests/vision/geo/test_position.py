"""A position carries its system, so it cannot be converted twice."""

from __future__ import annotations

from math import inf, nan

import pytest

from vision.errors import StreetwardenError
from vision.geo import Ellipse, PlaceError, Position

HERE = Position(113.38, 31.71, "WGS84", 4.0, "homography", Ellipse(4.0, 2.0, 30.0))


def test_converting_twice_changes_nothing():
    once = HERE.to("GCJ02")
    assert (once.lon, once.lat) != (HERE.lon, HERE.lat)
    assert once.to("GCJ02") == once


def test_it_comes_back():
    back = HERE.to("BD09").to("GCJ02").to("WGS84")
    assert (back.lon, back.lat) == pytest.approx((HERE.lon, HERE.lat), abs=1e-9, rel=0)


def test_what_is_known_of_it_goes_along():
    there = HERE.to("BD09")
    assert (there.crs, there.accuracy_m, there.method) == ("BD09", 4.0, "homography")
    assert there.ellipse == HERE.ellipse


@pytest.mark.parametrize(("lon", "lat"), [(31.71, 113.38), (181, 0), (nan, 0), (0, inf)])
def test_no_such_place(lon, lat):
    with pytest.raises(PlaceError, match="swapped"):
        Position(lon, lat, "WGS84", None, "manual")


@pytest.mark.parametrize("accuracy", [-1.0, inf, nan])
def test_no_such_accuracy(accuracy):
    with pytest.raises(PlaceError, match="no distance"):
        Position(113.38, 31.71, "WGS84", accuracy, "manual")


def test_the_site_file_and_the_command_line_both_report_it():
    assert issubclass(PlaceError, ValueError)
    assert issubclass(PlaceError, StreetwardenError)
