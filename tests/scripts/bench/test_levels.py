from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from scripts.bench import cameras as bench_cameras
from scripts.bench.levels import CamerasBench, Level, Stock
from scripts.bench.rig import LOOK
from vision.errors import SourceUnavailable
from vision.sources.status import CameraStatus

LEVEL = Level(
    cameras=4,
    workers=1,
    looks=4.0,
    reused=0.0,
    due=4.0,
    age_p50_s=0.1,
    age_p95_s=0.3,
    dropped=0,
    cores=0.5,
    server_cores=None,
    memory_mb=500.0,
    engine_fps=20.0,
    limit=16.0,
)


class Slow:
    """A rig of which some cameras are looked at."""

    def __init__(self, *seen: int) -> None:
        self._looks = np.array([(0.0, 0.0, camera, 0) for camera in seen], LOOK)

    def looks(self) -> Any:
        return self._looks

    def status(self) -> list[CameraStatus]:
        return []


def test_more_than_can_be_held_is_a_level_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured before it is not lost; where nothing is looked at, there is no level."""
    monkeypatch.setattr(bench_cameras, "PATIENCE_S", 0.01)
    rig: Any = Slow(0, 0, 0, 2)
    bench_cameras._settle(rig, 3)
    rig = Slow()
    with pytest.raises(SourceUnavailable, match="3 cameras: none was looked at"):
        bench_cameras._settle(rig, 3)


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
    large = dataclasses.replace(LEVEL, cameras=16, looks=16.0, due=16.0, memory_mb=620.0)
    late = dataclasses.replace(large, cameras=32, due=32.0, memory_mb=900.0)
    bench = _bench(LEVEL, large, late)
    assert bench.held(1) is large
    assert bench.mb_per_camera(1) == pytest.approx(400 / 28)
    figures = bench.as_dict()["by_workers"][1]
    assert (figures["held"], figures["held_over_engine"]) == (16, 0.8)
    assert figures["held_over_limit"] == 1.0
    assert _bench(late).as_dict()["by_workers"][1]["held"] == 0
    assert _bench(late).mb_per_camera(1) is None


def test_numbers_of_workers_are_told_apart() -> None:
    shared = dataclasses.replace(LEVEL, workers=2, memory_mb=900.0)
    more = dataclasses.replace(shared, cameras=8, looks=8.0, due=8.0, memory_mb=940.0)
    bench = _bench(LEVEL, shared, more)
    assert bench.workers == (1, 2)
    assert bench.held(1) is LEVEL
    assert bench.held(2) is more
    assert bench.mb_per_camera(1) is None
    assert bench.mb_per_camera(2) == pytest.approx(10)
