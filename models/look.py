"""Looks at single pictures with a detector on the CPU: whole, or tile by tile.

What measuring and pre-labelling have in common. The picture is prepared as `vision/engines` and
ultralytics' validator prepare theirs: longer side scaled to the input size with linear
interpolation, the rest padded with grey to multiples of the stride.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from ultralytics.utils.nms import non_max_suppression

from models import runtime
from models.catalogue import ModelEntry
from models.export import export_openvino
from models.load import load_detector
from models.non_maximum import MAX_DETECTIONS, NMS_IOU
from models.tiles import meet, tiles

runtime.settle()

Pixels = npt.NDArray[np.uint8]
STRIDE = 32
GREY = 114


@dataclass(frozen=True, slots=True)
class Found:
    """Detections of one picture, N of them, best score first.

    Attributes:
        boxes: N×4 float32, x1, y1, x2, y2 in pixels of the picture, clipped to it.
        scores: N float32, 0..1.
        labels: N int64, class ids of the model.
        first: N bool; whether the label is the best one of its anchor. A product shows only
            these; average precision is customarily computed on all.
    """

    boxes: npt.NDArray[np.float32]
    scores: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    first: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, keep: npt.NDArray[Any]) -> "Found":
        """Returns the detections that a mask or an index array names."""
        return Found(self.boxes[keep], self.scores[keep], self.labels[keep], self.first[keep])


class Looker:
    """Runs a detector on single pictures."""

    def __init__(
        self,
        entry: ModelEntry,
        size: int,
        floor: float,
        *,
        nms_iou: float = NMS_IOU,
        several_labels: bool = True,
    ) -> None:
        """Opens the detector.

        Args:
            entry: From `models.find`.
            size: Longer side of the input, in pixels.
            floor: Lowest score kept.
            nms_iou: Overlap above which the weaker of two boxes of one class goes.
            several_labels: One anchor may give boxes of several classes, as in ultralytics'
                validator.
        """
        self.classes = entry.classes
        self.size = size
        self._suppress = partial(
            non_max_suppression,
            conf_thres=floor,
            iou_thres=nms_iou,
            multi_label=several_labels,
            max_det=MAX_DETECTIONS,
            return_idxs=True,
        )
        self._network = _network(entry)

    def look(self, picture: Pixels) -> Found:
        """Detects objects in one picture.

        Args:
            picture: H×W×3, BGR.
        """
        tensor, scale, offset = letterboxed(picture, self.size)
        raw = self._network(tensor)
        (rows,), (anchors,) = self._suppress(raw)
        limit = np.array(picture.shape[1::-1] * 2, np.float32)
        boxes = np.clip((rows[:, :4].numpy() - offset) / scale, 0, limit).astype(np.float32)
        labels = rows[:, 5].numpy().astype(np.int64)
        best = raw[0, 4:, anchors.long().reshape(-1)].argmax(0).numpy()
        return Found(boxes, rows[:, 4].numpy(), labels, best == labels)

    def look_in_tiles(self, picture: Pixels) -> Found:
        """Detects objects in one picture whole and in overlapping tiles of the input size.

        A picture not larger than the input is only looked at whole. See `models.tiles`.

        Args:
            picture: H×W×3, BGR.
        """
        parts = [self.look(picture)]
        height, width = picture.shape[:2]
        for tile in tiles(width, height, self.size):
            found = self.look(tile.cut(picture))
            boxes = tile.placed(found.boxes)
            moved = Found(boxes, found.scores, found.labels, found.first)
            parts.append(moved.where(tile.whole(boxes)))
        return _merged(parts) if len(parts) > 1 else parts[0]


def _network(entry: ModelEntry) -> Callable[[npt.NDArray[np.float32]], torch.Tensor]:
    """The detector in OpenVINO, or in PyTorch on processors for which that is not installed."""
    if find_spec("openvino") is None:
        detector = load_detector(entry)
        return torch.inference_mode()(lambda tensor: detector(torch.from_numpy(tensor)))
    import openvino  # noqa: PLC0415 - not installed on every processor

    compiled = openvino.compile_model(
        export_openvino(entry, runtime.cache_dir() / "openvino"), "CPU"
    )
    return lambda tensor: torch.from_numpy(np.array(compiled(tensor)[0]))


def letterboxed(
    picture: Pixels, size: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Prepares a picture for a detector.

    Args:
        picture: H×W×3, BGR.
        size: Longer side of the scaled picture, in pixels.

    Returns:
        The 1×3×H×W RGB tensor in 0..1; per box coordinate the scale and the offset with which
        `(input - offset) / scale` gives pixels of the picture.
    """
    height, width = picture.shape[:2]
    scale = size / max(height, width)
    columns, rows = max(round(width * scale), 1), max(round(height * scale), 1)
    scaled = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_LINEAR)
    height_in, width_in = (-(-side // STRIDE) * STRIDE for side in (rows, columns))
    top, left = (height_in - rows) // 2, (width_in - columns) // 2
    canvas = np.full((height_in, width_in, 3), GREY, np.uint8)
    canvas[top : top + rows, left : left + columns] = scaled
    tensor = canvas[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)
    scales = np.array([columns / width, rows / height] * 2, np.float32)
    return tensor, scales, np.array([left, top] * 2, np.float32)


def _merged(parts: Sequence[Found]) -> Found:
    boxes = np.concatenate([part.boxes for part in parts])
    scores = np.concatenate([part.scores for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    first = np.concatenate([part.first for part in parts])
    merged = Found(boxes, scores, labels, first)
    return merged.where(meet(boxes, scores, labels))
