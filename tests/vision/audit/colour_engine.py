"""An engine for tests that truly looks: it finds rectangles of pure colours.

Run as a program it audits a folder and stops dead before its n-th picture, so that a test can kill
it at a known point: `colour_engine.py FOLDER OUT N`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from models.catalogue import ModelEntry
from vision.detections import Detections, make_detections
from vision.errors import EngineError

CLASSES = ("overflowing_bin", "garbage", "bin", "stall", "person", "truck")
COLOURS = dict(
    zip(
        CLASSES,
        ((0, 0, 255), (0, 255, 0), (255, 0, 0), (0, 255, 255), (255, 0, 255), (255, 255, 0)),
        strict=True,
    )
)
BROKEN = (1, 2, 3)
"""A picture with this colour in its corner makes the engine fail."""
SCORE = 0.8


class ColourEngine:
    name = "colours"
    image_size = 640
    batch = 2
    depth = 2

    def __init__(self, *, stop_before: int | None = None, near: int = 0) -> None:
        self.model = ModelEntry(
            "colours", Path("none"), "c0" * 32, "1", "detect", CLASSES, 640, 0.3
        )
        self.looked = 0
        self.largest = (0, 0)
        self.closed = False
        self._stop_before = stop_before
        self._near = near

    def submit(self, images):
        return _Done([self._see(image) for image in images])

    def infer(self, images):
        return self.submit(images).result()

    def warm_up(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def _see(self, image) -> Detections | EngineError:
        if self.looked == self._stop_before:
            print("here", flush=True)
            sys.stdin.read()
        self.looked += 1
        self.largest = max(self.largest, image.shape[:2])
        if tuple(image[0, 0]) == BROKEN:
            return EngineError("the device choked")
        boxes, ids = [], []
        for number, colour in enumerate(COLOURS.values()):
            found = cv2.connectedComponentsWithStats(self._like(image, colour))[2][1:]
            boxes += [(x, y, x + w, y + h) for x, y, w, h, _ in found]
            ids += [number] * len(found)
        scores = np.full(len(ids), SCORE, np.float32)
        boxes = np.array(boxes, np.float32).reshape(-1, 4)
        return make_detections(boxes, scores, np.array(ids, np.int64), CLASSES)

    def _like(self, image, colour):
        """Where a picture has this colour, as near as JPEG's rounding keeps it."""
        low, high = (np.clip(np.add(colour, by), 0, 255) for by in (-self._near, self._near))
        return cv2.inRange(image, low.astype(np.uint8), high.astype(np.uint8))


class _Done:
    def __init__(self, results) -> None:
        self._results = results

    def result(self):
        for result in self._results:
            if isinstance(result, EngineError):
                raise result
        return self._results


def picture(*shapes: tuple[str, tuple[int, int, int, int]], size=(320, 240), shade=90):
    """Pixels (BGR) with a rectangle (x1, y1, x2, y2) of each class's colour on grey."""
    pixels = np.full((size[1], size[0], 3), shade, np.uint8)
    for name, (x1, y1, x2, y2) in shapes:
        pixels[y1:y2, x1:x2] = COLOURS[name]
    return pixels


if __name__ == "__main__":
    from vision.audit import AuditFolder, Auditor, take_in

    source, out, before = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    with AuditFolder(out) as folder:
        Auditor(folder, ColourEngine(stop_before=before), "en").run(take_in([source], out))
