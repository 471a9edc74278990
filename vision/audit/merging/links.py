"""Links: pairs of findings that are one thing by pictures laid over each other, or by places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import cos, radians, sin

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from vision.audit.merging.area import GATE, Matrix, apart
from vision.audit.merging.sightings import Seen
from vision.episodes import NormBox
from vision.rules.sight import overlap
from vision.view.registration import moved

Overlaps = Mapping[tuple[str, str], Matrix]
"""By the SHA-256 of two pictures, the lesser first: 3×3, from (u, v, 1) of the second to the
first's, both as fractions of their sides."""

_NEIGHBOURS = 32
"""Nearest findings of a kind that one is compared with: a crowd costs no more than its number."""
_EARTH_M = 6_371_009.0  # mean radius, to find neighbours with
_SHARED, _INSIDE = 0.1, 0.5
"""Of two boxes laid over each other that show one thing: intersection over union, or over the
smaller one, at least."""
_SLACK = 0.01
"""Of the picture's sides, by which boxes are grown before: registration is right to some pixels of
640, and what stands up leans another way in each picture."""
_TIE = 1e-3
"""So that a pair at the very edge is still better than none."""


@dataclass(slots=True)
class Laid:
    """What pictures laid over each other say of findings, by their numbers in a list of `Seen`.

    Attributes:
        cost: of taking two for one, the lesser number first; less where boxes share more.
        foes: for a finding, those that it cannot be one with.
        part: for each finding, the least picture of those that hang together by overlaps.
    """

    cost: dict[tuple[int, int], float] = field(default_factory=dict)
    foes: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    part: list[str] = field(default_factory=list)


def laid_over(seen: Sequence[Seen], overlaps: Overlaps) -> Laid:
    """Lay the findings of pictures over each other that overlap.

    Args:
        seen: from `seen_in`.
        overlaps: which pictures do, and how.
    """
    found, here, leader = Laid(), _by_picture(seen), dict[str, str]()

    def lead(name: str) -> str:
        while name in leader:
            name = leader[name]
        return name

    for (first, second), matrix in sorted(overlaps.items(), key=lambda item: item[0]):
        _lay(found, seen, here.get(first, []), here.get(second, []), matrix)
        less, more = sorted((lead(first), lead(second)))
        if less != more:
            leader[more] = less
    found.part = [lead(one.sha256) for one in seen]
    return found


def by_place(seen: Sequence[Seen]) -> dict[tuple[int, int], float]:
    """The pairs whose places are within their joint ellipse, with their squared distance."""
    groups = defaultdict[tuple[str, str], list[int]](list)
    for number, one in enumerate(seen):
        if one.area is not None:
            groups[one.matter].append(number)
    near: dict[tuple[int, int], float] = {}
    for numbers in groups.values():
        for i, j in _neighbours(seen, numbers):
            one, other = seen[i], seen[j]
            if one.area is None or other.area is None or not one.may_be(other):
                continue
            scaled, metres = apart(one.area, other.area)
            if scaled <= GATE or metres <= one.extent_m:
                near[i, j] = min(scaled, GATE)
    return near


def _neighbours(seen: Sequence[Seen], numbers: Sequence[int]) -> Iterable[tuple[int, int]]:
    areas = [area for area in (seen[n].area for n in numbers) if area is not None]
    points = np.array([_on_the_globe(area.lon, area.lat) for area in areas])
    radii = np.array([area.radius_m for area in areas])
    reach = float(max(2 * radii.max(), seen[numbers[0]].extent_m)) + 1e-9
    many = min(_NEIGHBOURS + 1, len(numbers))  # itself among them
    _, who = cKDTree(points).query(points, k=many, distance_upper_bound=reach)
    pairs = {
        (min(a, b), max(a, b))
        for a, row in enumerate(np.reshape(who, (len(numbers), many)))
        for b in row.tolist()
        if b < len(numbers) and a != b
    }
    return ((numbers[a], numbers[b]) for a, b in sorted(pairs))


def _on_the_globe(lon: float, lat: float) -> tuple[float, float, float]:
    east, north = radians(lon), radians(lat)
    flat = _EARTH_M * cos(north)
    return flat * cos(east), flat * sin(east), _EARTH_M * sin(north)


def paired(near: Mapping[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Of pairs between two sets of things, at most one for each thing: those that cost least.

    Args:
        near: the cost of each pair, less than `GATE`, which is what a thing without partner costs.
    """
    first, second = (sorted(set(side)) for side in zip(*near, strict=True))
    costs = np.zeros((len(first), len(second)))
    for (i, j), cost in near.items():
        costs[first.index(i), second.index(j)] = cost - GATE - _TIE
    rows, columns = linear_sum_assignment(costs)
    chosen = ((first[r], second[c]) for r, c in zip(rows.tolist(), columns.tolist(), strict=True))
    return [pair for pair in chosen if pair in near]


def _lay(
    found: Laid, seen: Sequence[Seen], first: Sequence[int], second: Sequence[int], matrix: Matrix
) -> None:
    """Link what lies on one another once the second picture is laid over the first."""
    if not first or not second:
        return
    after = moved(np.array([seen[j].box for j in second], np.float64), matrix)
    boxes = {j: _grown(box) for j, box in zip(second, after.tolist(), strict=True)}
    costs: dict[tuple[int, int], float] = {}
    for i, j in product(first, second):
        union, inside = overlap(_grown(seen[i].box), boxes[j])
        together = union >= _SHARED or inside >= _INSIDE
        if together and seen[i].may_be(seen[j]):
            costs[i, j] = 1 - max(union, inside / 2)
        elif seen[i].matter == seen[j].matter and not seen[i].extent_m:
            found.foes[i].add(j)  # of a market, another part would still be one
            found.foes[j].add(i)
    if costs:
        found.cost.update((pair, costs[pair]) for pair in paired(costs))


def _grown(box: Sequence[float]) -> NormBox:
    x1, y1, x2, y2 = box
    return x1 - _SLACK, y1 - _SLACK, x2 + _SLACK, y2 + _SLACK


def _by_picture(seen: Sequence[Seen]) -> dict[str, list[int]]:
    here = defaultdict[str, list[int]](list)
    for number, one in enumerate(seen):
        here[one.sha256].append(number)
    return here
