"""Player: plays a scenario's looks, one by one, to the real tracker and the real rules."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from datasets.scenarios import Look, Scenario, View
from vision.detections import Detections
from vision.episodes import EpisodeEvent
from vision.frames import Frame
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
        self.site = Site.model_validate(scenario.site)
        self._eyes = eyes
        cameras = {c.id: c for c in self.site.cameras}
        self._rules = {
            name: CameraRules(
                camera_rules(self.site, camera, threshold=eyes.threshold, memory=memory),
                model=_MODEL,
                file=memory / f"rules-{name}.json" if memory is not None else None,
            )
            for name, camera in cameras.items()
        }
        self._trackers = {
            name: Tracker(name, fps=camera.analyse_fps) for name, camera in cameras.items()
        }

    def play(self, view: View, look: Look) -> list[EpisodeEvent]:
        """One look: what it changes."""
        frame, detections = self._eyes.see(view, look)
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
