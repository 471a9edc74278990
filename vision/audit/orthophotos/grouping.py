"""Grouping: which detections of a map belong to one place, and so may be one finding."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely import STRtree, box

from vision.detections import Detections, class_names

MARKET_M, OTHERS_M = 20.0, 5.0
"""Metres between stalls of one market, and between things of other kinds that may belong together
(a bag and its bin)."""
MARKET_PX, OTHERS_PX = 320.0, 80.0
"""The same in pixels where nobody knows a pixel's size: half of what the network sees at once."""
_MARKET = ("stall", "parasol")


def apart(found: Detections, pixel_m: float | None) -> Iterator[NDArray[np.int64]]:
    """Indexes of detections, place by place; each detection is in one place.

    Args:
        found: on the whole map.
        pixel_m: a pixel's size on the ground, metres; None if unknown.
    """
    if not len(found):
        return
    market = np.isin(class_names(found), _MARKET)
    for mine, metres, pixels in (
        (market, MARKET_M, MARKET_PX),
        (~market, OTHERS_M, OTHERS_PX),
    ):
        indexes = np.flatnonzero(mine)
        gap = pixels if pixel_m is None else metres / pixel_m
        yield from _joined(indexes, np.asarray(found.xyxy, np.float64)[indexes], gap)


def _joined(
    indexes: NDArray[np.int64], boxes: NDArray[np.float64], gap: float
) -> Iterator[NDArray[np.int64]]:
    """Groups of boxes no further apart than `gap`, directly or through others."""
    if not len(indexes):
        return
    shapes = [box(*one) for one in boxes.tolist()]
    first, second = STRtree(shapes).query(shapes, predicate="dwithin", distance=gap)
    links = coo_array((np.ones(len(first), bool), (first, second)), shape=(len(indexes),) * 2)
    count, group = connected_components(links, directed=False)
    for number in range(count):
        yield indexes[group == number]
