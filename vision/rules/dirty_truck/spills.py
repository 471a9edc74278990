"""Spills: new garbage on the road that is attributed to the one truck that drove there.

Garbage is attributed to a truck only if that truck alone was over the spot since it was last seen
free, and drove over it. No spill is reported if two trucks followed each other closely, if a car, a
bus, a cyclist or a person was there too, or if there were no looks before. Garbage at a spot where
some was seen in the last ten minutes is not new, even after an occlusion; garbage on a truck is not
on the road. A spot counts as free after some seconds of looks in a row that showed nothing there,
since the detector easily misses old litter on a few looks. To charge a truck, a detection must
reach the threshold; to exonerate it, any detection is enough.

Known limits: litter that a truck drags along further than its own size, and garbage that a person
whom the model does not detect puts down within a few looks behind a truck.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from vision.detections import Detections
from vision.episodes import NormBox
from vision.frames import Frame
from vision.rules.context import Context
from vision.rules.dirty_truck.cells import Cells, hulls
from vision.rules.dirty_truck.followed import Followed
from vision.rules.dirty_truck.road import Passage, Road
from vision.rules.plain import Plain, tracks_of
from vision.rules.sight import in_zone, overlap, touching

_MOVES = ("car", "bus", "motorcycle", "bicycle", "person")
# From this overlap on, as a share of its box, garbage is on a truck, or a person is in its cab.
_ON_BED, _IN_CAB = 0.1, 0.8
# Minimum overlap of boxes at one spot; see `vision.rules.stay`.
_SAME_IOU, _SAME_COVER = 0.3, 0.75
_REMEMBERED = timedelta(minutes=10)
# A look that comes later than this many intervals was preceded by a gap.
_GAP_LOOKS = 3
# Looks, and seconds of looks, that must show a spot clean before a spill can be attributed there.
_CLEAN_LOOKS, _CLEAN_SECONDS = 6, 3.0
# How far road users other than trucks may move in a second, in diagonals of the larger box.
_REACH = 8.0
# Looks at one piece of litter after which no more are counted.
_DECIDED = 100


@dataclass(slots=True)
class Litter:
    """Garbage at one spot.

    Attributes:
        box: its first box, normalised.
        first, last: moments of the first and latest look that showed it (UTC).
        passage: the passage of the truck that left it there, if that is known.
        scores: scores of the looks that showed it above the threshold; `chances`: looks since the
            first in which the spot was not occluded.
    """

    box: NormBox
    first: datetime
    last: datetime
    passage: Passage | None
    scores: list[float] = field(default_factory=list)
    chances: int = 0


_LITTER = TypeAdapter(list[Litter])
_BOXES = TypeAdapter(list[NormBox])
Lying = tuple[NormBox, float]
"""Box and score of garbage."""


class Spills:
    """The road of one zone, and the litter on it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        seconds = ceil(_CLEAN_SECONDS / context.look_interval.total_seconds())
        self._road = Road(context.settings.looks or 1, max(_CLEAN_LOOKS, seconds))
        self._trucks = Followed()
        self._litter: list[Litter] = []
        self._passes: dict[int, int] = {}  # as of this look: pass numbers by truck number
        self._movers: list[NormBox] = []  # boxes of the look before
        self._last: datetime | None = None  # its moment; None after a restart
        self._valid_until: datetime | None = None
        self._source_part = 0

    def remember(self) -> Any:
        """Return the state, ready for JSON."""
        return {
            "road": self._road.remember(),
            "valid_until": self._valid_until.isoformat() if self._valid_until else None,
            "trucks": self._trucks.remember(),
            "movers": _BOXES.dump_python(self._movers, mode="json"),
            "litter": _LITTER.dump_python(self._litter, mode="json"),
            "source_part": self._source_part,
        }

    def recall(self, state: Any) -> None:
        """Restore the state that `remember` gave; ValueError or KeyError if it cannot be read."""
        self._road.recall(state["road"])
        until = state["valid_until"]
        self._valid_until = datetime.fromisoformat(until) if until else None
        self._trucks.recall(state["trucks"])
        self._movers = _BOXES.validate_python(state.get("movers", []))
        self._litter = _LITTER.validate_python(state["litter"])
        self._source_part = int(state.get("source_part", 0))

    def of(self, number: int) -> Litter | None:
        """Return what the truck of this pass left on the road: the piece that most looks showed."""
        left = [p for p in self._litter if p.passage and self._passes.get(p.passage.who) == number]
        return max(left, key=lambda p: len(p.scores), default=None)

    def look(
        self,
        frame: Frame,
        detections: Detections,
        judged: Mapping[int, int],
        going_on: Collection[int],
    ) -> dict[int, tuple[int, ...]]:
        """Add a look.

        Args:
            frame, detections: the look.
            judged: pass numbers by the indexes of their trucks.
            going_on: numbers of the ongoing passes.

        Returns:
            By pass number, the indexes of the truck and of its spill, if both are seen.
        """
        at = frame.captured_at
        self._pass_seam(frame)
        seconds = self._keep_watch(at)
        shown, tracked = Plain.of(frame, detections), tracks_of(detections)
        scores = shown.scores
        trucks = {n: shown.boxes[n] for n in shown.indexes(("truck",))}
        tracks = {n: tracked[n] for n in trucks}
        covers, self._passes, here = self._trucks.look(at, trucks, tracks, judged, going_on)
        sure = set(shown.indexes(("truck",), self._context.threshold))
        unsure = [box for n, box in trucks.items() if n not in sure]
        on_road = [cover.box for cover in covers if cover.box not in unsure]
        movers = _off(on_road, {n: shown.boxes[n] for n in shown.indexes(_MOVES)}, _IN_CAB)
        self._road.look(at, covers, self._ways(list(movers.values()), seconds))
        lying = _off(on_road, {n: shown.boxes[n] for n in shown.indexes(("garbage",))}, _ON_BED)
        garbage = {n: (box, scores[n]) for n, box in lying.items()}
        over = [*(cover.box for cover in covers), *movers.values()]
        left = self._lies(at, garbage, over, unsure)
        return {
            self._passes[who]: (here[who], *found) for who, found in left.items() if who in here
        }

    def _pass_seam(self, frame: Frame) -> None:
        """Nothing follows on over a seam of a recording; old litter still accuses nobody."""
        if frame.part != self._source_part:
            self._source_part = frame.part
            self._last = self._valid_until = None
            self._trucks.forget()

    def _keep_watch(self, at: datetime) -> float:
        """Reset the road after a gap, or when the clock was set.

        `valid_until` is renewed only now and then, so that the state of a calm road does not change
        with every look. Therefore the allowed gap is up to twice as long over a restart.

        Returns:
            Seconds since the look before; after a restart the most that they can be.
        """
        longest = _GAP_LOOKS * self._context.look_interval
        until, last, self._last = self._valid_until, self._last, at
        if last is not None:
            watched = timedelta(0) <= at - last <= longest
        else:
            watched = until is not None and timedelta(0) <= until - at <= 2 * longest
        if until is None or not watched:
            self._road.forget()
            self._movers = []
            until = at
        self._valid_until = at + 2 * longest if until - at <= longest else until
        return (at - last if last is not None else 2 * longest).total_seconds()

    def _ways(self, movers: Sequence[NormBox], seconds: float) -> Cells:
        """Return where these are and may have been since the look before, in any matching."""
        old, new, self._movers = _array(self._movers), _array(movers), list(movers)
        if len(new) == 0:
            return 0  # nor has anybody gone from there to where nobody is
        (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = old.T[:, :, None], new.T[:, None]
        across = np.maximum(bx1 - ax2, ax1 - bx2)
        apart = np.maximum(across, np.maximum(by1 - ay2, ay1 - by2))
        longer = np.maximum(np.hypot(ax2 - ax1, ay2 - ay1), np.hypot(bx2 - bx1, by2 - by1))
        i, j = np.nonzero(apart <= _REACH * seconds * longer)
        here = np.arange(len(old), len(old) + len(new))
        came = np.concatenate([here, i])
        return hulls(np.concatenate([old, new]), came, np.concatenate([here, j + len(old)]))

    def _lies(
        self,
        at: datetime,
        garbage: Mapping[int, Lying],
        covers: Sequence[NormBox],
        unsure: Sequence[NormBox],
    ) -> dict[int, list[int]]:
        """Add the garbage on the road; return the indexes of what each truck left there."""
        left: dict[int, list[int]] = {}
        self._litter = [p for p in self._litter if abs(at - p.last) <= _REMEMBERED]
        old = list(self._litter)
        if not garbage and not old:
            return left
        near: dict[int, list[Litter]] = defaultdict(list)
        known = [_grown(piece.box) for piece in old]
        for i, n in touching([_grown(box) for box, _ in garbage.values()], known):
            near[i].append(old[n])
        for n, (box, _) in enumerate(garbage.values()):
            for piece in near[n]:
                piece.last = at
            if not near[n]:
                inside = in_zone(box, self._context.zone, "bottom")
                inside &= all(overlap(truck, box)[1] < _ON_BED for truck in unsure)
                passage = self._road.passage(box) if inside else None
                self._litter.append(Litter(box, at, at, passage))
        for piece in self._litter:
            if piece.passage is None or piece.passage.who not in self._passes:
                continue
            shown = {n: score for n, (box, score) in garbage.items() if _same(piece.box, box)}
            if piece.chances < _DECIDED:
                if shown or not any(overlap(piece.box, cover)[0] for cover in covers):
                    piece.chances += 1
                sure = [score for score in shown.values() if score >= self._context.threshold]
                piece.scores += [max(sure)] if sure else []
            left.setdefault(piece.passage.who, []).extend(shown)
        return {who: found for who, found in left.items() if found}


def _off(
    trucks: Sequence[NormBox], boxes: Mapping[int, NormBox], share: float
) -> dict[int, NormBox]:
    """Return the boxes whose overlap with any truck is less than this share of the smaller box."""
    numbers, at = list(boxes), list(boxes.values())
    covered = {n for i, n in touching(trucks, at) if overlap(trucks[i], at[n])[1] >= share}
    return {numbers[n]: box for n, box in enumerate(at) if n not in covered}


def _array(boxes: Sequence[NormBox]) -> NDArray[np.float64]:
    return np.array(boxes, np.float64).reshape(-1, 4)


def _grown(box: NormBox) -> NormBox:
    """A box that has grown by half of its size to every side: what lies close then touches it."""
    x1, y1, x2, y2 = box
    wide, tall = (x2 - x1) / 2, (y2 - y1) / 2
    return x1 - wide, y1 - tall, x2 + wide, y2 + tall


def _same(a: NormBox, b: NormBox) -> bool:
    """Whether boxes are at one spot."""
    iou, cover = overlap(a, b)
    return iou >= _SAME_IOU or cover >= _SAME_COVER
