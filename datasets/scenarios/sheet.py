"""Sheet: the scenarios on one page, to look at before they are believed."""

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np

from datasets.renderer.camera import Array
from datasets.renderer.truth import TruthBox
from datasets.scenarios.drawing import Drawing
from datasets.scenarios.scenario import Scenario, View
from datasets.scenarios.stage import NOMINAL

TILE, CAPTION = (384, 216), 22
"""(Width, height) of a tile and height of its caption, pixels."""
_ZONE, _BOX, _WANTED, _INK = (40, 200, 255), (60, 60, 230), (60, 180, 75), (235, 235, 235)
_SEEN_AS = {
    "street_vending": {"stall", "parasol"},
    "overflowing_bin": {"overflowing_bin", "garbage"},
    "dirty_truck": {"truck", "garbage"},
    "illegal_structure": {"structure"},
}


def contact_sheet(scenarios: Sequence[Scenario], *, columns: int = 6) -> Array:
    """H x W x 3 uint8 BGR: each view of each scenario at its most telling look, with its truth.

    Boxes of what the camera watches are red; a green caption says that something is expected.
    """
    tiles = [tile(scenario, view) for scenario in scenarios for view in scenario.views]
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    rows = [np.hstack(tiles[k : k + columns]) for k in range(0, len(tiles), columns)]
    return np.vstack(rows)


def tile(scenario: Scenario, view: View) -> Array:
    """One view with its zone, its truth and its name."""
    t = telling(scenario, view)
    pixels, boxes = Drawing(view).frame(t)
    [camera] = [c for c in scenario.site["cameras"] if c["id"] == view.camera]
    for zone in camera["zones"]:
        ring = np.array(zone["polygon"]) * NOMINAL
        cv2.polylines(pixels, [ring.astype(np.int32)], True, _ZONE, 2)  # noqa: FBT003
        for box in boxes:
            _draw(pixels, box, _labels(zone))
    small = cv2.resize(pixels, TILE, interpolation=cv2.INTER_AREA)
    caption = np.zeros((CAPTION, TILE[0], 3), np.uint8)
    words = f"{scenario.name}  {view.condition(t).name}  {_time(t)}"
    ink = _WANTED if scenario.expected else _INK
    cv2.putText(caption, words, (4, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.4, ink, 1, cv2.LINE_AA)
    return np.vstack((small, caption))


def telling(scenario: Scenario, view: View) -> float:
    """Second of the look that shows most of what the camera watches, in the middle of such."""
    drawing = Drawing(view, (240, 135), truth_only=True)
    [camera] = [c for c in scenario.site["cameras"] if c["id"] == view.camera]
    labels = {label for zone in camera["zones"] for label in _labels(zone)}
    areas = {
        look.t: sum(_area(b) for b in drawing.frame(look.t)[1] if b.label in labels)
        for look in view.looks
    }
    best = [t for t, area in areas.items() if area >= 0.25 * max(areas.values())]
    return best[len(best) // 2]


def _labels(zone: Mapping[str, Any]) -> set[str]:
    """What the zone's kinds are seen as; nothing of another package's, which this knows not."""
    return {label for kind in zone["watch"] for label in _SEEN_AS.get(kind, ())}


def _time(t: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if t >= 2 * size:
            return f"{t / size:.3g} {unit}"
    return f"{t:g} s"


def _area(box: TruthBox) -> float:
    x1, y1, x2, y2 = box.box
    return (x2 - x1) * (y2 - y1)


def _draw(pixels: Array, box: TruthBox, labels: set[str]) -> None:
    if box.label in labels:
        x1, y1, x2, y2 = (round(v) for v in box.box)
        cv2.rectangle(pixels, (x1, y1), (x2, y2), _BOX, 2)
