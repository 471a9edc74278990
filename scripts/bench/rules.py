"""Benchmark: the cost of one look at a crowded street, for the tracker and the rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from vision.detections import Detections, make_detections
from vision.frames import Clock, Frame
from vision.kinds import catalogue
from vision.rules import camera_rules
from vision.site import Camera, Site, SiteInfo
from vision.tracking import Tracker

SIZE = (1920, 1080)
"""Of the picture, pixels."""
FPS = 5.0
_START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
_BEFORE = 40  # looks after which spots, tracks and roads have what they remember


@dataclass(frozen=True, slots=True)
class RulesBench:
    """Milliseconds of one look, medians: the tracker's, each kind's, all together."""

    stalls: int
    people: int
    trucks: int
    looks: int
    parts: dict[str, float]

    @property
    def together(self) -> float:
        """Milliseconds of one look."""
        return sum(self.parts.values())

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self) | {"together": self.together}


def bench_rules(
    *, stalls: int = 60, people: int = 40, trucks: int = 20, looks: int = 50
) -> RulesBench:
    """Give looks at a drawn crowd to one camera's tracker and rules, as the loop does."""
    site = Site(site=SiteInfo(name="bench"), cameras=(_camera(),))
    tracker = Tracker("crowd", fps=FPS)
    rules = camera_rules(site, site.cameras[0], threshold=0.25)
    crowd = Crowd(stalls, people, trucks)
    picture = np.zeros((*SIZE[::-1], 3), np.uint8)
    times: dict[str, list[float]] = {"tracker": [], **{rule.kind: [] for rule in rules}}
    for n in range(_BEFORE + looks):
        frame = Frame(picture, "crowd", _START + timedelta(seconds=n / FPS), n, Clock.STREAM)
        seen, spent = _timed(lambda: tracker.update(frame, crowd.look(n)))  # noqa: B023
        times["tracker"].append(spent)
        for rule in rules:
            _, spent = _timed(lambda: rule.look(frame, seen))  # noqa: B023
            times[rule.kind].append(spent)
    parts = {name: median(spent[_BEFORE:]) for name, spent in times.items()}
    return RulesBench(stalls, people, trucks, looks, parts)


class Crowd:
    """A street full of stalls that stay, people who walk about and trucks that drive by."""

    def __init__(self, stalls: int, people: int, trucks: int) -> None:
        rng = np.random.default_rng(0)
        self._rng = rng
        across = np.arange(stalls)
        self._stalls = np.stack([60 + across % 15 * 120, 80 + across // 15 * 110], 1)
        self._people = rng.uniform((0, 60), (1850, 900), (people, 2))
        self._steps = rng.normal(0, 12, (people, 2))
        self._trucks = np.stack([rng.uniform(0, 1700, trucks), rng.uniform(520, 900, trucks)], 1)

    def look(self, n: int) -> Detections:
        """What there is to see at look `n`; a stall's box is never quite still."""
        people = np.mod(self._people + n * self._steps, (1850, 900))
        trucks = np.mod(self._trucks + np.array((n * 25.0, 0.0)), (1700, 1000))
        parts = [
            ("stall", self._stalls, (90.0, 80.0)),
            ("person", people, (30.0, 80.0)),
            ("truck", trucks, (180.0, 110.0)),
            ("garbage", self._trucks + np.array((20.0, 90.0)), (30.0, 20.0)),
        ]
        names = catalogue().class_names
        boxes = np.concatenate([np.hstack([at, at + size]) for _, at, size in parts])
        boxes += self._rng.normal(0, 1, boxes.shape)
        ids = np.concatenate([np.full(len(at), names.index(name)) for name, at, _ in parts])
        scores = np.full(len(ids), 0.8, np.float32)
        seen = make_detections(boxes.astype(np.float32), scores, ids.astype(np.int64), names)
        truck = ids == names.index("truck")
        for attribute, value in (("load", "covered"), ("dirt", "clean")):
            seen.data[attribute] = np.where(truck, value, "")
            seen.data[f"{attribute}_score"] = np.where(truck, 0.9, 0.0)
        return seen


def _camera() -> Camera:
    return Camera(id="crowd", source="drawn", analyse_fps=FPS)


def _timed(what: Callable[[], Any]) -> tuple[Any, float]:
    begun = perf_counter()
    result = what()
    return result, 1000 * (perf_counter() - begun)
