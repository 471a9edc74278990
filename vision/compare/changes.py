"""Changes: which structures appeared, grew or went between two pictures laid over each other.

All boxes and pixels are the later picture's. What both pictures show is compared with what both may
be wrong by: a registration misses by some pixels, and a detector draws a box of the same roof a
little differently each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vision.compare.appearance import Box, Face, resemblance

What = Literal["appeared", "grown", "gone"]
Boxes = NDArray[np.float64]

THRESHOLD = 0.25
"""Score from which a structure counts, as the shipped model's card has it."""
WEAK = 0.1
"""Score from which a structure seen in the other picture speaks against a change: engines report
none below it."""
ALIKE = 0.5
"""Correlation from which a place counts as unchanged. Ours, see README: between the halves of
`change_pairs` that it was and was not chosen on it made no difference."""
COVERED = 0.6
"""Share of a structure that the other picture's structures cover from which it stood there; as
`vision.rules.known` has it."""
_TOUCHED = 0.3
"""Share from which it is at least doubtful that nothing stood there."""
_SAME = 0.3
"""Intersection over union from which two boxes are of one structure."""
_WITHIN = 0.7
"""Share of an earlier structure that lies in a later one from which that is a part of it."""
_EDGE_SCATTER = 0.05
"""By how much of its side a detector misplaces each edge of a box, one deviation: ours."""
_SURE = 2.5
"""Deviations by which an area must have grown, of those that the boxes' edges account for."""
_MORE = 1.25
"""Times by which it must have grown as well: a lean-to that is smaller than a quarter of its house
is smaller than what light and shade change about a box."""
_IN_VIEW = 0.9
"""Share of a structure that the other picture must show for it to be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Structures:
    """Structures of one picture: N×4 boxes, N scores."""

    boxes: Boxes
    scores: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True, slots=True)
class Change:
    """A structure that appeared, grew or went.

    Attributes:
        what: which of the three.
        box: where it stands, or stood, in pixels of the later picture.
        score: the detector's, of the picture that shows it.
        earlier: of a grown one the box that it had.
        resemblance: of the place in the two pictures, -1..1; None where there is only one.
    """

    what: What
    box: Box
    score: float
    earlier: Box | None = None
    resemblance: float | None = None


@dataclass(slots=True)
class Compared:
    """What came of comparing one picture.

    Attributes:
        changes: what changed.
        unchanged: boxes of structures that stood and stand.
        doubtful: boxes of structures seen once of which the other picture does not tell enough.
        unseen: boxes of structures that the other picture does not show.
    """

    changes: list[Change] = field(default_factory=list)
    unchanged: list[Box] = field(default_factory=list)
    doubtful: list[Box] = field(default_factory=list)
    unseen: list[Box] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two pictures, in the later one's pixels.

    Attributes:
        structures: seen in it, from `WEAK` on.
        face: its pixels; None of a baseline that is only outlines.
        known: H×W, whether it shows a place.
    """

    structures: Structures
    face: Face | None
    known: NDArray[np.bool_]


def compare(before: Side, after: Side, off: float) -> Compared:
    """Compare two pictures laid over each other.

    Args:
        before, after: the earlier and the later picture.
        off: pixels by which they may lie beside each other (95 %).
    """
    found = Compared()
    for index in _strong(after.structures):
        _judge_standing(found, index, before, after, off)
    for index in _strong(before.structures):
        _judge_former(found, index, before, after, off)
    return found


def _judge_standing(found: Compared, index: int, before: Side, after: Side, off: float) -> None:
    """A structure of the later picture: appeared, grown, or there before."""
    box = _box(after.structures, index)
    score = float(after.structures.scores[index])
    if _shown(before.known, box) < _IN_VIEW:
        found.unseen.append(box)
        return
    grown = _grown(box, before, after, off)
    if grown is not None:
        earlier, alike = grown
        found.changes.append(Change("grown", box, score, earlier, alike))
        return
    covered = _covered(box, before.structures.boxes, off)
    if covered >= COVERED or _best_overlap(box, before.structures.boxes) >= _SAME:
        found.unchanged.append(box)
        return
    alike = _alike(before, after, box, off)
    if alike is not None and alike >= ALIKE:
        found.unchanged.append(box)
    elif covered >= _TOUCHED:
        found.doubtful.append(box)
    else:
        found.changes.append(Change("appeared", box, score, None, alike))


def _judge_former(found: Compared, index: int, before: Side, after: Side, off: float) -> None:
    """A structure of the earlier picture: gone, or told of already with the later one."""
    box = _box(before.structures, index)
    if _shown(after.known, box) < _IN_VIEW:
        return
    covered = _covered(box, after.structures.boxes, off)
    if covered >= COVERED or _best_overlap(box, after.structures.boxes) >= _SAME:
        return
    alike = _alike(after, before, box, off)
    if alike is not None and alike >= ALIKE:
        found.unchanged.append(box)
    elif covered >= _TOUCHED:
        found.doubtful.append(box)
    else:
        score = float(before.structures.scores[index])
        found.changes.append(Change("gone", box, score, None, alike))


