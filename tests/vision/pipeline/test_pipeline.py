from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import av
import cv2
import numpy as np

from tests.api.world import make_event
from tests.vision.eyes import Eyes
from vision.detections import Detections, make_detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.errors import StorageUnavailable
from vision.evidence import EvidenceStore
from vision.frames import Clock, Frame, Pixels
from vision.pipeline import Pipeline
from vision.pipeline.event_writer import _WAITING
from vision.rules import CameraRules, Context
from vision.site import Camera, Site
from vision.view.health import View


class Blind(Eyes):
    """Sees nothing, in pictures of the size it asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.shapes: set[tuple[int, ...]] = set()
        self.looks = 0

    def see(self, image: Pixels) -> Detections:
        self.shapes.add(image.shape)
        self.looks += 1
        none = (np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))
        return make_detections(*none, self.model.classes)


class Looks:
    """A rule that notes when it was given a look."""

    every_look, has_candidates, idle = True, False, True
    episodes: tuple[Episode, ...] = ()
    kind = "dirty_truck"

    def __init__(self, context: Context) -> None:
        self.context = context
        self.seconds: list[float] = []

    def look(self, frame: Frame, _: Detections) -> list[EpisodeEvent]:
        start = datetime(2026, 5, 1, 8, tzinfo=UTC)
        self.seconds.append((frame.captured_at - start).total_seconds())
        return []

    def remember(self) -> None:
        """Nothing."""

    def recall(self, _: object) -> None:
        """Nothing."""


def test_rules_pause_while_the_lens_is_covered(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    street = cv2.resize(
        random.integers(0, 255, (24, 40, 3), np.uint8), (640, 384), interpolation=cv2.INTER_NEAREST
    )
    clip = tmp_path / "gate.mp4"
    with av.open(clip, "w") as container:
        container.metadata["creation_time"] = "2026-05-01T08:00:00.000000Z"
        stream = container.add_stream("libx264", rate=2, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 384, "yuv420p"
        for number in range(80):
            covered = 30 <= number < 60  # for 15 s
            pixels = np.full_like(street, 90) if covered else street
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        container.mux(stream.encode())

    engine = Blind()
    site = Site.for_sources([str(clip)], tmp_path, analyse_fps=2, pace="fast")
    pipeline = Pipeline(site, engine, [])
    scenes = pipeline._watching.now["camera-1"].scenes
    rule = Looks(scenes[None].rules.rules[0].context)
    scenes[None] = replace(scenes[None], rules=CameraRules([rule], model={}))
    pipeline.start()
    try:
        assert pipeline.wait(60)
    finally:
        pipeline.stop()
    assert engine.shapes == {(192, 320, 3)}
    # Covered from 15 s to 30 s; both its beginning and its end are believed after 5 s.
    assert rule.seconds == [*np.arange(0, 20, 0.5), *np.arange(35, 40, 0.5)]
    [status] = pipeline.status()
    assert (status.analysed, status.view, status.width) == (80, View.CLEAR, 640)


def test_a_camera_that_wants_tiles_is_seen_in_them(tmp_path: Path) -> None:
    for name, width in (("small", 320), ("large", 640)):
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.zeros((width * 9 // 16, width, 3), np.uint8))
    cameras = tuple(
        Camera(id=f"{name}-{tiles}", source=str(tmp_path / f"{name}.png"), tiles=tiles)
        for name in ("small", "large")
        for tiles in (False, True)
    )
    site = Site.for_sources([], tmp_path).model_copy(update={"cameras": cameras})
    engine = Blind()
    pipeline = Pipeline(site, engine, [])
    pipeline.start()
    try:
        assert pipeline.wait(20)
    finally:
        pipeline.stop()
    tile = (320, 320, 3)
    assert tile in engine.shapes
    assert engine.looks == 4 + 6  # of 640×360 and tiles of 320, three beside each other in two rows


def remembered(site: Site, tmp_path: Path) -> Path:
    pipeline = Pipeline(site, Blind(), [], memory=tmp_path)
    file = pipeline._watching.now[site.cameras[0].id].scenes[None].rules._file
    assert file is not None
    return file


def test_what_is_remembered_of_one_bare_source_is_not_another_ones(tmp_path: Path) -> None:
    gate, yard, changed = (
        remembered(Site.for_sources([f"rtsp://user:{rest}"], tmp_path), tmp_path)
        for rest in ("secret@10.0.0.1/gate", "secret@10.0.0.1/yard", "changed@10.0.0.1/gate")
    )
    assert gate == changed != yard


def test_a_camera_of_a_site_file_is_its_id(tmp_path: Path) -> None:
    zone = {"name": "pavement", "watch": ["street_vending"]}
    site = {"site": {"name": "t"}, "cameras": [{"id": "gate", "source": "x", "zones": [zone]}]}
    files = []
    for source in ("rtsp://10.0.0.1/1", "rtsp://user:pass@10.0.0.2/live", "rtmp://cam/1"):
        site["cameras"][0]["source"] = source  # type: ignore[index]
        files.append(remembered(Site.model_validate(site), tmp_path))
    assert len(set(files)) == 1


class Opens(Looks):
    """A rule that opens an episode at every look."""

    def look(self, frame: Frame, detections: Detections) -> list[EpisodeEvent]:
        super().look(frame, detections)
        episode = replace(make_event(EpisodeStage.OPENED).episode, camera=frame.camera)
        return [EpisodeEvent(episode, frame, detections)]


def test_it_stops_while_nothing_can_be_stored_and_the_queue_is_full(tmp_path: Path) -> None:
    clip = tmp_path / "gate.mp4"
    with av.open(clip, "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        random = np.random.default_rng(1)
        street = cv2.resize(random.integers(0, 255, (6, 8, 3), np.uint8), (64, 48))
        for _ in range(2 * _WAITING):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(street, format="bgr24")))
        container.mux(stream.encode())
    full = Event()

    def down(_event: EpisodeEvent, _items: object) -> None:
        if len(pipeline._writer._waiting) >= _WAITING:
            full.set()
        raise StorageUnavailable("cases.db: no space left; free some")

    site = Site.for_sources([str(clip)], tmp_path, analyse_fps=10, pace="fast")
    store = EvidenceStore(tmp_path / "evidence")
    quarantine = tmp_path / "quarantine"
    pipeline = Pipeline(site, Blind(), [down], evidence=store, quarantine=quarantine)
    pipeline._writer._retry_s = 0.01
    scenes = pipeline._watching.now["camera-1"].scenes
    rule = Opens(scenes[None].rules.rules[0].context)
    scenes[None] = replace(scenes[None], rules=CameraRules([rule], model={}))
    pipeline.start()
    assert full.wait(60)
    assert pipeline.problem == "cases.db: no space left; free some"
    pipeline.stop()
    assert pipeline._writer.lost == 0
    assert pipeline.quarantined == len(rule.seconds)
    assert len(list(quarantine.iterdir())) == len(rule.seconds)


def test_what_its_rules_hold_is_told_before_it_starts(tmp_path: Path) -> None:
    site = Site.for_sources(["rtsp://10.0.0.1/1"], tmp_path)
    assert Pipeline(site, Blind(), [], memory=tmp_path).held == frozenset()
    scene = Pipeline(site, Blind(), [], memory=tmp_path)._watching.now["camera-1"].scenes[None]
    rule = next(r for r in scene.rules.rules if r.kind == "overflowing_bin")
    seen = (np.array([[10, 10, 30, 30]], np.float32), np.array([0.9], np.float32))
    full = make_detections(*seen, np.array([0]), ("overflowing_bin",))
    events: list[EpisodeEvent] = []
    for minute in (0, 31):
        at = datetime(2026, 5, 1, 8, minute, tzinfo=UTC)
        frame = Frame(np.zeros((64, 64, 3), np.uint8), "camera-1", at, minute, Clock.ARRIVAL)
        events = scene.rules.look(frame, full)
    (confirmed,) = (e.episode for e in events if e.episode.stage is EpisodeStage.CONFIRMED)
    scene.rules.stored(confirmed)
    assert rule.episodes == [confirmed]
    assert Pipeline(site, Blind(), [], memory=tmp_path).held == {confirmed.id}


def test_another_baseline_under_the_same_path_is_another(tmp_path: Path) -> None:
    file = tmp_path / "known.geojson"
    ring = [[0, 0], [0.5, 0], [0, 0.5], [0, 0]]
    roof = {
        "type": "Feature",
        "properties": {"as_of": "2026-03-01"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [roof]})
    file.write_text(text)
    site = Site.for_sources(["a.mp4", "b.mp4"], tmp_path).model_copy(update={"baseline": str(file)})
    pipeline = Pipeline(site, Blind(), [])
    assert pipeline._watching.plan(site, None).drawn == {}
    file.write_text(text + "\n")
    assert set(pipeline._watching.plan(site, None).drawn) == {"camera-1", "camera-2"}
    pipeline.apply(site)
    assert pipeline._watching.plan(site, None).drawn == {}
