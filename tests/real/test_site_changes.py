"""A site changes while real RTSP cameras are watched: nobody connects anew, nothing is missed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.vision.live import RIGHT, SETTINGS, Told, until, zone
from tests.vision.workers.bins import CLIP_S, FPS, SeesBins, make, make_clip
from vision.episodes import EpisodeStage
from vision.pipeline.watched import PRIVATE
from vision.site import Camera, Site, SiteInfo, Storage
from vision.site.rule_settings import RuleSettings
from vision.sources.status import CameraState

SPOT = 18  # on the right


def test_a_zone_drawn_over_rtsp_finds_at_the_next_looks_what_was_there(
    rtsp_server: Callable, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "bins.mp4", SPOT, [(0, CLIP_S)], gop=FPS)
    server = rtsp_server({"gate": clip, "yard": clip})
    cameras = {
        name: Camera.model_validate(
            {"id": name, "source": server.url(name), "analyse_fps": 5}
            | {"clip": "2s", "clip_after": "30s", "zones": [zone("left").model_dump()]}
        )
        for name in ("gate", "yard")
    }

    def site(gate: Camera) -> Site:
        return Site(
            site=SiteInfo(name="rtsp"),
            storage=Storage(database="sqlite://", evidence=str(tmp_path / "evidence")),
            defaults={"overflowing_bin": RuleSettings.model_validate(SETTINGS)},
            cameras=(gate, cameras["yard"]),
        )

    told, gate = Told(), cameras["gate"]
    pipeline = make(site(gate), SeesBins(), told)
    pipeline.start()
    try:
        until(pipeline.status, lambda now: all(s.analysed >= 5 for s in now.values()))
        assert not told.events, "nothing is in its zone"
        read = {s.camera: s.read for s in pipeline.status()}

        drawn = gate.model_copy(update={"zones": (zone("left"), zone("right", RIGHT))})
        pipeline.apply(site(drawn))
        [found] = told.wait(EpisodeStage.CONFIRMED, "gate", "right")
        assert found.recording is not None
        until(pipeline.status, lambda now: all(s.read > read[s.camera] + 5 for s in now.values()))
        for status in pipeline.status():
            assert (status.reconnects, status.state) == (0, CameraState.ALIVE)
            gaps = pipeline._watching.now[status.camera].gaps
            assert gaps.between(found.episode.opened_at, found.frame.captured_at) == ()

        # What follows the moment cannot be stored once a privacy zone is drawn.
        corner = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2))
        pipeline.apply(site(drawn.model_copy(update={"privacy": (corner,)})))
        [whole] = told.wait(EpisodeStage.SUPPLEMENTED)
        assert whole.clip is not None
        assert PRIVATE in whole.clip.missing
        assert whole.recording is None
        assert not list((tmp_path / "memory").rglob("*.clip"))
        pipeline.apply(site(drawn.model_copy(update={"clip_after": gate.clip})))
        ring = pipeline._watching.now["gate"].ring
        assert ring is not None
        until(pipeline.status, lambda _: ring.recording() is not None)
        assert all(s.reconnects == 0 for s in pipeline.status())
    finally:
        pipeline.stop()
    assert not told.of(EpisodeStage.ENDED)
