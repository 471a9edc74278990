"""From a network's raw output to boxes: score floor, class-aware suppression, for a whole batch.

All of it is tensor arithmetic of fixed sizes: nothing waits for the device, no step's size depends
on what was seen, so a CUDA graph can hold it. Of each picture a few hundred rows leave the device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from models.non_maximum import MAX_DETECTIONS, NMS_IOU
from vision.detections import Detections, make_detections
from vision.engines.letterbox import Letterbox

MAX_CANDIDATES = 512
"""Most boxes per picture that enter suppression, the best ones: every pair of them is compared. Of
107 real photos, most of them of crowded markets, one had 275 above a floor of 0.1
(`streetwarden-n` 0.5.0, 2026-11-27), and 300 are the most that leave."""
ROUNDS = 16
"""Rounds of suppression. The result is exact where no chain of boxes, each of which overlaps the
next too much, is longer; on those photos none was longer than 5."""
_TIE = 1e-14
"""Takes scores apart that are equal: the earlier anchor first, on any device and in any batch. Less
than the distance of two 32-bit floats above 0.0625, times the anchors of an input of 1920×1920."""


def best_boxes(outputs: torch.Tensor, floor: float, candidates: int | None = None) -> torch.Tensor:
    """The boxes of a batch that stay, as rows of fixed number.

    Args:
        outputs: N×(4+classes)×anchors on any device: centre x, centre y, width, height in input
            pixels, then a score in 0..1 per class (`models.load.Detector`).
        floor: lowest score to keep.
        candidates: most boxes per picture that enter suppression. By default MAX_CANDIDATES, and
            on a CPU, where it costs nothing to count, no more than one of them has.

    Returns:
        N×R×6 32-bit floats on the same device, R = MAX_DETECTIONS or, of fewer candidates, their
        number: x1, y1, x2, y2 in input pixels, score, class; best score first, then zeros.
    """
    scores = outputs[:, 4:].amax(dim=1)
    if candidates is None:
        most = (scores >= floor).sum(dim=1).max() if scores.is_cpu else scores.shape[1]
        candidates = min(int(most), MAX_CANDIDATES)
    anchors = torch.arange(scores.shape[1], device=scores.device, dtype=torch.float64)
    best = (scores.double() - anchors * _TIE).topk(candidates, dim=1).indices
    found = outputs.gather(2, best[:, None].expand(-1, outputs.shape[1], -1)).float()
    centre_x, centre_y, width, height = found[:, :4].unbind(1)
    score, label = found[:, 4:].max(dim=1)
    boxes = torch.stack(
        (
            centre_x - width / 2,
            centre_y - height / 2,
            centre_x + width / 2,
            centre_y + height / 2,
        ),
        dim=2,
    )
    keep = _kept(_beaten(boxes, label), score >= floor)
    rows = torch.cat((boxes, score[..., None], label[..., None].float()), dim=2)
    return _first(rows, keep, min(candidates, MAX_DETECTIONS))


def _beaten(boxes: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    """N×K×K: whether box i gives way to j, which is better, if j stays. Best first."""
    x1, y1, x2, y2 = boxes.unbind(2)
    area = (x2 - x1) * (y2 - y1)
    across = torch.minimum(x2[:, :, None], x2[:, None]) - torch.maximum(x1[:, :, None], x1[:, None])
    down = torch.minimum(y2[:, :, None], y2[:, None]) - torch.maximum(y1[:, :, None], y1[:, None])
    common = across.clamp_(min=0) * down.clamp_(min=0)
    joined = area[:, :, None] + area[:, None] - common
    return ((common > joined * NMS_IOU) & (label[:, :, None] == label[:, None])).tril(-1)


def _kept(beaten: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """N×K: which boxes stay, as if taken one by one, best first.

    A box stays if none stays that beats it. Each round is right for boxes one further link down a
    chain; where the rounds end before it, a box too many stays and none is lost.
    """
    keep = wanted
    for _ in range(ROUNDS):  # an even number; after an odd one too few would stay
        before = keep
        keep = wanted & ~(beaten & keep[:, None]).any(dim=2)
        if keep.is_cpu and torch.equal(keep, before):  # which a device would be waited for to tell
            break
    return keep


def _first(rows: torch.Tensor, keep: torch.Tensor, count: int) -> torch.Tensor:
    """The first `count` rows that are kept, in their order, then zeros."""
    place = keep.cumsum(1) - 1
    # What is not kept lands in one row more, which is cut off.
    place = torch.where(keep & (place < count), place, count)[..., None].expand_as(rows)
    room = rows.new_zeros((rows.shape[0], count + 1, rows.shape[2]))
    return room.scatter_(1, place, rows)[:, :count]


def decode(
    outputs: torch.Tensor, boxes: Sequence[Letterbox], classes: Sequence[str], floor: float
) -> list[Detections]:
    """Detections of a batch whose raw output is in this machine's own memory.

    Args:
        outputs: as for `best_boxes`.
        boxes: the letterbox of each of the N pictures.
        classes: class names in output order.
        floor: lowest score to keep.

    Returns:
        Per picture, boxes in pixels of that picture, best score first.
    """
    with _one_thread():
        return detections(best_boxes(outputs, floor).numpy(), boxes, classes)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have torch compute in the calling thread alone.

    There is 1.5 ms to do. Shared out, torch's other threads wait spinning for a next piece, at the
    expense of the network that another runtime runs meanwhile: 17 ms of two processors' time a
    picture (2026-11-27, Xeon at 2.5 GHz).
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def detections(
    rows: NDArray[np.float32], boxes: Sequence[Letterbox], classes: Sequence[str]
) -> list[Detections]:
    """Detections of a batch from `best_boxes`, one item per letterbox, in its picture's pixels."""
    return [
        _detections(found[found[:, 4] > 0], box, classes)
        for found, box in zip(rows, boxes, strict=True)
    ]


def _detections(rows: NDArray[np.float32], box: Letterbox, classes: Sequence[str]) -> Detections:
    found = box.to_picture(rows[:, :4])
    solid = (found[:, 2] > found[:, 0]) & (found[:, 3] > found[:, 1])
    rows, found = rows[solid], found[solid]
    return make_detections(found, rows[:, 4], rows[:, 5].astype(np.int64), classes)
