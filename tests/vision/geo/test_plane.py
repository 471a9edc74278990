"""The local plane against the exact tangent plane of the ellipsoid."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geo import LocalPlane, PlaceError
from vision.geo.plane import degree_lengths


def earth_centred(lon, lat):
    """Metres in the earth's own axes (IOGP 373-7-2, section 4.1.1), on WGS 84's surface."""
    axis, flattening = 6378137.0, 1 / 298.257223563
    e2 = flattening * (2 - flattening)
    lon, lat = np.radians((lon, lat))
    normal = axis / np.sqrt(1 - e2 * np.sin(lat) ** 2)
    return normal * np.array(
        (np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), (1 - e2) * np.sin(lat))
    )


def exact_metres(origin, place):
    """East and north in the plane that touches the ellipsoid at the origin."""
    lon, lat = np.radians(origin)
    east = np.array((-np.sin(lon), np.cos(lon), 0))
    north = np.array((-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)))
    away = earth_centred(*place) - earth_centred(*origin)
    return float(east @ away), float(north @ away)


def error_at(reach, lat):
    plane = LocalPlane(113.38, lat)
    errors = []
    for bearing in np.radians(range(0, 360, 15)):
        east, north = reach * np.sin(bearing), reach * np.cos(bearing)
        exact = exact_metres((113.38, lat), plane.degrees(east, north))
        errors.append(hypot(exact[0] - east, exact[1] - north))
    return max(errors)


@pytest.mark.parametrize("lat", [-50, 0, 18, 31.71, 50])
def test_error_is_what_the_docstring_says(lat):
    assert error_at(1000, lat) < 0.2
    assert error_at(5000, lat) < 5


def test_a_degree_is_as_long_as_published():
    # Length of a degree at latitude 45: Wikipedia, Geographic coordinate system (WGS 84).
    per_lon, per_lat = degree_lengths(45)
    assert per_lon == pytest.approx(78847, abs=0.5)
    assert per_lat == pytest.approx(111132, abs=0.5)


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(-3000, 3000), st.floats(-3000, 3000))
def test_there_and_back(lon, lat, east, north):
    plane = LocalPlane(lon, lat)
    assert plane.metres(*plane.degrees(east, north)) == pytest.approx((east, north), abs=1e-4)


def test_the_date_line_is_no_edge():
    east, _ = LocalPlane(179.999, 0).metres(-179.999, 0)
    assert east == pytest.approx(0.002 * degree_lengths(0)[0])


@pytest.mark.parametrize(
    ("lon", "lat"), [(0, 90), (0, -86), (0, float("nan")), (181, 0), (31.71, 113.38)]
)
def test_no_plane_off_the_map_or_at_a_pole(lon, lat):
    with pytest.raises(PlaceError, match="check the coordinates"):
        LocalPlane(lon, lat)
