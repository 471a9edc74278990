"""Followed: every truck in the picture, so that its whole way over the road is known as its own.

A pass begins when its truck can be judged, in the zone and near enough, and two trucks may be taken
for one pass. Whoever is accused of something beside its own state must be one truck alone, and
never so near to another that they may have changed places between two looks: a convoy that moves
on by a truck's length looks as if it stood.
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
"""Boxes of one frame that cover each other this far are cab and body of one truck; two trucks that
hide each other so far cannot be told apart anyway."""
# Where two trucks are seen, longer sides of the smaller box that either may move in a second.
_REACH = 1.0
_NONE, _DOUBTFUL = 0, -1


@dataclass(slots=True)
class _Truck:
    """`number` is its own; `one` that of its pass, or `_DOUBTFUL` where that is another's, too."""

    number: int
    track: int
    box: NormBox
    seen: datetime
    one: int = _NONE


_TRUCKS = TypeAdapter(list[_Truck])


class Followed:
    """The trucks of one camera. One not seen for a moment still stands where it was seen last."""

    def __init__(self) -> None:
        self._trucks: list[_Truck] = []
        self._count = 0

    def remember(self) -> Any:
        """All that earlier looks left behind, ready for JSON."""
        return {"count": self._count, "known": _TRUCKS.dump_python(self._trucks, mode="json")}

    def recall(self, state: Any) -> None:
        """Go on from what `remember` gave; trucks are known again by their place."""
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
        """Take in a look.

        Args:
            at: its moment.
            boxes: of the trucks seen, normalised, by their indexes in the detections.
            tracks: their track ids, -1 where there is none.
            judged: the numbers of the passes of those that were judged.
            going_on: the numbers of the passes that are not over.

        Returns:
            What is over the road; and by a truck's number there, the number of its pass, where it
            has one to itself, and its index, where it is seen.
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
        """Two trucks of one look may be each other at the next, if one reaches where the other is.

        Args:
            at: the moment of this look.
            before: the trucks seen of late, where, and when.
            now: those of this look, and where, by number.
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
        """Which of the boxes is which truck, the surest first; the rest are new ones."""
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
    """Whether it was seen a moment ago, by a clock that was not set."""
    return abs(at - truck.seen) <= SAME_PASS


def gap(a: NormBox, b: NormBox) -> float:
    """Between two boxes, the wider one across or down; negative where they overlap."""
    return max(b[0] - a[2], a[0] - b[2], b[1] - a[3], a[1] - b[3])


def _longer(box: NormBox) -> float:
    return max(box[2] - box[0], box[3] - box[1])
