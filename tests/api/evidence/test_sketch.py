"""The map sketch: to scale, north up, from coordinates of any system; or nothing."""

from __future__ import annotations

import re

import pytest

from api.evidence.sketch import sketch
from tests.api.world import on_map
from vision.geo import Position

CAMERA = {"lon": 113.38, "lat": 31.71, "crs": "WGS84"}


def numbers(drawn: str, pattern: str) -> list[float]:
    found = re.search(pattern, drawn)
    assert found is not None, drawn
    return [float(number) for number in found.groups()]


def test_the_camera_and_the_circle_are_to_scale_with_north_up():
    # The camera stands 30 m west and 40 m south of what it saw.
    drawn = sketch(on_map(30, 40, accuracy=10.0), CAMERA)
    assert drawn is not None
    x, y = numbers(drawn, r'class="sight" d="M(-?[\d.]+) (-?[\d.]+)L0 0"')
    (radius,) = numbers(drawn, r'class="error" r="([\d.]+)"')
    per_metre = radius / 10
    assert x / per_metre == pytest.approx(-30, abs=0.1)
    assert y / per_metre == pytest.approx(40, abs=0.1)
    bar, metres = numbers(drawn, r'd="M-46 44v2h([\d.]+)v-2"/><text x="-46" y="42">([\d.]+) m')
    assert bar / metres == pytest.approx(per_metre, abs=0.01)


@pytest.mark.parametrize("crs", ["GCJ02", "BD09", "CGCS2000"])
def test_places_of_two_systems_are_drawn_in_one(crs):
    here = on_map(30, 40, accuracy=10.0)
    assert sketch(here.to(crs), CAMERA) is not None
    x, y = numbers(str(sketch(here.to(crs), CAMERA)), r'd="M(-?[\d.]+) (-?[\d.]+)L0 0"')
    there = numbers(str(sketch(here, CAMERA)), r'd="M(-?[\d.]+) (-?[\d.]+)L0 0"')
    assert [x, y] == pytest.approx(there, abs=1.5)


def test_what_cannot_be_drawn_is_left_out():
    assert sketch(None, CAMERA) is None
    assert sketch(Position(0, 89, "WGS84", None, "manual"), None) is None
    assert sketch(on_map(0), {"lon": "x"}) is None
    assert 'class="sight"' not in str(sketch(on_map(0), None))
    assert 'class="error"' not in str(sketch(on_map(0, accuracy=None), None))
    far = {"lon": 13.38, "lat": 31.71, "crs": "WGS84"}
    assert 'class="sight"' not in str(sketch(on_map(0), far)), "a slip of the pen"
