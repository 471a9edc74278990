"""A kind that another package brings: outdoor barbecues, told by their smoke."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vision.audit.findings import Finding
from vision.detections import Detections, class_names
from vision.episodes import Reason
from vision.rules.stationary import StationaryRule
from vision.rules.stay import Stay


class BarbecueSmoke(StationaryRule):
    """Smoke drifts, so the whole zone is one place."""

    kind = "barbecue_smoke"
    zone_is_one_place = True

    def subtype(self, stays: Sequence[Stay]) -> str:
        return "charcoal"


def findings(detections: Detections) -> Iterator[Finding]:
    """Each plume of a single picture."""
    for n, name in enumerate(class_names(detections).tolist()):
        if name == "smoke":
            x1, y1, x2, y2 = (float(side) for side in detections.xyxy[n])
            why = Reason(en="smoke is seen", zh="可见烟雾", data={})
            score = float(detections.confidence[n])
            yield Finding("barbecue_smoke", "charcoal", (x1, y1, x2, y2), score, 1, (n,), why)
