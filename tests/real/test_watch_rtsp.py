"""The whole pipeline on a real camera: a street clip over RTSP that is cut off twice.

Readers alone are tested in `test_rtsp_cameras.py`; here the shipped weights, the default zone (the
whole picture, every kind), the rules and the evidence run behind them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from scripts.watching import make_pipeline
from vision.engines import open_engine
from vision.episodes import EpisodeStage
from vision.pipeline import Pipeline
from vision.site import Site
from vision.sources.status import CameraState


@pytest.fixture
def watch(tmp_path, rtsp_server, shared_data):
    server = rtsp_server({"street": shared_data / "clips" / "parking_street.mp4"})
    site = Site.for_sources([server.url("street")], tmp_path, analyse_fps=5)
    events = []
    pipeline = make_pipeline(site, open_engine(site.model), [lambda event, _: events.append(event)])
    pipeline.start()
    yield server, pipeline, events
    pipeline.stop()


def until(pipeline: Pipeline, holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for the pipeline to reach a state; it tells of itself only when asked."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, pipeline.status()
        pipeline.wait(timeout=0.1)


def analysed(pipeline: Pipeline) -> int:
    return pipeline.status()[0].analysed


def test_a_camera_cut_off_twice_is_watched_on_without_a_false_case(watch, tmp_path: Path):
    server, pipeline, events = watch
    until(pipeline, lambda: analysed(pipeline) >= 20)
    process = psutil.Process()
    threads, resident = process.num_threads(), process.memory_info().rss
    for cut in (1, 2):
        server.kill()
        until(pipeline, lambda: pipeline.status()[0].state is CameraState.RETRYING)
        before = analysed(pipeline)
        back = time.monotonic()
        server.start()
        until(pipeline, lambda seen=before: analysed(pipeline) > seen)
        print(f"cut {cut}: watching again {time.monotonic() - back:.1f} s after its return")
        until(pipeline, lambda seen=before: analysed(pipeline) >= seen + 20)
    (status,) = pipeline.status()
    assert status.reconnects == 2
    assert status.state is CameraState.ALIVE
    assert pipeline.problem is None
    assert process.num_threads() <= threads + 1
    # Two more decoders came and went; a leak of their frames would be a multiple of this.
    assert process.memory_info().rss < resident + 64 * 2**20
    confirmed = [e for e in events if e.episode.stage is EpisodeStage.CONFIRMED]
    assert confirmed == []
    assert pipeline.snapshot("camera-1")[:2] == b"\xff\xd8"
    assert not (tmp_path / "evidence").exists()
