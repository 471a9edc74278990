"""Cells: the grid over the picture that the road is mapped in, and sets of its cells.

A set is a number, a bit a cell, row by row: to unite or intersect two of them costs a tenth of what
it costs with arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.episodes import NormBox

ACROSS, DOWN = 48, 27
SIZE = ACROSS * DOWN
Cells = int
"""Which cells of the picture."""
ALL: Cells = (1 << SIZE) - 1
Corner = tuple[int, int]
"""Column and row of a cell."""

_LIMITS = np.array([ACROSS, DOWN] * 2)  # of a box's sides
# By number of rows, the first cell of each.
_FIRST = [sum(1 << ACROSS * row for row in range(rows)) for rows in range(DOWN + 1)]
# Number of new hulls drawn before the remaining ones are checked for being covered by them.
_AT_ONCE = 16
# A box is packed into one number: its sides' cells, each below 64. A hull's key is of two of them.
_PLACES = 64 ** np.arange(4)
_ONE_BOX = 64**4
_ACROSS_A_BOX, _DOWN_A_BOX = 1 + 64**2, 64 + 64**3  # what moves both of its sides by a cell


class _Shapes:
    """Hulls that were drawn, wherever they lay: people's ways repeat. All go when it is full."""

    def __init__(self, most: int) -> None:
        self.lock = Lock()
        self._known: dict[int, int] = {}
        self._cells: list[Cells] = []
        self._rows = np.empty((most, DOWN), np.uint64)  # a number a row of cells

    def find(self, keys: Sequence[int]) -> NDArray[np.int64]:
        """By key the number of its hull, -1 where there is none."""
        known = self._known.get
        return np.array([known(key, -1) for key in keys], np.int64)

    def union(
        self, found: NDArray[np.int64], x: NDArray[np.int64], y: NDArray[np.int64], high: int
    ) -> Cells:
        """The cells of all these hulls, `high` rows at most; the first cell of each is at x, y."""
        rows = self._rows[found, :high] << x[:, None].astype(np.uint64)
        united = np.zeros(DOWN + high, np.uint64)
        np.bitwise_or.at(united, y[:, None] + np.arange(high), rows)
        return _of_rows(united[:DOWN])

    def draw(self, key: int) -> Cells:
        """Return a hull, its first cell the grid's; it is drawn if it is not known."""
        number = self._known.get(key)
        if number is None:
            if len(self._known) == len(self._rows):
                self._known.clear()
                self._cells.clear()
            number = self._known[key] = len(self._known)
            self._rows[number] = _fill(key)
            self._cells.append(_of_rows(self._rows[number]))
        return self._cells[number]


_SHAPES = _Shapes(1 << 14)


def cell(u: float, v: float) -> Corner:
    """Column and row of the cell at a point of the picture."""
    column, row = int(u * ACROSS), int(v * DOWN)
    return min(max(column, 0), ACROSS - 1), min(max(row, 0), DOWN - 1)


def single(u: float, v: float) -> Cells:
    """The cell at a point of the picture, as a set."""
    column, row = cell(u, v)
    return 1 << ACROSS * row + column


def rectangle(box: NormBox) -> Cells:
    """All cells that a box touches."""
    (left, top), (right, bottom) = cell(box[0], box[1]), cell(box[2], box[3])
    if right < left or bottom < top:
        return 0
    row = (1 << right + 1) - (1 << left)
    return row * (_FIRST[bottom + 1] - _FIRST[top])


def hull(one: NormBox, other: NormBox) -> Cells:
    """The cells within the hull of two boxes."""
    ax1, ay1 = cell(one[0], one[1])
    ax2, ay2 = cell(one[2], one[3])
    bx1, by1 = cell(other[0], other[1])
    bx2, by2 = cell(other[2], other[3])
    x, y = min(ax1, ax2, bx1, bx2), min(ay1, ay2, by1, by2)
    a = (ax1 - x) + 64 * (ay1 - y) + 4096 * (ax2 - x) + 262144 * (ay2 - y)
    b = (bx1 - x) + 64 * (by1 - y) + 4096 * (bx2 - x) + 262144 * (by2 - y)
    key = min(a, b) + _ONE_BOX * max(a, b)
    with _SHAPES.lock:
        return _SHAPES.draw(key) << x + ACROSS * y


