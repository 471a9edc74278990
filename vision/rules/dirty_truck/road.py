"""Road: an occlusion map of the picture: which cells were seen free, and who was over each since.

The picture is divided into cells. Anything that covers a cell may occlude it, so what lies there
meanwhile is unknown. A cell that was free on enough looks in a row is known again: whatever an
earlier road user left there was seen by then.

Sets of cells are the bits of a number: a look unites and intersects some hundred of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, TypeVar

import numpy as np

from vision.episodes import NormBox
from vision.rules.dirty_truck.cells import (
    ALL,
    SIZE,
    Cells,
    hull,
    packed,
    rectangle,
    single,
    unpacked,
)

# Free looks in a row are counted up to this number, or up to what is asked for if that is more, so
# that the state of a calm road does not change.
_MANY = 10
_STORED = np.dtype("<u2")
_COLUMNS = ("cell", "free", "before", "over", "driven")  # of what versions before 0.7 remembered
_NOBODY, SOMEBODY = 0, -1
"""Who is over a cell: nobody; or somebody unidentified, or several."""
_Key = TypeVar("_Key", int, float)
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
        self._free = np.zeros(SIZE, np.int64)  # free looks in a row
        self._before = np.zeros(SIZE, np.int64)  # and how many before it was covered
        self._over: dict[int, Cells] = {SOMEBODY: ALL}  # the unknown cells, by who was over them
        self._driven: dict[float, Cells] = {}  # by when last over them, POSIX seconds

    def look(self, at: datetime, covers: Sequence[Cover], somebody: Cells = 0) -> None:
        """Add a look: what covers the road, and `somebody`, the cells of all others (`hulls`)."""
        unknown = packed(self._free < self._enough)
        self._over, self._driven = _within(self._over, unknown), _within(self._driven, unknown)
        nobody = ALL
        for theirs in self._over.values():
            nobody &= ~theirs
        covered = driven = 0
        for cover in covers:
            if not all(map(isfinite, (*cover.box, *(cover.came_from or ())))):
                continue
            way = _way(cover)
            cells = rectangle(cover.box) | way
            self._cover(cover.who, cells, nobody & ~covered)
            covered |= cells
            driven |= way if cover.drives else 0
        self._cover(SOMEBODY, somebody, nobody & ~covered)
        covered |= somebody
        np.copyto(self._before, self._free, where=unpacked(covered & nobody))
        self._free = np.where(unpacked(covered), 0, np.minimum(self._free + 1, self._many))
        if driven:
            now = at.timestamp()
            driven |= self._driven.get(now, 0)
            self._driven = {**_within(self._driven, ~driven), now: driven}

    def _cover(self, who: int, cells: Cells, nobody: Cells) -> None:
        """These cells are his where nobody was over them, and somebody's where another was."""
        others = cells & ~nobody & ~self._over.get(who, 0)
        if others:
            self._over = {other: theirs & ~others for other, theirs in self._over.items()}
            self._over[SOMEBODY] = self._over.get(SOMEBODY, 0) | others
        self._over[who] = self._over.get(who, 0) | (cells & nobody)

    def passage(self, box: NormBox) -> Passage | None:
        """Return who drove over a clean spot since it was known, if it was one truck alone."""
        if not all(map(isfinite, box)):
            return None
        cells = rectangle(box)
        whos = [who for who, theirs in self._over.items() if theirs & cells]
        stands = single((box[0] + box[2]) / 2, box[3])
        driven = next((when for when, there in self._driven.items() if there & stands), None)
        if len(whos) != 1 or SOMEBODY in whos or driven is None:
            return None
        (who,) = whos
        free = int(self._before[unpacked(cells & self._over[who])].min())
        if free < self._clean:
            return None
        return Passage(who, datetime.fromtimestamp(driven, UTC), free)

    def remember(self) -> dict[str, Any]:
        """Return the map, ready for JSON; a calm road, of which all is known, has none.

        Free looks, and those before, of all cells; and sets of cells, by who was over them, and by
        when. All hexadecimal: in a crowd no cell is known, and this is told after every look.
        """
        if not any(self._over.values()) and (self._free >= self._many).all():
            return {}
        return {
            "free": self._free.astype(_STORED).tobytes().hex(),
            "before": self._before.astype(_STORED).tobytes().hex(),
            "over": [[who, f"{cells:x}"] for who, cells in self._over.items()],
            "driven": [[when, f"{cells:x}"] for when, cells in self._driven.items()],
        }

    def recall(self, state: Mapping[str, Any] | Sequence[Sequence[float]]) -> None:
        """Restore the state that `remember` gave, of earlier versions too.

        In versions before 0.7 it was a column for each field, before 0.6 a row for each cell.
        """
        self._free[:], self._over, self._driven = self._many, {}, {}
        if not isinstance(state, Mapping):
            rows = np.array(state, np.float64).reshape(-1, len(_COLUMNS))
            state = dict(zip(_COLUMNS, rows.T.tolist(), strict=True))
        if "cell" in state:
            self._recall_columns(state)
        elif state:
            self._free[:] = np.frombuffer(bytes.fromhex(state["free"]), _STORED)
            self._before[:] = np.frombuffer(bytes.fromhex(state["before"]), _STORED)
            self._over = {int(who): int(cells, 16) & ALL for who, cells in state["over"]}
            self._driven = {float(when): int(cells, 16) & ALL for when, cells in state["driven"]}

    def _recall_columns(self, columns: Mapping[str, Sequence[float]]) -> None:
        cells = np.asarray(columns["cell"], np.int64)
        self._free[cells], self._before[cells] = columns["free"], columns["before"]
        for cell, who, when in zip(cells.tolist(), columns["over"], columns["driven"], strict=True):
            if who != _NOBODY:
                self._over[int(who)] = self._over.get(int(who), 0) | 1 << cell
            if when:
                self._driven[when] = self._driven.get(when, 0) | 1 << cell


def _within(sets: Mapping[_Key, Cells], cells: Cells) -> dict[_Key, Cells]:
    """What of each set is in these cells; none that is empty then."""
    return {key: rest for key, some in sets.items() if (rest := some & cells)}


def _way(cover: Cover) -> Cells:
    """Return the cells on an object's path: of a driving one, those of its lower part only."""
    part = _LOWER if cover.drives else 1
    here, came = (
        (x1, y2 - (y2 - y1) * part, x2, y2)
        for x1, y1, x2, y2 in (cover.box, cover.came_from or cover.box)
    )
    return hull(here, came)
