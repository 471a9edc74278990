from __future__ import annotations

import dataclasses

import pytest

from scripts.bench.levels import CamerasBench, Level, Stock

LEVEL = Level(
    cameras=4,
    looks=4.0,
    reused=0.0,
    due=4.0,
    age_p50_s=0.1,
    age_p95_s=0.3,
    dropped=0,
    cores=0.5,
    server_cores=None,
    resident_mb=500.0,
    engine_fps=20.0,
    limit=16.0,
)


def _bench(*levels: Level) -> CamerasBench:
    return CamerasBench(
        clip="street.mp4",
        transport="http",
        decided=False,
        width=1920,
        height=1080,
        looks_each=1.0,
        seconds=20.0,
        model="m",
        engine="e",
        reading_ms=10.0,
        machine={},
        levels=levels,
        stock=(Stock(4, 0.5),),
    )


@pytest.mark.parametrize(
    ("change", "held"),
    [({}, True), ({"looks": 3.9}, False), ({"age_p95_s": 1.2}, False), ({"due": 4.05}, True)],
)
def test_a_level_is_held_when_looks_are_made_and_young(
    change: dict[str, float], held: bool
) -> None:
    assert dataclasses.replace(LEVEL, **change).held is held


def test_figures_come_from_the_largest_level_that_is_held() -> None:
    large = dataclasses.replace(LEVEL, cameras=16, looks=16.0, due=16.0, resident_mb=620.0)
    late = dataclasses.replace(large, cameras=32, due=32.0, resident_mb=900.0)
    bench = _bench(LEVEL, large, late)
    assert bench.held is large
    assert bench.mb_per_camera == pytest.approx(400 / 28)
    figures = bench.as_dict()
    assert (figures["held"], figures["held_over_engine"]) == (16, 0.8)
    assert figures["held_over_limit"] == 1.0
    assert _bench(late).as_dict()["held"] == 0
    assert _bench(late).mb_per_camera is None
