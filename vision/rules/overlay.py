"""Overlay: a look laid over the first one of its place.

A fixed camera's look lies there anyway, a drone's where its registration says
(`Look.to_reference`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from vision.detections import Detections
from vision.episodes import NormBox
from vision.frames import Frame
from vision.look import Look
from vision.view.registration import Matrix, moved, shown


@dataclass(frozen=True, slots=True)
class Overlay:
    """What a look shows, with boxes as they lie in the first look's picture.

    Attributes:
        detections: in pixels of a picture of the frame's size.
        from_reference: 3×3, from the first look's fractions to this one's; None where the camera
            stays where it is.
        view: what the look shows of the first one's plane, in fractions; None as well.
    """

    detections: Detections
    from_reference: Matrix | None = None
    view: shapely.Polygon | None = None

    @classmethod
    def of(cls, frame: Frame, detections: Detections) -> Overlay | None:
        """The look laid over the first one; None where nobody can tell where it lies."""
        look = Look.of(detections)
        if not look.surveyed:
            return cls(detections)
        matrix = look.to_reference
        if matrix is None:
            return None
        size = np.array([frame.width, frame.height] * 2)
        boxes = moved(np.asarray(detections.xyxy, np.float64) / size, matrix)
        return cls(
            replace(detections, xyxy=(boxes * size).astype(np.float32)),
            np.linalg.inv(matrix).astype(np.float64),
            shapely.Polygon(shown(matrix)),
        )

    def shows(self, box: NormBox) -> bool:
        """Whether the middle of a box of the first look's picture is in this one."""
        if self.from_reference is None:
            return True
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        ((u, v),) = shown(self.from_reference, [middle])
        return 0 <= u <= 1 and 0 <= v <= 1
