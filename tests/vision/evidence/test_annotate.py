"""Annotating: what is drawn does not depend on who else draws."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from vision.detections import Detections
from vision.evidence.annotate import annotate

LABELS = ("摊位 59%", "垃圾桶满溢 33%", "遮阳伞 71%", "garbage 88%")
WIDTHS = (200, 900, 1400, 2000)


def drawn(label: str, width: int) -> bytes:
    boxes = Detections(
        xyxy=np.array([[3, 40, 60, 58]], np.float32),
        confidence=np.array([0.9], np.float32),
        class_id=np.array([0]),
    )
    return annotate(np.zeros((60, width, 3), np.uint8), boxes, [0], [label]).tobytes()


def test_threads_that_draw_at_once_do_not_get_each_others_letters() -> None:
    """OpenCV's fonts may not be shared: labels came out with another one's size."""
    alone = {(label, width): drawn(label, width) for label in LABELS for width in WIDTHS}

    def differ(seed: int) -> int:
        chosen = random.Random(seed).choices(list(alone), k=500)
        return sum(drawn(*one) != alone[one] for one in chosen)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(differ, range(4))) == [0] * 4
