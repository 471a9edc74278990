"""The demo's truth boxes through the rules: with perfect boxes the verdict is perfect.

What fails here is a rule's fault; what fails in `test_demo.py` alone is the model's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from datasets.renderer.truth import Truth
from vision.detections import make_detections
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.frames import Clock, Frame
from vision.kinds import catalogue
from vision.rules import camera_rules
from vision.site import Camera, Site
from vision.site.file import load_site
from vision.tracking import Tracker

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
NAMES = catalogue().class_names


def looks(camera: Camera, truth: Truth) -> Iterator[tuple[Frame, object]]:
    step = max(1, round(truth.fps / camera.analyse_fps))
    pixels = np.zeros((truth.height, truth.width, 3), np.uint8)
    for index in range(0, len(truth.frames), step):
        shown = truth.frames[index]
        boxes = [b for b in shown.boxes if b.label in NAMES]
        detections = make_detections(
            np.array([b.box for b in boxes], np.float32),
            np.full(len(boxes), 0.9, np.float32),
            np.array([NAMES.index(b.label) for b in boxes], np.int64),
            NAMES,
        )
        for name in ("load", "dirt"):
            values = [getattr(b, name) or "" for b in boxes]
            detections.data[name] = np.array(values, np.str_)
            detections.data[f"{name}_score"] = np.array([0.9 if v else 0.0 for v in values])
        at = START + timedelta(seconds=shown.t)
        yield Frame(pixels, camera.id, at, index, Clock.MEDIA), detections


def decide(site: Site, camera: Camera, truth: Truth) -> list[EpisodeEvent]:
    rules = camera_rules(site, camera, threshold=0.4)
    tracker = Tracker(camera.id, fps=camera.analyse_fps)
    events = []
    for frame, detections in looks(camera, truth):
        tracked = tracker.update(frame, detections)
        for rule in rules:
            events += rule.look(frame, tracked)
    return events


@pytest.mark.parametrize("name", ["market-street", "bin-corner", "site-gate", "block-survey"])
def test_perfect_boxes_give_the_perfect_verdict(demo_root, name):
    site = load_site(demo_root / "site.yaml")
    camera = next(c for c in site.cameras if c.id == name)
    truth = Truth.load(demo_root / f"{name}.truth.json")
    events = decide(site, camera, truth)
    confirmed = [e.episode for e in events if e.episode.stage is EpisodeStage.CONFIRMED]
    found = sorted((e.kind, e.subtype, e.zone) for e in confirmed)
    assert found == sorted((v.kind, v.subtype, v.zone) for v in truth.violations)
    look = 1.5 / camera.analyse_fps
    cleared = {e.episode.id: e.episode for e in events if e.episode.stage is EpisodeStage.CLEARED}
    for violation, episode in zip(
        sorted(truth.violations, key=lambda v: v.start),
        sorted(confirmed, key=lambda e: e.opened_at),
        strict=True,
    ):
        opened = (episode.opened_at - START).total_seconds()
        if violation.kind == "dirty_truck":
            # The truth begins when the truck comes into view, the episode when it is in the zone.
            assert violation.start - look <= opened <= violation.end
            continue
        assert opened == pytest.approx(violation.start, abs=look + 1)
        if violation.end is not None:
            last = cleared[episode.id].last_seen_at - START
            assert last.total_seconds() == pytest.approx(violation.end, abs=look + 1)
