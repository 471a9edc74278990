"""Matching of detections with objects: the usual greedy matching by IoU."""

import numpy as np
import numpy.typing as npt

IOUS = np.round(np.arange(0.5, 1.0, 0.05), 2)
"""COCO's ten overlaps, 0.5 … 0.95."""


def overlaps(
    objects: npt.NDArray[np.float64], boxes: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Returns the N×M intersections over unions of N and M boxes, x1, y1, x2, y2."""
    low = np.maximum(objects[:, None, :2], boxes[None, :, :2])
    high = np.minimum(objects[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    area_a, area_b = ((b[:, 2:] - b[:, :2]).prod(1) for b in (objects, boxes))
    union = area_a[:, None] + area_b[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0))


def match(
    iou: npt.NDArray[np.float64], needed: npt.NDArray[np.float64] = IOUS
) -> npt.NDArray[np.int64]:
    """Gives each detection, best score first, the free object that it overlaps most.

    Args:
        iou: N×M overlaps of N objects with M detections in descending order of score; 0 where the
            classes differ.
        needed: Overlaps to match at, K of them, all above 0.

    Returns:
        M×K: index of the object found, or -1.
    """
    found = np.full((iou.shape[1], len(needed)), -1, np.int64)
    if not iou.shape[0]:
        return found
    taken = np.zeros((iou.shape[0], len(needed)), bool)
    column = np.arange(len(needed))
    for index in np.flatnonzero((iou >= needed.min()).any(0)):
        free = np.where(taken, 0.0, iou[:, index, None])
        best = free.argmax(0)
        hit = free[best, column] >= needed
        found[index, hit] = best[hit]
        taken[best[hit], column[hit]] = True
    return found