def hulls(boxes: NDArray[np.float64], one: NDArray[np.int64], other: NDArray[np.int64]) -> Cells:
    """Return all cells within the hull of any of these pairs of boxes.

    A hull that is not known yet, and lies within cells that are taken already, is not drawn: in a
    crowd whose members cannot be matched, a few cover all, instead of one for each pair.

    Args:
        boxes: N×4, normalised; pairs of one with a value that is not finite are ignored.
        one, other: the pairs: two numbers of boxes each.
    """
    finite = np.asarray(np.isfinite(boxes).all(axis=1))
    if not finite.all():
        boxes, kept = np.where(finite[:, None], boxes, 0), finite[one] & finite[other]
        one, other = one[kept], other[kept]
    if len(one) == 0:
        return 0
    at = np.clip(boxes * _LIMITS, 0, _LIMITS - 1).astype(np.int64)
    codes = at @ _PLACES
    firsts, lasts = np.minimum(at[:, :2], at[:, 2:]).T, np.maximum(at[:, :2], at[:, 2:]).T
    x, y = np.minimum(firsts[:, one], firsts[:, other])
    right, low = np.maximum(lasts[:, one], lasts[:, other])
    first = x * _ACROSS_A_BOX + y * _DOWN_A_BOX
    a, b = codes[one] - first, codes[other] - first
    keys = np.minimum(a, b) + _ONE_BOX * np.maximum(a, b)
    high = int((low - y).max()) + 1
    with _SHAPES.lock:
        found = _SHAPES.find(keys.tolist())
        new, known = np.flatnonzero(found < 0), np.flatnonzero(found >= 0)
        if len(new) == 0:
            return _SHAPES.union(found, x, y, high)
        taken = _SHAPES.union(found[known], x[known], y[known], high)
        return _drawn(taken, keys[new], np.stack([x, y, right, low])[:, new])


def packed(cells: NDArray[np.bool_]) -> Cells:
    """The set of the cells that are true, of an array of all in a row."""
    return int.from_bytes(np.packbits(cells, bitorder="little").tobytes(), "little")


def unpacked(cells: Cells) -> NDArray[np.bool_]:
    """An array of all cells in a row: whether each is in the set."""
    bits = np.frombuffer(cells.to_bytes(SIZE // 8, "little"), np.uint8)
    return np.unpackbits(bits, bitorder="little").view(np.bool_)


def _drawn(taken: Cells, keys: NDArray[np.int64], spans: NDArray[np.int64]) -> Cells:
    """The cells that are taken, and those of these hulls with them, each drawn if it is needed.

    Args:
        taken: these need no drawing.
        keys: of the hulls.
        spans: 4×N, their first column and row, and their last.
    """
    x, y, right, low = spans
    left, sizes = np.arange(len(keys)), (right - x + 1) * (low - y + 1)
    if len(keys) > _AT_ONCE:
        left = np.argsort(-sizes, kind="stable")
    while len(left):
        now, left = left[:_AT_ONCE], left[_AT_ONCE:]
        for key, column, row in zip(
            keys[now].tolist(), x[now].tolist(), y[now].tolist(), strict=True
        ):
            taken |= _SHAPES.draw(key) << column + ACROSS * row
        if len(left):
            # Integral image: how many cells are taken above and to the left of each corner.
            sums = cv2.integral(unpacked(taken).view(np.uint8).reshape(DOWN, ACROSS))
            x1, y1, x2, y2 = x[left], y[left], right[left] + 1, low[left] + 1
            inside = sums[y2, x2] - sums[y1, x2] - sums[y2, x1] + sums[y1, x1]
            left = left[inside < sizes[left]]
    return taken


def _of_rows(rows: NDArray[np.uint64]) -> Cells:
    eight = rows.astype("<u8").view(np.uint8).reshape(DOWN, 8)
    return int.from_bytes(eight[:, : ACROSS // 8].tobytes(), "little")


def _fill(key: int) -> NDArray[np.uint64]:
    """The rows of cells within the hull of the two boxes of a key."""
    corners = [key >> 6 * n & 63 for n in range(8)]
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = corners[:4], corners[4:]
    points = [(ax1, ay1), (ax1, ay2), (ax2, ay1), (ax2, ay2)]
    points += [(bx1, by1), (bx1, by2), (bx2, by1), (bx2, by2)]
    cells = np.zeros((DOWN, 64), np.uint8)
    cv2.fillConvexPoly(cells, cv2.convexHull(np.array(points, np.int32)), 1)
    return np.packbits(cells, axis=1, bitorder="little").view("<u8")[:, 0]