def _grown(box: Box, before: Side, after: Side, off: float) -> tuple[Box, float | None] | None:
    """The box that a structure had, if it has grown since by more than boxes are wrong by.

    Of a box w×h whose edges are each misplaced by e (one deviation), the area A is off by
    e·√(2(w² + h²)); it has grown if A₂ - A₁ exceeds `_SURE` times both boxes' deviations together,
    and A₂ / A₁ exceeds `_MORE`, and what was added is not covered by other structures of before
    and does not look as it did.
    """
    earlier = before.structures
    parts = [i for i in range(len(earlier)) if _share_within(_box(earlier, i), box) >= _WITHIN]
    parts = [i for i in parts if earlier.scores[i] >= THRESHOLD]
    if not parts:
        return None
    old = max((_box(earlier, i) for i in parts), key=_area)
    more = _area(box) - _area(old)
    deviation = np.hypot(_deviation(box, off), _deviation(old, off))
    if more <= _SURE * deviation or _area(box) <= _MORE * _area(old):
        return None
    added = max(_strips(box, old), key=_area)
    others = np.array(
        [_box(earlier, i) for i in range(len(earlier)) if _box(earlier, i) != old], np.float64
    ).reshape(-1, 4)
    if _covered(added, others, off) >= _TOUCHED:
        return None
    alike = _alike(before, after, added, off)
    return None if alike is not None and alike >= ALIKE else (old, alike)


def _deviation(box: Box, off: float) -> float:
    wide, high = box[2] - box[0], box[3] - box[1]
    edge = np.hypot(off / 2, _EDGE_SCATTER * max(wide, high))
    return float(edge * np.sqrt(2 * (wide**2 + high**2)))


def _strips(box: Box, old: Box) -> Iterator[Box]:
    """What a box has to each side beyond another."""
    x1, y1, x2, y2 = box
    yield x1, y1, max(x1, min(old[0], x2)), y2
    yield min(x2, max(old[2], x1)), y1, x2, y2
    yield x1, y1, x2, max(y1, min(old[1], y2))
    yield x1, min(y2, max(old[3], y1)), x2, y2


def _alike(there: Side, here: Side, box: Box, off: float) -> float | None:
    if there.face is None or here.face is None:
        return None
    return resemblance(here.face, there.face, box, off)


def _strong(structures: Structures) -> Sequence[int]:
    found: list[int] = np.flatnonzero(structures.scores >= THRESHOLD).tolist()
    return found


def _box(structures: Structures, index: int) -> Box:
    x1, y1, x2, y2 = (float(v) for v in structures.boxes[index])
    return x1, y1, x2, y2


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _shown(known: NDArray[np.bool_], box: Box) -> float:
    """The share of a box that a picture shows; what lies beyond the frame is not shown."""
    area = _area(box)
    x1, y1 = max(0, int(box[0])), max(0, int(box[1]))
    x2, y2 = min(known.shape[1], int(np.ceil(box[2]))), min(known.shape[0], int(np.ceil(box[3])))
    if x2 <= x1 or y2 <= y1 or area <= 0:
        return 0.0
    return min(1.0, float(known[y1:y2, x1:x2].sum()) / area)


def _covered(box: Box, others: Boxes, off: float) -> float:
    """The share of a box that others, grown by `off` to each side, cover together."""
    wide, high = box[2] - box[0], box[3] - box[1]
    if len(others) == 0 or wide <= 0 or high <= 0:
        return 0.0
    # Counted on a raster of some thousand cells: boxes overlap each other.
    cells = 64
    raster = np.zeros((cells, cells), bool)
    scale = np.array([cells / wide, cells / high] * 2)
    grown = others + np.array([-off, -off, off, off])
    for x1, y1, x2, y2 in ((grown - np.array([box[0], box[1]] * 2)) * scale).round().astype(int):
        raster[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = True
    return float(raster.mean())


def _best_overlap(box: Box, others: Boxes) -> float:
    """The highest intersection over union with any of them."""
    if len(others) == 0:
        return 0.0
    one = np.array(box)
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    shared = sides.clip(0).prod(axis=1)
    union = _area(box) + (others[:, 2:] - others[:, :2]).prod(axis=1) - shared
    return float((shared / union.clip(1e-9)).max())


def _share_within(box: Box, other: Box) -> float:
    wide = min(box[2], other[2]) - max(box[0], other[0])
    high = min(box[3], other[3]) - max(box[1], other[1])
    return max(0.0, wide) * max(0.0, high) / max(_area(box), 1e-9)
