"""Annotation: draw what a finding is about onto a derivative, never onto an original."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np
import supervision as sv

from vision.detections import Detections, pick
from vision.frames import Pixels

_RED, _GREY = sv.Color(214, 40, 57), sv.Color(150, 155, 165)
# Engines report doubtful boxes for masking; drawn, they would only clutter the picture.
_SHOWN = 0.25


class _Font(threading.local):
    """OpenCV 5 carries a font with Chinese glyphs, so labels need no font on the machine.

    One for each thread: two that use one at once get each other's sizes and glyphs.
    """

    def __init__(self) -> None:
        self.face = cv2.FontFace("uni")  # type: ignore[attr-defined,unused-ignore]


_FONT = _Font()


def annotate(
    pixels: Pixels,
    detections: Detections,
    focus: Sequence[int],
    labels: Sequence[str],
    zone: Sequence[tuple[float, float]] = (),
) -> Pixels:
    """A copy of `pixels` with boxes drawn in.

    Args:
        pixels: H×W×3 BGR.
        detections: all of the frame's; those not in `focus` are drawn thin and grey.
        focus: indexes of the detections that the finding is about, drawn red with a label.
        labels: one text (any script) for each index of `focus`.
        zone: the watched polygon, normalised; outlined where given.
    """
    result = pixels.copy()
    height, width = result.shape[:2]
    thick = max(2, round(width / 500))
    if len(zone) >= 3:
        corners = np.rint(np.array(zone) * [width, height]).astype(np.int32)
        cv2.polylines(result, [corners], isClosed=True, color=(60, 190, 250), thickness=thick)
    scores = np.asarray(detections.confidence)
    others = [i for i in range(len(detections)) if i not in focus and scores[i] >= _SHOWN]
    if others:
        sv.BoxAnnotator(_GREY, 1, sv.ColorLookup.INDEX).annotate(result, pick(detections, others))
    if len(focus):
        chosen = pick(detections, focus)
        sv.BoxAnnotator(_RED, thick, sv.ColorLookup.INDEX).annotate(result, chosen)
        for box, text in zip(np.asarray(chosen.xyxy), labels, strict=True):
            _label(result, text, int(box[0]), int(box[1]))
    return result


def _label(picture: Pixels, text: str, x: int, y: int) -> None:
    """A filled label above (x, y), moved inside the picture where it would leave it."""
    height, width = picture.shape[:2]
    size = max(14, round(width / 55))
    pad = size // 4
    left, top, wide, tall = cv2.getTextSize((width, height), text, (0, 0), _FONT.face, size)  # type: ignore[call-overload,unused-ignore]
    x = int(np.clip(x, 0, max(0, width - wide - 2 * pad)))
    bottom = y if y - tall - 2 * pad >= 0 else min(height, y + tall + 2 * pad)
    origin = (x + pad - left, bottom - pad - (top + tall))
    cv2.rectangle(
        picture, (x, bottom - tall - 2 * pad), (x + wide + 2 * pad, bottom), (57, 40, 214), -1
    )
    cv2.putText(picture, text, origin, (255, 255, 255), _FONT.face, size)  # type: ignore[call-overload,unused-ignore]
