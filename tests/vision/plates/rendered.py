"""Rendered number plates, in the sizes and colours of GA 36 and the font that OpenCV carries."""

from __future__ import annotations

import cv2
import numpy as np

_FONT = cv2.FontFace("uni")
_GROUND = {"blue": (150, 60, 10), "yellow": (20, 180, 240), "green": (110, 190, 60)}  # BGR
_INK = {"blue": (255, 255, 255), "yellow": (10, 10, 10), "green": (10, 10, 10)}


def rendered(text: str, colour: str, *, rows: int = 1):
    """A plate with the margin of `vision.frames.crop`, as it hangs on something grey."""
    height, width = (140, 440) if rows == 1 else (220, 440)
    plate = np.full((height, width, 3), _GROUND[colour], np.uint8)
    cv2.rectangle(plate, (4, 4), (width - 5, height - 5), _INK[colour], 3)
    if rows == 1:
        _write(plate, text, (14, 22, width - 14, height - 22), _INK[colour])
    else:
        _write(plate, text[:2], (110, 15, width - 110, 75), _INK[colour])
        _write(plate, text[2:], (20, 90, width - 20, height - 16), _INK[colour])
    across, down = round(width * 0.06), round(height * 0.06)
    return cv2.copyMakeBorder(
        plate, down, down, across, across, cv2.BORDER_CONSTANT, value=(90, 90, 90)
    )


def _write(picture, text, box, ink):
    """Each character in its share of a box: their widths are all alike."""
    x1, y1, x2, y2 = box
    wide, tall = (x2 - x1) / len(text), y2 - y1
    for n, character in enumerate(text):
        size = (400, 400)
        glyph = np.zeros((*size, 3), np.uint8)
        cv2.putText(glyph, character, (100, 280), (255, 255, 255), _FONT, 200, weight=700)
        ys, xs = np.nonzero(glyph[:, :, 0] > 60)
        part = glyph[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1, 0]
        across = max(4, min(round(wide * 0.8), round(part.shape[1] * tall / part.shape[0])))
        mask = cv2.resize(part, (across, tall), interpolation=cv2.INTER_AREA) > 100
        left = round(x1 + n * wide + (wide - across) / 2)
        picture[y1:y2, left : left + across][mask] = ink
