"""A street where a stall, a bin, a new roof and a truck come and go, before one camera's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from vision.detections import Detections, make_detections
from vision.episodes import EpisodeEvent
from vision.frames import Clock, Frame
from vision.kinds import catalogue
from vision.registers.assets import Asset
from vision.rules import CameraRules, camera_rules
from vision.site import Camera, Site, SiteInfo, Zone

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MODEL = {"name": "m", "version": "1", "sha256": "0" * 64}
STALL = ("stall", (20, 40, 40, 80), 0.8)
BIN = ("overflowing_bin", (60, 40, 70, 60), 0.7)
VENDOR = ("person", (41, 45, 47, 82), 0.6)
ROOF = ("structure", (10, 10, 30, 30), 0.9)
Seen = tuple[str, tuple[float, float, float, float], float]

SETTINGS: dict[str, dict[str, Any]] = {
    "street_vending": {"dwell": "10s", "looks": 3, "clear": "5s"},
    "overflowing_bin": {"dwell": "20s", "looks": 2, "clear": "5s"},
    "illegal_structure": {"dwell": "10s", "looks": 2, "clear": "5s", "learn": "5s"},
    "dirty_truck": {"dwell": "0s", "looks": 3, "clear": "3s"},
}


def rules(folder: Path | None = None) -> CameraRules:
    """Rules of every kind on one camera; a second call in the same folder is a restart."""
    zone = Zone(
        name="gate/1", watch=tuple(SETTINGS), settings=SETTINGS, hours=["Mon-Sun 0:00-24:00"]
    )
    camera = Camera(id="cam", source="rtsp://user:secret@host/1", zones=(zone,))
    outline = ((0.6, 0.4), (0.7, 0.4), (0.7, 0.6), (0.6, 0.6))
    asset = Asset(id="B-17", camera="cam", polygon=outline)
    site = Site(site=SiteInfo(name="t"), cameras=(camera,), assets=(asset,))
    made = camera_rules(site, camera, threshold=0.4)
    file = folder / "rules-cam.json" if folder is not None else None
    return CameraRules(made, model=MODEL, file=file)


def look(
    watch: CameraRules, second: float, seen: Sequence[Seen] = (), *, clock: Clock = Clock.ARRIVAL
) -> list[EpisodeEvent]:
    names = catalogue().class_names
    detections = make_detections(
        np.array([box for _, box, _ in seen], np.float32).reshape(-1, 4),
        np.array([score for *_, score in seen], np.float32),
        np.array([names.index(name) for name, *_ in seen], np.int64),
        names,
    )
    detections = replace(detections, tracker_id=np.arange(len(seen)))
    if any(name == "truck" for name, *_ in seen):
        detections = _open_trucks(detections)
    at = START + timedelta(seconds=second)
    frame = Frame(np.zeros((100, 100, 3), np.uint8), "cam", at, int(second), clock)
    return watch.look(frame, detections)


def _open_trucks(detections: Detections) -> Detections:
    truck = np.asarray(detections.data["class_name"]) == "truck"
    data = {
        "load": np.where(truck, "open", ""),
        "load_score": np.where(truck, 0.9, 0).astype(np.float32),
        "dirt": np.where(truck, "clean", ""),
        "dirt_score": np.where(truck, 0.9, 0).astype(np.float32),
    }
    return replace(detections, data={**detections.data, **data})


def scenario(second: int) -> list[Seen]:
    """A stall, a bin, a new roof and a truck come and go."""
    seen: list[Seen] = []
    if 3 <= second < 40 and second % 7:
        seen.append(STALL)
    if 5 <= second < 30 and second % 3:
        seen.append(VENDOR)
    if 10 <= second < 60:
        seen.append(BIN)
    if second >= 8:
        seen.append(ROOF)
    if 30 <= second < 36:
        x = 4 + 8 * (second - 30)
        seen.append(("truck", (x, 50, x + 50, 90), 0.9))
    return seen


def facts(events: Sequence[EpisodeEvent]) -> list[tuple[Any, ...]]:
    """All of the episodes but their ids."""
    return [
        (e.episode.kind, e.episode.stage, e.episode.opened_at, e.episode.confirmed_at,
         e.episode.cleared_at, e.episode.looks, e.episode.score, e.episode.why, e.episode.box)
        for e in events
    ]  # fmt: skip


def undisturbed(clock: Clock = Clock.ARRIVAL) -> list[EpisodeEvent]:
    watch = rules()
    return [e for second in range(80) for e in look(watch, second, scenario(second), clock=clock)]
