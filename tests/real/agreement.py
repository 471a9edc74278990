"""Whether two engines see the same."""

from __future__ import annotations

import numpy as np

from vision.detections import Detections

BOX_PX = 2.0
SCORE = 0.02


def assert_same(ours: Detections, theirs: Detections, floor: float, scale: float = 1.0) -> None:
    """Every box has its twin, but for those within the tolerance of the score floor."""
    for one, other in ((ours, theirs), (theirs, ours)):
        for box, score, label in zip(one.xyxy, one.confidence, one.class_id, strict=True):
            if score < floor + SCORE:
                continue
            twins = [
                n
                for n in range(len(other))
                if other.class_id[n] == label
                and np.abs(other.xyxy[n] - box).max() <= BOX_PX * scale
                and abs(other.confidence[n] - score) <= SCORE
            ]
            assert twins, f"{label} {score:.3f} {box} is not among\n{other.xyxy}{other.confidence}"
