"""Crowd: a drawn street as a detector sees it, its misses included."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.detections import Detections, make_detections
from vision.kinds import catalogue

SIZE = (1920, 1080)
"""Of the picture, pixels."""
FPS = 5.0
"""Looks per second."""
_MISSED = 0.05  # share of the objects that a look does not show
_JITTER = 1.0  # deviation of a box's sides, pixels
_OUT = (1850, 900)  # where who walks out comes in again on the other side, as another


@dataclass(frozen=True, slots=True)
class Cast:
    """How many of each are in the street. Of `vehicles` every other is a truck."""

    stalls: int = 0
    people: int = 0
    vehicles: int = 0
    litter: int = 0


class Crowd:
    """Stalls that stay, people who walk about, vehicles that drive by and litter that lies there.

    Boxes are never quite still, one in twenty is missed at a look, scores vary, and who walks out
    at one side comes in at the other: trackers see new ones all the time.
    """

    def __init__(self, cast: Cast) -> None:
        self._rng = rng = np.random.default_rng(0)
        across = np.arange(cast.stalls)
        self._stalls = np.stack([60 + across % 15 * 120, 80 + across // 15 * 110], 1)
        self._people = rng.uniform((0, 60), _OUT, (cast.people, 2))
        self._steps = rng.normal(0, 12, (cast.people, 2))
        self._vehicles = np.stack(
            [rng.uniform(0, 1700, cast.vehicles), rng.uniform(520, 900, cast.vehicles)], 1
        )
        self._litter = rng.uniform((100, 500), (1700, 1000), (cast.litter, 2))
        trucks = np.arange(cast.vehicles) % 2 == 0
        self._names = np.array(
            ["stall"] * cast.stalls
            + ["person"] * cast.people
            + np.where(trucks, "truck", "car").tolist()
            + ["garbage"] * cast.litter,
            np.str_,
        )
        sizes = {"stall": (90, 80), "person": (30, 80), "garbage": (30, 20)}
        self._sizes = np.array([sizes.get(n, (180, 110)) for n in self._names], float)

    def look(self, n: int) -> Detections:
        """What there is to see at look `n`; call it for one after the other."""
        people = np.mod(self._people + n * self._steps, _OUT)
        vehicles = np.mod(self._vehicles + np.array((n * 25.0, 0.0)), (1700, 1000))
        at = np.concatenate([self._stalls, people, vehicles, self._litter])
        boxes = np.hstack([at, at + self._sizes.reshape(-1, 2)])
        boxes += self._rng.normal(0, _JITTER, boxes.shape)
        shown = self._rng.random(len(boxes)) >= _MISSED
        return self._seen(boxes[shown], self._names[shown])

    def _seen(self, boxes: NDArray[np.float64], named: NDArray[np.str_]) -> Detections:
        names = catalogue().class_names
        ids = np.array([names.index(name) for name in named], np.int64)
        scores = self._rng.uniform(0.3, 0.95, len(ids)).astype(np.float32)
        seen = make_detections(boxes.astype(np.float32), scores, ids, names)
        truck = named == "truck"
        for attribute, value in (("load", "covered"), ("dirt", "clean")):
            seen.data[attribute] = np.where(truck, value, "")
            seen.data[f"{attribute}_score"] = np.where(truck, 0.9, 0.0)
        return seen
