"""The whole pipeline on a real camera: a street clip over RTSP that is cut off twice.

Readers alone are tested in `test_rtsp_cameras.py`; here the shipped weights, the default zone (the
whole picture, every kind), the rules and the evidence run behind them.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median

import av
import psutil
import pytest

from scripts.watching import make_pipeline
from vision.detections import Detections
from vision.engines import open_engine
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.evidence import EvidenceItem, EvidenceRole, EvidenceStore
from vision.frames import Frame
from vision.pipeline import Pipeline
from vision.rules import CameraRules, Context
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
    assert pipeline.picture("camera-1").result(20).jpeg[:2] == b"\xff\xd8"
    assert not list((tmp_path / "evidence").iterdir())


class MakesSure:
    """A rule that wants to look again until it has looked so often, and then confirms."""

    every_look, idle = True, True
    kind = "overflowing_bin"
    episodes: tuple[Episode, ...] = ()

    def __init__(self, context: Context, looks: int) -> None:
        self.context = context
        self.times: list[datetime] = []
        self._looks = looks

    @property
    def has_candidates(self) -> bool:
        return len(self.times) < self._looks

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        self.times.append(frame.captured_at)
        if len(self.times) != self._looks:
            return []
        episode = Episode(
            id="01E", kind="overflowing_bin", subtype="bin_overflow", camera=frame.camera,
            zone="whole picture", box=(0, 0, 1, 1), stage=EpisodeStage.CONFIRMED,
            opened_at=self.times[0], last_seen_at=frame.captured_at, looks=self._looks,
            score=0.9, clock=frame.clock,
        )  # fmt: skip
        return [EpisodeEvent(episode, frame, detections)]

    def remember(self) -> int:
        return len(self.times)

    def recall(self, _: object) -> None:
        raise NotImplementedError


def confirm(
    rtsp_server: Callable, shared_data: Path, folder: Path, **camera: object
) -> tuple[MakesSure, list[EvidenceItem]]:
    """Watch a street over RTSP until a rule has confirmed, and a few looks more."""
    server = rtsp_server({"street": shared_data / "clips" / "parking_street.mp4"})
    site = Site.for_sources([server.url("street")], folder, **camera)
    kept: list[EvidenceItem] = []
    pipeline = make_pipeline(site, open_engine(site.model), [lambda _, items: kept.extend(items)])
    scenes = pipeline._watching.now["camera-1"].scenes
    rule = MakesSure(scenes[None].rules.rules[0].context, 12)
    scenes[None] = replace(scenes[None], rules=CameraRules([rule], model={}))
    pipeline.start()
    try:
        until(pipeline, lambda: len(rule.times) >= 18 and bool(kept))
    finally:
        pipeline.stop()
    return rule, kept


def test_a_candidate_is_looked_at_more_often_and_its_clip_is_what_was_sent(
    rtsp_server: Callable, shared_data: Path, tmp_path: Path
) -> None:
    rule, kept = confirm(rtsp_server, shared_data, tmp_path, analyse_fps=1, candidate_fps=4)
    apart = [(b - a).total_seconds() for a, b in pairwise(rule.times)]
    # Four times as often; on a machine that is busy with something else still more often.
    assert median(apart[4:11]) < 0.75 * median(apart[14:])
    assert median(apart[14:]) > 0.9

    (clip,) = [item for item in kept if item.media_type == "video/mp4"]
    assert (clip.role, clip.moment, clip.of) == (EvidenceRole.ORIGINAL, "confirmed", None)
    content = EvidenceStore(tmp_path / "evidence").read(clip.sha256)
    with av.open(str(shared_data / "clips" / "parking_street.mp4")) as street:
        sent = {picture.to_ndarray().tobytes() for picture in street.decode(video=0)}
    with av.open(io.BytesIO(content)) as recording:
        shown = [picture.to_ndarray().tobytes() for picture in recording.decode(video=0)]
    assert len(shown) > 10
    assert all(picture in sent for picture in shown)


def test_no_clip_is_kept_of_a_camera_with_a_privacy_zone(
    rtsp_server: Callable, shared_data: Path, tmp_path: Path
) -> None:
    corner = (((0.0, 0.0), (0.2, 0.0), (0.2, 0.2)),)
    _, kept = confirm(rtsp_server, shared_data, tmp_path, analyse_fps=10, privacy=corner)
    assert kept
    assert "video/mp4" not in {item.media_type for item in kept}
