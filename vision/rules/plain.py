"""Plain: a look's detections as plain numbers, made once for all the rules of a camera."""

from __future__ import annotations

from collections.abc import Collection
from threading import local

import numpy as np

from vision.detections import Detections, class_names
from vision.episodes import NormBox
from vision.frames import Frame


class Plain:
    """What a look shows, detection by detection.

    Arrays of four are dearer than what is done with them, so boxes of few are compared as numbers.

    Attributes:
        names: class names.
        present: those that there are.
        scores: 0..1.
        boxes: normalised; `at`: the same as an array, N×4.
    """

    __slots__ = ("_of", "_size", "at", "boxes", "names", "present", "scores")

    def __init__(self, frame: Frame, detections: Detections) -> None:
        self._of, self._size = _arrays(detections), (frame.width, frame.height)
        self.names: list[str] = class_names(detections).tolist()
        self.present = frozenset(self.names)
        self.scores: list[float] = np.asarray(detections.confidence).tolist()
        self.at = detections.xyxy.astype(np.float64) / np.array(self._size * 2, np.float64)
        self.boxes: list[NormBox] = [(x1, y1, x2, y2) for x1, y1, x2, y2 in self.at.tolist()]

    @classmethod
    def of(cls, frame: Frame, detections: Detections) -> Plain:
        """Of a look; the latest one that a thread has asked for is kept."""
        known: Plain | None = getattr(_latest, "look", None)
        if known is None or not known._is(frame, detections):
            known = _latest.look = cls(frame, detections)
        return known

    def _is(self, frame: Frame, detections: Detections) -> bool:
        same = all(a is b for a, b in zip(self._of, _arrays(detections), strict=True))
        return same and self._size == (frame.width, frame.height)

    def indexes(self, classes: Collection[str], min_score: float = 0.0) -> list[int]:
        """Indexes of the detections of these classes that score at least that."""
        if self.present.isdisjoint(classes):
            return []
        # Scores are of single precision: 0.7 is not above what they make of 0.7.
        least, scores = float(np.float32(min_score)), self.scores
        return [n for n, name in enumerate(self.names) if name in classes and scores[n] >= least]


def tracks_of(detections: Detections) -> list[int]:
    """The track of each detection, -1 for those without one."""
    ids = detections.tracker_id
    tracks: list[int] = np.asarray(ids).tolist() if ids is not None else [-1] * len(detections)
    return tracks


def _arrays(detections: Detections) -> tuple[object, ...]:
    """What it is made from; detections are never changed, but made anew from other arrays."""
    return detections.xyxy, detections.confidence, detections.data.get("class_name")


_latest = local()  # a thread that tries rules out has its own
