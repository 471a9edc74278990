"""Road: an occlusion map of the picture: which cells were seen free, and who was over each since.

The picture is divided into cells. Anything that covers a cell may occlude it, so what lies there
meanwhile is unknown. A cell that was free on enough looks in a row is known again: whatever an
earlier road user left there was seen by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.episodes import NormBox

_ACROSS, _DOWN = 48, 27
# Free looks in a row are counted up to this number, or up to what is asked for if that is more, so
# that the state of a calm road does not change.
_MANY = 10
_COLUMNS = ("cell", "free", "before", "over", "driven")  # of what is remembered
Cells = NDArray[np.bool_]
"""Which cells of the picture."""
_NOBODY, SOMEBODY = 0, -1
"""Who is over a cell: nobody; or somebody unidentified, or several."""
# Number of paths drawn before the remaining ones are checked for being covered by them.
_AT_ONCE = 16
# Factors that pack eight numbers of cells, each below 64, into one.
_PLACES = 64 ** np.arange(8)
# The lower part of a truck's box, as a share of its height, where wheels and load touch the road.
_LOWER = 1 / 4


@dataclass(frozen=True, slots=True)
class Cover:
    """An object that covers part of the road in one look.

    Attributes:
        who: a number from 1 on; `SOMEBODY` for objects that need no identity.
        box: its box, normalised.
        came_from: its box at its last look, if the path from there to here is known.
        drives: its wheels are in the lower part of the box.
    """

    who: int
    box: NormBox
    came_from: NormBox | None = None
    drives: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """The only one over a spot: last at `at`, after `free` looks that showed it free."""

    who: int
    at: datetime
    free: int


class Road:
    """The occlusion map. At first, no cell is known.

    Args:
        enough: free looks in a row after which a cell is known.
        clean: free looks in a row that a passage needs before it.
    """

    def __init__(self, enough: int, clean: int = 0) -> None:
        self._enough, self._clean = enough, clean
        self._many = max(_MANY, enough, clean)
        self.forget()

    def forget(self) -> None:
        """Reset the map after a gap in the looks: anybody may have been anywhere."""
        shape = (_DOWN, _ACROSS)
        self._free = np.zeros(shape, np.int64)  # free looks in a row
        self._before = np.zeros(shape, np.int64)  # and how many before it was covered
        self._over = np.full(shape, SOMEBODY, np.int64)
        self._driven = np.zeros(shape, np.float64)  # when last over it, POSIX seconds

    def look(self, at: datetime, covers: Sequence[Cover], somebody: Cells | None = None) -> None:
        """Add a look: what covers the road, and `somebody`, the cells of all others (`reach`)."""
        known = self._free >= self._enough
        self._over[known] = _NOBODY
        self._driven[known] = 0
        covered = np.zeros(known.shape, np.bool_)
        for cover in covers:
            if not all(map(isfinite, (*cover.box, *(cover.came_from or ())))):
                continue
            way = _way(cover)
            cells = _cells(cover.box) | way
            fresh = cells & (self._over == _NOBODY)
            self._before[fresh] = self._free[fresh]
            self._over[fresh] = cover.who
            self._over[cells & (self._over != cover.who)] = SOMEBODY
            if cover.drives:
                self._driven[way] = at.timestamp()
            covered |= cells
        if somebody is not None:
            fresh = somebody & (self._over == _NOBODY)
            self._before[fresh] = self._free[fresh]
            self._over[somebody] = SOMEBODY
            covered |= somebody
        self._free = np.where(covered, 0, np.minimum(self._free + 1, self._many))

    def passage(self, box: NormBox) -> Passage | None:
        """Return who drove over a clean spot since it was known, if it was one truck alone."""
        if not all(map(isfinite, box)):
            return None
        cells = _cells(box)
        whos = set(np.unique(self._over[cells]).tolist()) - {_NOBODY}
        row, column = _cell((box[0] + box[2]) / 2, box[3])
        driven = float(self._driven[row, column])
        if len(whos) != 1 or SOMEBODY in whos or not driven:
            return None
        (who,) = whos
        free = int(self._before[cells & (self._over == who)].min())
        if free < self._clean:
            return None
        return Passage(who, datetime.fromtimestamp(driven, UTC), free)

    def remember(self) -> dict[str, list[float]]:
        """Return the cells that are not known, ready for JSON; a calm road has none.

        By column: the cells, free looks, free looks before, who was over them, when.
        """
        unknown = np.flatnonzero((self._free < self._many) | (self._over != _NOBODY))
        columns = [f.reshape(-1)[unknown].tolist() for f in self._fields]
        return dict(zip(_COLUMNS, [unknown.tolist(), *columns], strict=True))

    def recall(self, cells: Mapping[str, Sequence[float]] | Sequence[Sequence[float]]) -> None:
        """Restore the state that `remember` gave, in versions before 0.6 row by row."""
        self._free[:], self._over[:] = self._many, _NOBODY
        if not isinstance(cells, Mapping):
            rows = np.array(cells, np.float64).reshape(-1, len(_COLUMNS))
            cells = dict(zip(_COLUMNS, rows.T.tolist(), strict=True))
        unknown = np.asarray(cells["cell"], np.int64)
        for name, field in zip(_COLUMNS[1:], self._fields, strict=True):
            field.flat[unknown] = np.asarray(cells[name], field.dtype)

    @property
    def _fields(self) -> tuple[NDArray[Any], ...]:
        return self._free, self._before, self._over, self._driven


def reach(pairs: NDArray[np.float64]) -> Cells:
    """Return all cells that may have been crossed on the path from one box to another.

    A path within cells that are taken already is not drawn again: in a crowd whose members cannot
    be matched, a few paths cover all, instead of one for each pair.

    Args:
        pairs: N×8, both boxes, normalised; a pair with a value that is not finite is ignored.
    """
    finite = pairs[np.isfinite(pairs).all(axis=1)].T
    xs = np.clip(finite[0::2] * _ACROSS, 0, _ACROSS - 1).astype(np.int64)
    ys = np.clip(finite[1::2] * _DOWN, 0, _DOWN - 1).astype(np.int64)
    (x1, x2), (y1, y2) = (xs.min(axis=0), xs.max(axis=0)), (ys.min(axis=0), ys.max(axis=0))
    shapes, offsets = _PLACES[::2] @ (xs - x1) + _PLACES[1::2] @ (ys - y1), x1 + y1 * _ACROSS
    x2, y2 = x2 + 1, y2 + 1
    sizes = (x2 - x1) * (y2 - y1)
    left = np.argsort(-sizes, kind="stable")
    taken = 0
    while len(left):
        now, left = left[:_AT_ONCE], left[_AT_ONCE:]
        for shape, offset in zip(shapes[now].tolist(), offsets[now].tolist(), strict=True):
            taken |= _shape(shape) << offset
        if len(left):
            # Integral image: how many cells are taken above and to the left of each corner.
            sums = cv2.integral(_unpacked(taken))
            top, bottom, near, far = y1[left], y2[left], x1[left], x2[left]
            inside = sums[bottom, far] - sums[top, far] - sums[bottom, near] + sums[top, near]
            left = left[inside < sizes[left]]
    return _unpacked(taken).astype(np.bool_)


@lru_cache(maxsize=8192)
def _shape(shape: int) -> int:
    """The cells within the hull of two boxes, a bit each, row by row; people's ways repeat.

    Args:
        shape: the boxes' corners from the hull's first cell on, packed by `_PLACES`.
    """
    ax1, ay1, ax2, ay2, bx1, by1, bx2, by2 = ((shape >> 6 * n) % 64 for n in range(8))
    corners = [(x, y) for x in (ax1, ax2) for y in (ay1, ay2)]
    corners += [(x, y) for x in (bx1, bx2) for y in (by1, by2)]
    cells = np.zeros((_DOWN, _ACROSS), np.uint8)
    cv2.fillConvexPoly(cells, cv2.convexHull(np.array(corners, np.int32)), 1)
    return int.from_bytes(np.packbits(cells, bitorder="little").tobytes(), "little")


def _unpacked(cells: int) -> NDArray[np.uint8]:
    packed = np.frombuffer(cells.to_bytes(_DOWN * _ACROSS // 8, "little"), np.uint8)
    return np.unpackbits(packed, bitorder="little").reshape(_DOWN, _ACROSS)


def _cell(u: float, v: float) -> tuple[int, int]:
    """Row and column of the cell at a point of the picture."""
    row, column = int(v * _DOWN), int(u * _ACROSS)
    return min(max(row, 0), _DOWN - 1), min(max(column, 0), _ACROSS - 1)


def _cells(box: NormBox) -> NDArray[np.bool_]:
    """All cells that a box touches."""
    (top, left), (bottom, right) = _cell(box[0], box[1]), _cell(box[2], box[3])
    cells = np.zeros((_DOWN, _ACROSS), np.bool_)
    cells[top : bottom + 1, left : right + 1] = True
    return cells


def _way(cover: Cover) -> NDArray[np.bool_]:
    """Return the cells on an object's path: of a driving one, those of its lower part only."""
    part = _LOWER if cover.drives else 1
    corners = [
        _cell(u, v)[::-1]
        for x1, y1, x2, y2 in (cover.box, cover.came_from or cover.box)
        for u in (x1, x2)
        for v in (y2 - (y2 - y1) * part, y2)
    ]
    cells = np.zeros((_DOWN, _ACROSS), np.uint8)
    cv2.fillConvexPoly(cells, cv2.convexHull(np.array(corners, np.int32)), 1)
    return cells.astype(np.bool_)
