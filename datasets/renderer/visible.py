"""Truth boxes from who owns which pixel: tight on what is visible, dropped when little is."""

import numpy as np

from datasets.renderer.camera import Array, Camera
from datasets.renderer.picture import Layer
from datasets.renderer.truth import TruthBox

MIN_VISIBLE = 0.25
# A thing cut by the picture's edge that still fills a good part of it is seen for what it is.
LARGE = 0.012
MIN_INSIDE_LARGE = 0.1


def boxes_of(  # noqa: PLR0917
    layer: Layer, owner: Array, first: int, actor: str, load: str | None, dirt: str | None
) -> list[TruthBox]:
    """The visible boxes of one actor; its part p owns the pixels `first + p + 1`."""
    view = owner[layer.window] - first
    found = []
    for part, area in layer.areas.items():
        box = _visible_box(layer, view, part, area, owner.size)
        if box is not None:
            label = layer.labels[part].label
            state = (load, dirt) if label == "truck" else (None, None)
            found.append(TruthBox(label, box, actor, *state))
    return found


def _visible_box(
    layer: Layer, view: Array, part: int, area: int, view_size: int
) -> tuple[float, float, float, float] | None:
    """Xyxy of the visible pixels of a part and its children, None when too little shows."""
    own = view == part + 1
    visible = int(own.sum())
    extent = layer.extents[part]
    whole = max(1.0, float(np.prod(extent[2:] - extent[:2])))
    h, w = layer.alpha.shape
    low = np.maximum(extent[:2], (layer.x, layer.y))
    high = np.minimum(extent[2:], (layer.x + w, layer.y + h))
    inside = float(np.prod(np.clip(high - low, 0, None))) / whole
    if area == 0 or visible / area < MIN_VISIBLE:
        return None
    if inside * visible / area < (MIN_INSIDE_LARGE if visible > LARGE * view_size else MIN_VISIBLE):
        return None
    for child, other in enumerate(layer.labels):
        if other.parent == part and child != part and other.label:
            own |= view == child + 1
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    if rows[-1] - rows[0] < 2 or columns[-1] - columns[0] < 2:
        return None
    return (float(layer.x + columns[0]), float(layer.y + rows[0]),
            float(layer.x + columns[-1] + 1), float(layer.y + rows[-1] + 1))  # fmt: skip


def moved(box: TruthBox, dx: int, dy: int, camera: Camera) -> TruthBox | None:
    """Shift a box into the shaken frame, None when most of it leaves the frame."""
    x1, y1, x2, y2 = (v + d for v, d in zip(box.box, (dx, dy, dx, dy), strict=True))
    a1, b1 = max(0.0, x1), max(0.0, y1)
    a2, b2 = min(float(camera.width), x2), min(float(camera.height), y2)
    if a2 - a1 < 2 or b2 - b1 < 2 or (a2 - a1) * (b2 - b1) < MIN_VISIBLE * (x2 - x1) * (y2 - y1):
        return None
    return TruthBox(box.label, (a1, b1, a2, b2), box.actor, box.load, box.dirt)
