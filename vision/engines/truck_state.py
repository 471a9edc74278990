"""Truck state: what a truck carries and whether it is muddy, read from its crop.

`TruckStateReader` is the loop's `attributes` hook: it adds `load`, `load_score`, `dirt` and
`dirt_score` to the detections of a batch of frames, as `vision.detections` says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.truck_state import ATTRIBUTES
from vision.detections import Detections, class_names
from vision.engine_registry import AUTO
from vision.engines import open_truck_network
from vision.frames import Frame, Image, crop, with_margin
from vision.model_choice import ModelChoice

if TYPE_CHECKING:
    import torch

MODEL = "truck-state"
"""Name of the shipped classifier in `models/catalogue.yaml`."""
MIN_SIDE = 64
"""Shorter side of a truck's box, in pixels of the camera's own picture, below which its state
cannot be told. Of 545 real trucks, each scaled down to that (the crop, with its margin, to 72
pixels), 93 % were read as at full size, 3 clean ones of 350 as muddy and 8 as open; at a crop of
48, which was read before, 90 %, 6 and 7 (`models/cards/truck-state.md`, by size)."""
_ATTRIBUTES = {"load": "load_score", "dirt": "dirt_score"}
_WORD = f"<U{max(len(word) for words in ATTRIBUTES.values() for word in words)}"


class Reading(Protocol):
    """What was read from one crop; scores are 0..1."""

    @property
    def load(self) -> str: ...  # noqa: D102
    @property
    def load_score(self) -> float: ...  # noqa: D102
    @property
    def dirt(self) -> str: ...  # noqa: D102
    @property
    def dirt_score(self) -> float: ...  # noqa: D102


class Classifier(Protocol):
    """Reads truck crops; see `models.truck_state.TruckState`."""

    @property
    def device(self) -> torch.device | None: ...  # noqa: D102

    def read(self, crops: Sequence[Any]) -> Sequence[Reading]:
        """One reading per crop (H×W×3 uint8 BGR, tensors only on its `device`), in order."""
        ...


class TruckStateReader:
    """Adds the state of each truck to the detections of the cameras that watch trucks.

    Args:
        classifier: reads the crops.
        cameras: ids of the cameras whose trucks are read; other cameras' frames pass unchanged.
        min_score: trucks of a lower score are not read. Engines report doubtful boxes for masking
            and tracking, and in a crowd there are many; no rule looks at their state.
    """

    def __init__(
        self, classifier: Classifier, cameras: Collection[str], *, min_score: float = 0.0
    ) -> None:
        self._classifier = classifier
        self._cameras = frozenset(cameras)
        self._min_score = np.float32(min_score)

    def of(self, cameras: Collection[str], *, min_score: float) -> TruckStateReader:
        """A reader of other cameras' trucks, by the same classifier."""
        return TruckStateReader(self._classifier, cameras, min_score=min_score)

    def __call__(self, frames: Sequence[Frame], found: Sequence[Detections]) -> list[Detections]:
        """The detections of each frame, with the state of every truck large enough to tell.

        The trucks of all frames are read at once.
        """
        read = list(found)
        crops: list[Image] = []
        places: list[tuple[int, int]] = []
        for place, (frame, seen) in enumerate(zip(frames, found, strict=True)):
            if frame.camera not in self._cameras:
                continue
            read[place] = _unread(seen)
            for number in self._worth_reading(seen):
                crops.append(self._cut(frame, seen.xyxy[number]))
                places.append((place, number))
        readings = self._classifier.read(crops) if crops else []
        for (place, number), reading in zip(places, readings, strict=True):
            for name, score in _ATTRIBUTES.items():
                read[place].data[name][number] = getattr(reading, name)
                read[place].data[score][number] = getattr(reading, score)
        return read

    def _worth_reading(self, seen: Detections) -> list[int]:
        """Indexes of the trucks that are large enough to tell and sure enough to matter."""
        trucks = np.flatnonzero(class_names(seen) == "truck")
        sides = (seen.xyxy[:, 2:] - seen.xyxy[:, :2]).min(axis=1, initial=np.inf)
        scores = np.asarray(seen.confidence)
        return [n for n in trucks.tolist() if sides[n] >= MIN_SIDE and scores[n] >= self._min_score]

    def _cut(self, frame: Frame, box: NDArray[np.floating]) -> Image:
        there = frame.on(self._classifier.device)
        if there is None:
            return crop(frame.pixels, box)
        return there.cut_there(with_margin(box, frame.width, frame.height))


def _unread(seen: Detections) -> Detections:
    """A copy of the detections in which no box is read yet."""
    words = {name: np.full(len(seen), "", _WORD) for name in _ATTRIBUTES}
    scores = {name: np.zeros(len(seen), np.float32) for name in _ATTRIBUTES.values()}
    return replace(seen, data={**seen.data, **words, **scores})


def open_truck_state(
    cameras: Collection[str],
    *,
    min_score: float = 0.0,
    model: str = MODEL,
    engine: str = AUTO,
    device: str = "auto",
) -> TruckStateReader:
    """Open the shipped classifier for the trucks of these cameras.

    Args:
        cameras: ids of the cameras whose trucks are read.
        min_score: see `TruckStateReader`.
        model: its weights, by name.
        engine: what runs it, as the detector: the site's `model.engine`.
        device: where it runs, as the detector: the site's `model.device`.

    Raises:
        EngineError: its weights are missing, cannot be read or converted, or there is no such
            device.
    """
    choice = ModelChoice(name=model, engine=engine, device=device)
    return TruckStateReader(open_truck_network(choice), cameras, min_score=min_score)
