"""A camera that is told what it sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from vision.detections import Detections, make_detections
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.frames import Clock, Frame
from vision.geo import DronePose
from vision.kinds import catalogue
from vision.look import Look
from vision.rules import camera_rules
from vision.site import Camera, Site, SiteInfo, Zone

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
Box = tuple[float, float, float, float]


def surveyed(to_reference: Sequence[Sequence[float]]) -> Look:
    """A drone's look that lies so in the first picture of its place."""
    return Look(surveyed=True, to_reference=np.array(to_reference, np.float64))


class Scene:
    """Feeds looks to the rules of one camera and keeps what they say."""

    def __init__(
        self,
        kind: str,
        *,
        fps: float = 1.0,
        memory: Path | None = None,
        zone: dict[str, object] | None = None,
        site: dict[str, object] | None = None,
        camera: dict[str, object] | None = None,
        **settings: object,
    ) -> None:
        watch = Zone(name="zone", watch=(kind,), settings={kind: settings}, **(zone or {}))
        made = Camera(id="cam", source="x", analyse_fps=fps, zones=(watch,), **(camera or {}))
        whole = Site(site=SiteInfo(name="t"), cameras=(made,), **(site or {}))
        (self.rule,) = camera_rules(whole, made.at(watch.preset), threshold=0.4, memory=memory)
        self.index = 0
        self.events: list[EpisodeEvent] = []

    def look(
        self,
        seconds: float,
        seen: Sequence[tuple[str, Box, float]] = (),
        *,
        track: int | Sequence[int] | None = None,
        load: str | Sequence[str] = "",
        sure: float | Sequence[float] = 0.9,
        dirt: str = "clean",
        known: Look | None = None,
        pose: DronePose | None = None,
        part: int = 0,
    ) -> list[EpisodeEvent]:
        detections = _detections(seen)
        detections = (known or Look()).on(detections)
        if load and len(detections):
            n = len(detections)
            detections.data |= {
                "load": np.broadcast_to(np.array(load), n),
                "load_score": np.broadcast_to(sure, n),
                "dirt": np.array([dirt] * n),
                "dirt_score": np.full(n, 0.9),
            }
            detections.tracker_id = np.broadcast_to(-1 if track is None else track, n)
        frame = Frame(
            np.zeros((100, 100, 3), np.uint8),
            "cam",
            START + timedelta(seconds=seconds),
            self.index,
            Clock.MEDIA,
            pose=pose,
            part=part,
        )
        self.index += 1
        events = self.rule.look(frame, detections)
        self.events += events
        return events

    def stages(self) -> list[str]:
        return [e.episode.stage.value for e in self.events]

    def confirmed(self) -> list[EpisodeEvent]:
        return [e for e in self.events if e.episode.stage is EpisodeStage.CONFIRMED]


def _detections(seen: Sequence[tuple[str, Box, float]]) -> Detections:
    names = catalogue().class_names
    boxes = np.array([[v * 100 for v in box] for _, box, _ in seen], np.float32).reshape(-1, 4)
    scores = np.array([s for _, _, s in seen], np.float32)
    ids = np.array([names.index(n) for n, _, _ in seen], np.int64)
    return make_detections(boxes, scores, ids, names)


@pytest.fixture
def scene() -> type[Scene]:
    return Scene
