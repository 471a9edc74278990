"""From a network's raw output to boxes: score floor, class-aware suppression, for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torchvision.ops import batched_nms

from models.non_maximum import MAX_DETECTIONS, NMS_IOU
from vision.detections import Detections, make_detections
from vision.engines.letterbox import Letterbox

MAX_CANDIDATES = 3000
"""Most boxes per picture that enter suppression, against its quadratic cost when a picture lights
up everywhere. Ten times what can leave it."""


def decode(
    outputs: torch.Tensor, boxes: Sequence[Letterbox], classes: Sequence[str], floor: float
) -> list[Detections]:
    """Detections of a batch.

    Args:
        outputs: N×(4+classes)×anchors on any device: centre x, centre y, width, height in input
            pixels, then a score in 0..1 per class (`models.load.Detector`).
        boxes: the letterbox of each of the N pictures.
        classes: class names in output order.
        floor: lowest score to keep.

    Returns:
        Per picture, boxes in pixels of that picture, best score first.
    """
    scores, labels = outputs[:, 4:].float().max(dim=1)
    wanted = scores >= floor
    if int(wanted.sum(dim=1).max()) > MAX_CANDIDATES:
        wanted &= scores >= scores.topk(MAX_CANDIDATES, dim=1).values[:, -1:]
    pictures, anchors = torch.nonzero(wanted, as_tuple=True)
    kept_scores, kept_labels = scores[pictures, anchors], labels[pictures, anchors]
    centres = outputs[pictures, :4, anchors].float()
    half = centres[:, 2:] / 2
    xyxy = torch.cat((centres[:, :2] - half, centres[:, :2] + half), dim=1)
    # batched_nms keeps groups apart by adding an offset per group to the boxes; in 64 bits that
    # costs no precision, so what a picture gives does not depend on its place in the batch.
    groups = pictures * len(classes) + kept_labels
    keep = batched_nms(xyxy.double(), kept_scores.double(), groups, NMS_IOU)
    rows = torch.cat(
        (
            xyxy[keep],
            kept_scores[keep, None],
            kept_labels[keep, None].float(),
            pictures[keep, None].float(),
        ),
        dim=1,
    )
    table = rows.cpu().numpy()  # the one copy back from the device
    return [
        _detections(table[table[:, 6] == number][:MAX_DETECTIONS], box, classes)
        for number, box in enumerate(boxes)
    ]


def _detections(
    rows: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    box: Letterbox,
    classes: Sequence[str],
) -> Detections:
    found = box.to_picture(rows[:, :4])
    solid = (found[:, 2] > found[:, 0]) & (found[:, 3] > found[:, 1])
    rows, found = rows[solid], found[solid]
    return make_detections(found, rows[:, 4], rows[:, 5].astype(np.int64), classes)
