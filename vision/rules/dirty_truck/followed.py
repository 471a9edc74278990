"""Followed: identifies every truck in the picture, so that a spill is attributed to one truck.

A pass begins only when its truck can be judged (in the zone and near enough), and two trucks may be
merged into one pass. A truck that is charged with a spill must be a single one, and never so near
to another that the two may have swapped places between two looks: a convoy that moves on by a
truck's length looks as if it stood still.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from vision.episodes import NormBox
from vision.rules.dirty_truck.road import Cover
from vision.rules.pass_through import NEAR, SAME_PASS
from vision.rules.sight import area, overlap

SAME_TRUCK = 0.4
"""Boxes of one frame that overlap at least this much are cab and body of one truck; two trucks that
overlap this much could not be distinguished anyway."""
# How far either of two trucks may move in a second, in longer sides of the smaller box.
_REACH = 1.0
_NONE, _DOUBTFUL = 0, -1


@dataclass(slots=True)
class _Truck:
    """`number` is the truck's; `one` is its pass, or `_DOUBTFUL` if that is another truck's too."""

    number: int
    track: int
    box: NormBox
    seen: datetime
    one: int = _NONE


_TRUCKS = TypeAdapter(list[_Truck])


class Followed:
    """The trucks of one camera. A truck unseen for a moment is taken to be at its last place."""

    def __init__(self) -> None:
        self._trucks: list[_Truck] = []
        self._count = 0

    def remember(self) -> Any:
        """Return the state, ready for JSON."""
        return {"count": self._count, "known": _TRUCKS.dump_python(self._trucks, mode="json")}

    def recall(self, state: Any) -> None:
        """Restore the state that `remember` gave; trucks are recognised again by their place."""
        self._count = int(state["count"])
        self._trucks = _TRUCKS.validate_python(state["known"])
        for truck in self._trucks:
            truck.track = -1

    def forget(self) -> None:
        """Nothing that is seen from now on is one of those seen so far."""
        self._trucks = []

    def look(
        self,
        at: datetime,
        boxes: Mapping[int, NormBox],
        tracks: Mapping[int, int],
        judged: Mapping[int, int],
        going_on: Collection[int],
    ) -> tuple[list[Cover], dict[int, int], dict[int, int]]:
        """Add a look.

        Args:
            at: moment of the look.
            boxes: boxes of the trucks, normalised, by their indexes in the detections.
            tracks: their track ids, -1 if there is none.
            judged: pass numbers of the judged trucks.
            going_on: numbers of the ongoing passes.

        Returns:
            What covers the road; by truck number, the number of its pass, if it has one to itself;
            and by truck number, its index, if it is seen.
        """
        self._trucks = [t for t in self._trucks if _just_seen(t, at) or t.one in going_on]
        whole: list[int] = []
        part_of: dict[int, int] = {}
        for n in sorted(boxes, key=lambda n: (n not in judged, -area(boxes[n]))):
            wholes = [m for m in whole if overlap(boxes[m], boxes[n])[1] >= SAME_TRUCK]
            if wholes and n not in judged:
                part_of[n] = wholes[0]
            else:
                whole.append(n)
        wholes_at = {n: boxes[n] for n in whole}
        before = [(t, t.box, t.seen) for t in self._trucks if _just_seen(t, at)]
        whose = self._match(wholes_at, tracks, at)
        self._doubt(at, before, {t.number: (t, boxes[n]) for n, t in whose.items()})
        covers = [Cover(whose[m].number, boxes[n]) for n, m in part_of.items()]
        for n, truck in whose.items():
            covers.append(Cover(truck.number, boxes[n], came_from=truck.box, drives=True))
            truck.box, truck.seen = boxes[n], at
            truck.track = tracks[n] if tracks[n] >= 0 else truck.track
            if n in judged:
                self._belongs(truck, judged[n])
        numbers = {truck.number for truck in whose.values()}
        for truck in self._trucks:
            seen = any(overlap(truck.box, boxes[n])[1] >= SAME_TRUCK for n in whole)
            if truck.number not in numbers and not seen and _just_seen(truck, at):
                covers.append(Cover(truck.number, truck.box))
        passes = {t.number: t.one for t in self._trucks if t.one > 0}
        return covers, passes, {truck.number: n for n, truck in whose.items()}

    def _doubt(
        self,
        at: datetime,
        before: Sequence[tuple[_Truck, NormBox, datetime]],
        now: Mapping[int, tuple[_Truck, NormBox]],
    ) -> None:
        """Mark two trucks as doubtful if they may have swapped places since the look before.

        Args:
            at: the moment of this look.
            before: the recently seen trucks, with box and moment.
            now: the trucks of this look, with their box, by number.
        """
        known = {truck.number: seen for truck, _, seen in before}
        for truck, box, seen in before:
            for number, (other, there) in now.items():
                two = number != truck.number and (known.get(number) == seen or truck.number in now)
                seconds = abs((at - seen).total_seconds())
                far = _REACH * seconds * min(_longer(box), _longer(there))
                if two and gap(box, there) <= far:
                    truck.one = other.one = _DOUBTFUL

    def _belongs(self, truck: _Truck, one: int) -> None:
        same = [t for t in self._trucks if t.one == one and t is not truck]
        for doubtful in [truck, *same] if same else []:
            doubtful.one = _DOUBTFUL
        if truck.one != _DOUBTFUL:
            truck.one = one

    def _match(
        self, boxes: Mapping[int, NormBox], tracks: Mapping[int, int], at: datetime
    ) -> dict[int, _Truck]:
        """Match boxes with trucks, the best match first; the rest are new trucks."""
        pairs = []
        for i, truck in enumerate(self._trucks):
            for n, box in boxes.items():
                same_track = tracks[n] >= 0 and tracks[n] == truck.track
                sure = overlap(truck.box, box)[0] + same_track
                if sure > NEAR and _just_seen(truck, at):
                    pairs.append((sure, i, n))
        whose: dict[int, _Truck] = {}
        taken: set[int] = set()
        for _, i, n in sorted(pairs, reverse=True):
            if n not in whose and i not in taken:
                whose[n] = self._trucks[i]
                taken.add(i)
        for n, box in boxes.items():
            if n not in whose:
                self._count += 1
                whose[n] = _Truck(self._count, -1, box, at)
                self._trucks.append(whose[n])
        return whose


def _just_seen(truck: _Truck, at: datetime) -> bool:
    """Whether it was seen a moment ago, and the clock was not set since."""
    return abs(at - truck.seen) <= SAME_PASS


def gap(a: NormBox, b: NormBox) -> float:
    """Return the larger of the horizontal and vertical gap between boxes; negative on overlap."""
    return max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])


def _longer(box: NormBox) -> float:
    return max(box[2] - box[0], box[3] - box[1])
