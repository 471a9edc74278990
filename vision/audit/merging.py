"""Merging: findings of several pictures that are one thing become one violation.

Pure computation over records. Two findings may be one if they are of one kind (of one sub-type, for
what passes), of two pictures, and not further apart in time than the kind's `dedupe` or `horizon`
(`datasets/kinds.yaml`; of what passes both times must be known). They are taken for one where

- their pictures were laid over each other (`overlaps.py`) and the boxes come to lie on one another;
  boxes that then lie elsewhere are two things, whatever their positions say;
- else, where their places on the ground are within the joint 95 % ellipse. Where two pictures show
  several such things, they are paired so that most have a partner and the squared distances are
  least: what is off in a pose moves all things of a picture alike, and leaves that pairing.

The best link is joined first, groups of findings by the place they have in common, and never two
findings of one picture. Without a place or pictures laid over each other nothing is joined.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from vision.audit.area import GATE, Area, apart, common
from vision.audit.links import Links, Overlaps, links
from vision.audit.records import Picture, Place, Sighting, Violation
from vision.audit.sightings import Seen, seen_in
from vision.kinds import catalogue


def merge(pictures: Iterable[Picture], overlaps: Overlaps) -> tuple[Violation, ...]:
    """The violations that the findings of these pictures are, by kind, best first.

    The order of the pictures does not matter.
    """
    seen = seen_in(pictures)
    groups = _Groups(seen, links(seen, overlaps)).joined()
    order = [kind.name for kind in catalogue().kinds]
    found = [_violation([seen[number] for number in group]) for group in groups]
    return tuple(sorted(found, key=lambda v: (order.index(v.kind), -v.score, v.id)))


class _Groups:
    """Findings joined into groups, the best link first."""

    def __init__(self, seen: Sequence[Seen], evidence: Links) -> None:
        self._seen = seen
        self._evidence = evidence
        self._members = {number: [number] for number in range(len(seen))}
        self._leader = list(range(len(seen)))
        self._areas = {n: one.area for n, one in enumerate(seen)}

    def joined(self) -> list[list[int]]:
        """The groups, each as sorted numbers."""
        heap = [(cost, i, j) for (i, j), cost in self._evidence.cost.items()]
        heapify(heap)
        while heap:
            cost, i, j = heappop(heap)
            one, other = self._lead(i), self._lead(j)
            if one == other or self._conflict(one, other):
                continue
            now = cost if cost < 0 else self._apart(one, other)
            if now is None:
                continue
            if now > cost:  # one of the groups has moved since
                heappush(heap, (now, i, j))
            else:
                self._join(one, other)
        return list(self._members.values())

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
        less, more = sorted((self._members[one], self._members[other]), key=len)
        pictures, numbers = {self._seen[n].sha256 for n in more}, set(more)
        return any(
            self._seen[n].sha256 in pictures
            or not numbers.isdisjoint(self._evidence.foes.get(n, ()))
            for n in less
        )

    def _join(self, one: int, other: int) -> None:
        one, other = sorted((one, other))
        self._members[one] = sorted(self._members[one] + self._members.pop(other))
        self._leader[other] = one
        areas = [area for area in (self._seen[n].area for n in self._members[one]) if area]
        self._areas[one] = common(areas) if areas else None

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
