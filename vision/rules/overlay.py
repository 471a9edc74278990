"""Overlay: a look in the coordinates of the first look at the same place.

A fixed camera's looks share these coordinates; a drone's look is transformed by its registration
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
    """A look's detections, with boxes in the first look's coordinates.

    Attributes:
        detections: in pixels of a picture of the frame's size.
        from_reference: 3×3, from the first look's fractions to this one's; None for a fixed camera.
        view: the look's outline in the first look's fractions; None for a fixed camera.
    """

    detections: Detections
    from_reference: Matrix | None = None
    view: shapely.Polygon | None = None

    @classmethod
    def of(cls, frame: Frame, detections: Detections) -> Overlay | None:
        """Transform a look into the first look's coordinates; None if it is not registered."""
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

    def back(self, box: NormBox) -> NormBox:
        """Where a box, in the first look's coordinates, is in this look."""
        if self.from_reference is None:
            return box
        x1, y1, x2, y2 = (float(v) for v in moved(np.array([box]), self.from_reference)[0])
        return x1, y1, x2, y2

    def shows(self, box: NormBox) -> bool:
        """Whether the centre of a box, in the first look's coordinates, is in this look's view."""
        if self.from_reference is None:
            return True
        middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        ((u, v),) = shown(self.from_reference, [middle])
        return 0 <= u <= 1 and 0 <= v <= 1
