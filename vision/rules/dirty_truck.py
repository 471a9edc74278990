"""Dirty truck: a load carried open, or mud, on enough frames of one pass.

An empty, a covered or another truck is inspected and let go. Its plate is kept for the reviewer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from vision.detections import Detections, class_names
from vision.episodes import NormBox, Reason
from vision.frames import Frame
from vision.kinds import catalogue
from vision.rules.passing import Charge, Passing
from vision.rules.sight import Sight, area, find_sights, overlap

# Boxes of one frame that cover each other this far are cab and body of one truck; two trucks that
# hide each other so far cannot be told apart anyway.
_SAME_TRUCK = 0.4
# A plate is a truck's from this share of it on.
_INSIDE = 0.8
# A reading counts from this score on; half is a coin's throw for two states.
_MIN_READING = 0.6
# By attribute: the value that breaks the rule, and the sub-type it makes.
_BAD = {"load": ("open", "not_sealed"), "dirt": ("muddy", "mud_on_wheels")}
_WORDS = {
    "not_sealed": ("load carried open", "载货未密闭覆盖"),
    "mud_on_wheels": ("mud on wheels or body", "车轮或车身带泥"),
}


class DirtyTruck(Passing):
    """One episode for each pass of a truck that breaks the rule."""

    kind = "dirty_truck"

    def sights(self, frame: Frame, detections: Detections) -> Sequence[Sight]:
        """Trucks whose state was read."""
        if len(detections) == 0 or "load" not in detections.data:
            return []
        loads = np.asarray(detections.data["load"])
        found = find_sights(
            frame,
            detections,
            catalogue().kind(self.kind).seen_as,
            self.context.zone,
            min_score=self.context.threshold,
            reach=None,
        )
        largest_first = sorted(
            (s for s in found if str(loads[s.indexes[0]])), key=lambda s: -area(s.box)
        )
        trucks: list[Sight] = []
        for sight in largest_first:
            if all(overlap(t.box, sight.box)[1] < _SAME_TRUCK for t in trucks):
                trucks.append(sight)
        return trucks

    def against(self, sight: Sight, detections: Detections) -> Mapping[str, float | None]:
        """What its crop was read as."""
        said: dict[str, float | None] = {}
        for attribute, (bad, subtype) in _BAD.items():
            value = str(np.asarray(detections.data[attribute])[sight.indexes[0]])
            score = float(np.asarray(detections.data[f"{attribute}_score"])[sight.indexes[0]])
            said[subtype] = score if value == bad and score >= _MIN_READING else None
        return said

    def details(self, box: NormBox, frame: Frame, detections: Detections) -> tuple[int, ...]:
        """Plates in a truck's box."""
        size = np.array([frame.width, frame.height] * 2)
        plates = np.flatnonzero(class_names(detections) == "plate")
        boxes = np.asarray(detections.xyxy)[plates] / size
        inside = [overlap(box, tuple(plate))[1] >= _INSIDE for plate in boxes.tolist()]
        return tuple(int(n) for n, lies in zip(plates, inside, strict=True) if lies)

    def reason(self, subtype: str, charge: Charge) -> Reason:
        """On how many frames of the pass."""
        en, zh = _WORDS[subtype]
        n, reads = len(charge.scores), charge.chances
        return Reason(
            en=f"{en} on {n} of {reads} frames of one pass, median score {charge.score:.2f}",
            zh=f"一次通过的{reads}帧中{n}帧{zh}，置信度中位数{charge.score:.2f}",
            data={"frames": n, "reads": reads, "score": round(charge.score, 4)},
        )
