"""Crops: the aligned pictures of a place before and after, masked, with what changed drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from vision.compare.appearance import Box
from vision.compare.areas import Area
from vision.compare.changes import Compared
from vision.errors import PictureError
from vision.frames import Pixels

_AROUND = 0.7
"""Of a structure's longer side, shown around it: whoever judges it needs to see where it stands."""
_LEAST = 64
"""Pixels of a picture that a crop shows at least."""
_SIDE = 560
"""Pixels of a crop's longer side; smaller ones are enlarged so, since people look at them."""
_WHOLE = 1280
_QUALITY = 84
_RED, _BLUE, _WHITE, _AMBER = (57, 40, 214), (190, 110, 20), (255, 255, 255), (30, 150, 240)
COLOURS = {"appeared": _RED, "grown": _AMBER, "gone": _BLUE}
"""BGR."""


def place(
    before: Pixels | None, after: Pixels, box: Box, colour: tuple[int, int, int]
) -> tuple[bytes, bytes]:
    """The place of a change in both pictures, as JPEGs; b"" where there is no earlier picture.

    Args:
        before, after: H×W×3 BGR, masked, laid over each other.
        box: the change, pixels of both.
        colour: of its outline.
    """
    height, width = after.shape[:2]
    x1, y1, x2, y2 = box
    half = max(_LEAST / 2, max(x2 - x1, y2 - y1) * (0.5 + _AROUND))
    left, top = max(0, round((x1 + x2) / 2 - half)), max(0, round((y1 + y2) / 2 - half))
    right = min(width, round((x1 + x2) / 2 + half))
    bottom = min(height, round((y1 + y2) / 2 + half))
    scale = _SIDE / max(1, right - left, bottom - top)
    shown = []
    for picture in (before, after):
        if picture is None:
            shown.append(b"")
            continue
        part = picture[top:bottom, left:right]
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=how), np.uint8)
        _outline(part, [(v - o) * scale for v, o in zip(box, (left, top) * 2, strict=True)], colour)
        shown.append(_jpeg(part))
    return shown[0], shown[1]


def whole(
    before: Pixels | None, after: Pixels, compared: Compared, areas: Sequence[Area]
) -> tuple[bytes, bytes]:
    """Both pictures whole, with all that changed; as `place`."""
    height, width = after.shape[:2]
    scale = min(1.0, _WHOLE / max(height, width))
    if max(height, width) < _SIDE:
        scale = _SIDE / max(height, width)
    shown = []
    for picture in (before, after):
        if picture is None:
            shown.append(b"")
            continue
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        drawn: Pixels = np.asarray(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=how), np.uint8
        )
        for area in areas:
            corners = (np.array(area.outline) * scale).round().astype(np.int32)
            cv2.polylines(drawn, [corners], isClosed=True, color=_WHITE, thickness=1)
        for change in compared.changes:
            _outline(drawn, [v * scale for v in change.box], COLOURS[change.what])
        shown.append(_jpeg(drawn))
    return shown[0], shown[1]


def _outline(picture: Pixels, box: Sequence[float], colour: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = (round(v) for v in box)
    cv2.rectangle(picture, (x1, y1), (x2, y2), _WHITE, 4)
    cv2.rectangle(picture, (x1, y1), (x2, y2), colour, 2)


def _jpeg(picture: Pixels) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise PictureError(f"a picture of {picture.shape[1]}×{picture.shape[0]} cannot be encoded")
    return data.tobytes()
