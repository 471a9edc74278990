"""Perfect eyes: they see every box as it is, with a good score."""

from __future__ import annotations

import numpy as np

from datasets.renderer.truth import TruthBox
from datasets.scenarios import Look, View
from datasets.scenarios.drawing import TRUTH_SIZE
from tests.scenarios.album import Album
from vision.detections import Detections, make_detections
from vision.frames import Clock, Frame, Pixels
from vision.kinds import catalogue

SCORE = 0.9
NAMES = catalogue().class_names


class PerfectEyes:
    """The renderer's truth as detections. Frames are black: nothing looks at them."""

    threshold = 0.4

    def __init__(self) -> None:
        self._album = Album(TRUTH_SIZE, truth_only=True)
        self._black: Pixels = np.zeros((TRUTH_SIZE[1], TRUTH_SIZE[0], 3), np.uint8)

    def see(self, view: View, look: Look) -> tuple[Frame, Detections]:
        """See `tests.scenarios.player.Eyes`."""
        frame = Frame(self._black, view.camera, look.at, look.index, Clock.STREAM)
        return frame, self._album.seen(view, look.t, lambda _, boxes: as_detections(boxes))


def as_detections(boxes: list[TruthBox]) -> Detections:
    """Truth boxes as a perfect model would report them, a truck's state included."""
    known = [b for b in boxes if b.label in NAMES]
    detections = make_detections(
        np.array([b.box for b in known], np.float32),
        np.full(len(known), SCORE, np.float32),
        np.array([NAMES.index(b.label) for b in known], np.int64),
        NAMES,
    )
    for name in ("load", "dirt"):
        values = [getattr(b, name) or "" for b in known]
        detections.data[name] = np.array(values, np.str_)
        detections.data[f"{name}_score"] = np.array([SCORE if v else 0.0 for v in values])
    return detections
