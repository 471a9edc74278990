"""Merging: findings of several pictures that are one thing become one violation.

Pure computation over records. Two findings may be one if they are of one kind (of one sub-type, for
what passes), of two pictures, and not further apart in time than the kind's `dedupe` or `horizon`
(`datasets/kinds.yaml`; of what passes both times must be known). They are joined

1. where their pictures were laid over each other (`overlaps.py`) and the boxes come to lie on one
   another; boxes that then lie elsewhere are two things, whatever their positions say;
2. then by place, group by group: those whose common places are within the joint 95 % ellipse. What
   is off in a pose moves all things of a picture alike, and of those laid over it. So between two
   such sets of pictures the groups are paired as wholes, by the least sum of squared distances.

Two findings of one picture are never joined. Without a place or pictures laid over each other
nothing is joined.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from vision.audit.merging.area import GATE, Area, apart, common
from vision.audit.merging.links import Overlaps, by_place, laid_over, paired
from vision.audit.merging.sightings import Seen, seen_in
from vision.audit.place import Place
from vision.audit.records import Picture, Sighting, Violation
from vision.audit.video_records import Video
from vision.kinds import catalogue


def merge(
    pictures: Iterable[Picture], overlaps: Overlaps, videos: Iterable[Video] = ()
) -> tuple[Violation, ...]:
    """The violations that the findings of these pictures and videos are, by kind, best first.

    The order of the pictures does not matter.
    """
    seen = seen_in(pictures, videos)
    groups = _Groups(seen, overlaps).joined()
    order = [kind.name for kind in catalogue().kinds]
    found = [_violation([seen[number] for number in group]) for group in groups]
    return tuple(sorted(found, key=lambda v: (order.index(v.kind), -v.score, v.id)))


_Parts = tuple[str, str]
_Costs = dict[tuple[int, int], float]


class _Groups:
    """Findings joined into groups, the best link first."""

    def __init__(self, seen: Sequence[Seen], overlaps: Overlaps) -> None:
        self._seen = seen
        self._laid = laid_over(seen, overlaps)
        self._members = {number: [number] for number in range(len(seen))}
        self._pictures = [{one.sha256} for one in seen]
        self._leader = list(range(len(seen)))
        self._areas = {n: one.area for n, one in enumerate(seen)}

    def joined(self) -> list[list[int]]:
        """The groups, as numbers of findings."""
        for _, i, j in sorted((cost, i, j) for (i, j), cost in self._laid.cost.items()):
            one, other = self._lead(i), self._lead(j)
            if one != other and not self._conflict(one, other):
                self._join(one, other)
        self._join_by_place()
        return list(self._members.values())

    def _join_by_place(self) -> None:
        heap = [(cost, i, j) for (i, j), cost in self._near().items()]
        heapify(heap)
        while heap:
            cost, i, j = heappop(heap)
            one, other = self._lead(i), self._lead(j)
            if one == other or self._conflict(one, other):
                continue
            now = self._apart(one, other)
            if now is None:
                continue
            if now > cost:  # one of the groups has moved since
                heappush(heap, (now, i, j))
            else:
                self._join(one, other)

    def _near(self) -> dict[tuple[int, int], float]:
        """The pairs of groups that are near by place and partners, with how far apart they are."""
        near, between = dict[tuple[int, int], float](), defaultdict[_Parts, _Costs](dict)
        for i, j in by_place(self._seen):
            one, other = sorted((self._lead(i), self._lead(j)))
            if one == other or (one, other) in near or self._conflict(one, other):
                continue
            cost = self._apart(one, other)
            if cost is None:
                continue
            parts = self._laid.part[one], self._laid.part[other]
            if parts[0] == parts[1]:
                near[one, other] = cost
            elif parts[0] < parts[1]:
                between[parts][one, other] = cost
            else:
                between[parts[::-1]][other, one] = cost
        for costs in between.values():
            near.update((pair, costs[pair]) for pair in paired(costs))
        return near

    def _apart(self, one: int, other: int) -> float | None:
        """Squared distance of two groups' common places; None where they are two."""
        a, b = self._areas[one], self._areas[other]
        if a is None or b is None:
            return None
        scaled, metres = apart(a, b)
        near = scaled <= GATE or metres <= self._seen[one].extent_m
        return min(scaled, GATE) if near else None

    def _conflict(self, one: int, other: int) -> bool:
        """Whether both have a finding of one picture, or two that are known to be two."""
        less, more = sorted((one, other), key=lambda n: len(self._members[n]))
        if not self._pictures[less].isdisjoint(self._pictures[more]):
            return True
        return any(
            self._lead(foe) == more
            for n in self._members[less]
            for foe in self._laid.foes.get(n, ())
        )

    def _join(self, one: int, other: int) -> None:
        less, more = sorted((one, other), key=lambda n: (len(self._members[n]), n))
        self._members[more] += self._members.pop(less)
        self._pictures[more] |= self._pictures[less]
        self._leader[less] = more
        areas = [area for area in (self._areas[one], self._areas[other]) if area is not None]
        self._areas[more] = common(areas) if areas else None

    def _lead(self, number: int) -> int:
        while self._leader[number] != number:
            self._leader[number] = self._leader[self._leader[number]]
            number = self._leader[number]
        return number


def _violation(group: Sequence[Seen]) -> Violation:
    best = max(group, key=lambda one: (one.finding.score, one.sha256, one.number))
    group = sorted(group, key=_first)
    dated = [one.taken_at for one in group if one.at is not None]
    return Violation(
        id=_id(group[0]),
        kind=best.finding.kind,
        subtype=best.finding.subtype,
        score=best.finding.score,
        place=_place(group),
        sightings=tuple(
            Sighting(
                picture=one.name,
                finding=one.number,
                score=one.finding.score,
                taken_at=one.taken_at,
                offset_s=one.offset_s,
            )
            for one in group
        ),
        first_taken_at=dated[0] if dated else "",
        last_taken_at=dated[-1] if dated else "",
    )


def _first(one: Seen) -> tuple[str, str, int]:
    """In order of time, undated ones last; the same bytes come at the same place."""
    return one.at.isoformat() if one.at else "undated", one.sha256, one.number


def _id(first: Seen) -> str:
    """Of the earliest sighting: what is photographed again later keeps its name."""
    text = f"{first.matter}:{first.sha256}:{first.number}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _place(group: Sequence[Seen]) -> Place | None:
    """What the sightings have in common, or else where the camera that knew best had stood."""
    areas: list[Area] = [one.area for one in group if one.area is not None]
    if len(areas) > 1:
        return common(areas).place()
    places = [one.finding.place for one in group if one.finding.place is not None]
    if areas:
        places = [place for place in places if Area.of(place) is not None]
    known = [place for place in places if place.accuracy_m is not None]
    return min(known or places, key=lambda p: p.accuracy_m or 0.0, default=None)
