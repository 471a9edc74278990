"""Player: plays a scenario's looks, one by one, to the real tracker and the real rules."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np

from datasets.scenarios import Look, Scenario, View
from vision.detections import Detections
from vision.episodes import EpisodeEvent
from vision.frames import Frame
from vision.look import Laid
from vision.look import Look as Known
from vision.rules import CameraRules, camera_rules
from vision.site import Site
from vision.tracking import Tracker

_MODEL = {"name": "scenario", "version": "0", "sha256": ""}
"""What the records of decisions say of who looked."""


class Eyes(Protocol):
    """What looks at a scenario's pictures."""

    @property
    def threshold(self) -> float:
        """Score from which what they see counts, 0..1."""
        ...

    def see(self, view: View, look: Look) -> tuple[Frame, Detections]:
        """The picture of this look and what is seen in it."""
        ...


class Player:
    """One scenario, look by look, as `vision.pipeline` does it once a frame was inferred.

    Whether the camera shows what it should is not asked: frames need not have pixels.

    A player made anew with the same `memory` may go on where another was stopped: `play` the rest
    of `scenario.looks`.

    Args:
        scenario: What happens.
        eyes: Who looks.
        memory: Folder for what rules keep across restarts.
    """

    def __init__(
        self,
        scenario: Scenario,
        eyes: Eyes,
        *,
        memory: Path | None = None,
    ) -> None:
        self.scenario = scenario
        self._eyes = eyes
        with TemporaryDirectory() as folder:
            self.site = Site.model_validate({**scenario.site, **_baseline(scenario, Path(folder))})
            self._rules = self._made(memory)
        # A drone that watches trucks stands still here, over one place after the other.
        self._hovering = {
            c.id
            for c in self.site.cameras
            if c.type == "drone" and any("dirty_truck" in zone.watch for zone in c.zones)
        }
        self._trackers = {c.id: Tracker(c.id, fps=c.analyse_fps) for c in self.site.cameras}

    def _made(self, memory: Path | None) -> dict[str, CameraRules]:
        threshold = self._eyes.threshold
        return {
            camera.id: CameraRules(
                camera_rules(self.site, camera, threshold=threshold, memory=memory),
                model=_MODEL,
                file=memory / f"rules-{camera.id}.json" if memory is not None else None,
            )
            for camera in self.site.cameras
        }

    def play(self, view: View, look: Look) -> list[EpisodeEvent]:
        """One look: what it changes."""
        frame, detections = self._eyes.see(view, look)
        if view.camera in self._hovering:
            laid = Laid(self.scenario.views.index(view), np.eye(3))
            detections = replace(Known.of(detections), laid=laid).on(detections)
        tracked = self._trackers[view.camera].update(frame, detections)
        return self._rules[view.camera].look(frame, tracked)

    def stored(self, event: EpisodeEvent) -> None:
        """An event is kept by whoever asked for it: it need not be told again after a restart."""
        self._rules[event.episode.camera].stored(event.episode)

    def play_all(self) -> list[EpisodeEvent]:
        """Every look, from the first to the last, each event stored at once."""
        events: list[EpisodeEvent] = []
        for view, look in self.scenario.looks:
            for event in self.play(view, look):
                self.stored(event)
                events.append(event)
        return events


def _baseline(scenario: Scenario, folder: Path) -> dict[str, str]:
    """The site's entry of a baseline, for which there must be a file while rules are made."""
    if scenario.baseline is None:
        return {}
    file = folder / "baseline.geojson"
    file.write_text(json.dumps(scenario.baseline), "utf-8")
    return {"baseline": str(file)}
