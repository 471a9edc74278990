"""Benchmark: the processor time of one look in the loop's thread, once the engine has answered.

Drawn streets are given to the parts of one camera as the pipeline does it: what the picture shows
(preset, registration, health), the tracker, each rule, and what is kept of the look. Processor time
of the thread is taken, since others may use the machine; only ratios of one run mean anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Condition
from time import thread_time
from typing import Any

import cv2
import numpy as np

from scripts.bench.crowd import FPS, SIZE, Cast, Crowd
from scripts.machine import describe_machine
from vision.episodes import EpisodeEvent
from vision.frames import Clock, Frame, Pixels
from vision.pipeline.watched import Scene, Watched
from vision.rules import CameraRules, camera_rules
from vision.rules.context import Rule
from vision.site import Camera, Site, SiteInfo
from vision.tracking import Tracker

SCENES = {
    "empty": Cast(),
    "street": Cast(stalls=3, people=10, vehicles=5),
    "market": Cast(stalls=40, people=60, vehicles=10),
}
"""By name: a look at nothing, an ordinary street, a crowded market."""
_SMALL = (640, 360)  # of the picture that the model sees
_START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
_BEFORE = 60  # looks after which spots, tracks and roads have what they remember
_MODEL = {"name": "bench", "version": "0", "sha256": ""}


@dataclass(frozen=True, slots=True)
class RulesBench:
    """Milliseconds of processor time of one look: medians by scene and step."""

    looks: int
    machine: dict[str, Any]
    scenes: dict[str, dict[str, float]]

    def together(self, scene: str) -> float:
        """Milliseconds of one look at a scene."""
        return sum(self.scenes[scene].values())

    def over_empty(self, scene: str) -> float:
        """How many times what an empty look costs."""
        return self.together(scene) / self.together("empty")

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        sums = {
            name: {"together": self.together(name), "over_empty": self.over_empty(name)}
            for name in self.scenes
        }
        return asdict(self) | {"sums": sums}


def bench_rules(*, looks: int = 100) -> RulesBench:
    """Give so many looks at each scene to the parts of one camera, as the pipeline does."""
    scenes = {name: _scene(cast, looks) for name, cast in SCENES.items()}
    return RulesBench(looks, describe_machine(), scenes)


def _scene(cast: Cast, looks: int) -> dict[str, float]:
    with TemporaryDirectory() as folder:
        street = Street(cast, Path(folder))
        for n in range(_BEFORE + looks):
            if n == _BEFORE:
                street.times.clear()
            street.look(n)
    return {step: 1000 * median(spent) for step, spent in street.times.items()}


class Street:
    """One camera's parts before a drawn street, and what each of them took at every look."""

    def __init__(self, cast: Cast, folder: Path) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        camera = Camera(id="bench", source="drawn", analyse_fps=FPS)
        site = Site(site=SiteInfo(name="bench"), cameras=(camera,))
        made = camera_rules(site, camera, threshold=0.25, memory=folder)
        self._rules = [_Timed(rule, self.times) for rule in made]
        rules = CameraRules(self._rules, model=_MODEL, file=folder / "rules.json")
        self._scene = Scene(Tracker(camera.id, fps=FPS), rules)
        about = camera, Condition(), site.site, _SMALL[0]
        self._watched = Watched(*about, memory=folder, areas=site.areas)
        self._watched.decide(camera, {None: self._scene}, None)
        self._crowd = Crowd(cast)
        self._pictures = _pictures()

    def look(self, n: int) -> list[EpisodeEvent]:
        """Give look `n` to every part; what it changes."""
        picture = _Scaled(self._pictures[n % len(self._pictures)])
        at = _START + timedelta(seconds=n / FPS)
        frame = Frame(picture, "bench", at, n, Clock.STREAM)
        detections = self._crowd.look(n)
        watched, scene = self._watched, self._scene
        self._timed("preset", lambda: watched.shown(frame, detections))
        look = self._timed("registration", lambda: watched.look(frame, detections).on(detections))
        seen = self._timed("tracker", lambda: scene.tracker.update(frame, look))
        self._timed("health", lambda: watched.health.look(frame, ""))
        before = sum(map(sum, self.times.values()))
        events: list[EpisodeEvent] = self._timed("memory", lambda: scene.rules.look(frame, seen))
        deciding = sum(map(sum, self.times.values())) - before - self.times["memory"][-1]
        self.times["memory"][-1] -= deciding
        for event in events:
            scene.rules.stored(event.episode)
        return events

    def _timed(self, step: str, what: Callable[[], Any]) -> Any:
        begun = thread_time()
        result = what()
        self.times[step].append(thread_time() - begun)
        return result


class _Timed:
    """A rule that notes what its looks took."""

    def __init__(self, rule: Rule, times: dict[str, list[float]]) -> None:
        self._rule, self._times = rule, times

    def look(self, *look: Any) -> list[EpisodeEvent]:
        begun = thread_time()
        events = self._rule.look(*look)
        self._times[self._rule.kind].append(thread_time() - begun)
        return events

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rule, name)


@dataclass(frozen=True, slots=True)
class _Scaled:
    """A picture of which only what the model sees is there."""

    small: Pixels
    width: int = SIZE[0]
    height: int = SIZE[1]

    def whole(self) -> Pixels:
        return self.small


def _pictures() -> list[Pixels]:
    """A few noisy pictures of one view."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (24, 40, 3), np.uint8)
    view = cv2.resize(coarse, _SMALL, interpolation=cv2.INTER_NEAREST)
    noise = rng.integers(0, 8, (8, *view.shape), np.uint8)
    return [cv2.add(view, one).astype(np.uint8, copy=False) for one in noise]
