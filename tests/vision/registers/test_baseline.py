from __future__ import annotations

import json
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from vision.geo.errors import PlaceError
from vision.geo.ground import Ground
from vision.geo.plane import LocalPlane
from vision.registers.baseline import Baseline

PLANE = LocalPlane(113.37, 31.71)


@pytest.fixture
def ground() -> Ground:
    """A camera that looks straight down on 100 m by 100 m, north up."""
    seen = product((0.05, 0.5, 0.95), repeat=2)
    return Ground.fit([(u, v, *PLANE.degrees(100 * u, 100 * (1 - v))) for u, v in seen])


def write(path: Path, *features: tuple[list[tuple[float, float]], dict[str, object]]) -> Path:
    """Rings in metres east and north, with their properties."""
    made = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": {
                "type": "Polygon",
                "coordinates": [[PLANE.degrees(*p) for p in [*ring, ring[0]]]],
            },
        }
        for ring, properties in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": made}))
    return path


def square(east: float, north: float, side: float) -> list[tuple[float, float]]:
    return [
        (east, north),
        (east + side, north),
        (east + side, north + side),
        (east, north + side),
    ]


def test_known_structures_are_seen_where_they_stand(tmp_path: Path, ground: Ground) -> None:
    known = write(
        tmp_path / "b.geojson",
        (square(20, 60, 10), {"as_of": "2026-03-01"}),
        (square(95, 0, 20), {"as_of": "2025-01-01"}),  # half of it in the picture
        (square(200, 0, 20), {"as_of": "2025-01-01"}),  # beside it
    )
    baseline = Baseline.load(known)
    assert baseline.as_of == date(2026, 3, 1)
    inside, across = baseline.boxes(ground)
    assert inside == pytest.approx((0.2, 0.3, 0.3, 0.4), abs=1e-3)
    assert across == pytest.approx((0.95, 0.8, 1.0, 1.0), abs=1e-3)


@pytest.mark.parametrize("properties", [{}, {"as_of": "spring"}, {"as_of": None}])
def test_a_structure_without_its_day_is_refused(
    tmp_path: Path, properties: dict[str, object]
) -> None:
    path = write(tmp_path / "b.geojson", (square(0, 0, 9), properties))
    with pytest.raises(PlaceError, match="feature 1: `as_of`"):
        Baseline.load(path)


def test_an_area_is_told_with_its_error(ground: Ground) -> None:
    size, error = ground.area((0.2, 0.3, 0.4, 0.4))
    assert size == pytest.approx(200, rel=1e-3)
    accuracy = ground.position(0.3, 0.35).accuracy_m
    assert accuracy is not None
    assert accuracy * 10 < error < accuracy * 60  # some metres along a rim of sixty
