"""The 95 % ellipse of a covariance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.geo import Ellipse


@given(st.floats(0.5, 50), st.floats(0.01, 0.45), st.floats(0, 179))
def test_axes_and_bearing_are_found_again(major, ratio, bearing):
    along = np.array((np.sin(np.radians(bearing)), np.cos(np.radians(bearing))))
    across = np.array((along[1], -along[0]))
    minor = major * ratio
    covariance = major**2 * np.outer(along, along) + minor**2 * np.outer(across, across)
    ellipse = Ellipse.of(covariance / (5.991 * 1.1))
    assert ellipse.major_m == pytest.approx(major)
    assert ellipse.minor_m == pytest.approx(minor)
    turned = (ellipse.bearing - bearing + 90) % 180 - 90
    assert turned == pytest.approx(0, abs=1e-5)


def test_a_little_more_than_95_of_100_draws_lie_inside():
    rng = np.random.default_rng(7)
    covariance = np.array(((9.0, 4.0), (4.0, 4.0)))
    ellipse = Ellipse.of(covariance)
    draws = rng.multivariate_normal((0, 0), covariance, 4000)
    share = np.mean([ellipse.covers(east, north) for east, north in draws.tolist()])
    assert share == pytest.approx(0.963, abs=0.01)  # 1 - exp(-5.991 * 1.1 / 2)


def test_a_certain_place_has_no_extent():
    ellipse = Ellipse.of(np.zeros((2, 2)))
    assert (ellipse.major_m, ellipse.minor_m) == (0, 0)
    assert ellipse.covers(0, 0)
    assert not ellipse.covers(1, 0)


def test_a_place_known_along_a_line_has_no_width():
    ellipse = Ellipse(10.0, 0.0, 0.0)
    assert ellipse.covers(0, 9.9)
    assert not ellipse.covers(0, 10.1)
    assert not ellipse.covers(0.1, 0)
