"""Merging: one change, however many pictures of the later flight show it.

What two later pictures show is the same where it lies at the same place of one earlier picture,
to which both were registered within pixels; poses alone are wrong by metres, so that they decide
only where the two have no earlier picture in common.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import hypot

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.compare.appearance import Box
from vision.compare.changes import Change, Compared
from vision.compare.ground import Ground
from vision.compare.laying import Matrix
from vision.compare.underlay import Link
from vision.geo.position import Position

_SAME = 0.25
"""Intersection over the smaller of two boxes from which they are of one structure: a detector draws
half of a roof in one picture and all of it in the next."""

_BESIDE = 0.7
"""Of a roof's size, by which its places in two pictures may differ."""


@dataclass(slots=True, eq=False)
class View:
    """One later picture that was compared.

    Attributes:
        name: of the picture.
        width, height: its size, pixels.
        links: the earlier pictures under it.
        ground: where it lies, if that is known.
        off: pixels by which the earlier ones may be off.
        compared: what came of it.
    """

    name: str
    width: int
    height: int
    links: list[Link]
    ground: Ground | None
    off: float
    compared: Compared


@dataclass(slots=True, eq=False)
class Sighting:
    """One change as one later picture shows it.

    Attributes:
        change: in pixels of that picture.
        view: the picture.
        before, after: JPEGs of the place, masked, aligned; what is shown of it.
        position: of its middle, if the pictures have a place.
    """

    change: Change
    view: View
    before: bytes
    after: bytes
    position: Position | None = None


@dataclass(slots=True, eq=False)
class Merged:
    """One change, by the sighting that shows it best, with all others."""

    best: Sighting
    others: list[Sighting] = field(default_factory=list)

    @property
    def views(self) -> set[str]:
        """The names of the pictures that show it."""
        return {self.best.view.name, *(other.view.name for other in self.others)}


def merge(sightings: list[Sighting]) -> list[Merged]:
    """Put the sightings of each change together; the surest of whole ones stands for them."""
    found: list[Merged] = []
    for sighting in sorted(sightings, key=lambda s: -_shows(s)):
        home = next((one for one in found if _of_one(one, sighting)), None)
        if home is None:
            found.append(Merged(sighting))
        else:
            home.others.append(sighting)
    return found


def contradicted(merged: Merged, views: list[View]) -> bool:
    """Whether as many later pictures show that nothing changed there as show that something did."""
    best = merged.best
    against = 0
    for view in views:
        if view.name in merged.views:
            continue
        place = _carried(best.change.box, best.view, view)
        if place is None or not _whole(place, view):
            continue  # of what its edge cuts off it cannot tell
        if any(
            _overlap(place, box) >= _SAME
            for box in (*view.compared.unchanged, *view.compared.doubtful)
        ):
            against += 1
    return against >= len(merged.views)


def _cut_off(box: Box, view: View) -> bool:
    return not _whole((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), view)


def _whole(box: Box, view: View) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= view.width and box[3] <= view.height


def _shows(sighting: Sighting) -> float:
    """How well a sighting shows its change: its score, less where the picture's edge is near."""
    x1, y1, x2, y2 = sighting.change.box
    view = sighting.view
    room = min(x1 / view.width, y1 / view.height, 1 - x2 / view.width, 1 - y2 / view.height)
    return sighting.change.score + min(0.1, max(0.0, room))


def _of_one(merged: Merged, sighting: Sighting) -> bool:
    best = merged.best
    if sighting.view.name in merged.views:
        return False  # two of one picture are two
    if (sighting.change.what == "gone") != (best.change.what == "gone"):
        return False
    place = _carried(sighting.change.box, sighting.view, best.view)
    if place is not None:
        return _overlap(place, best.change.box) >= _SAME
    return _near(best, sighting)


def _carried(box: Box, view: View, other: View) -> Box | None:
    """A box of one later picture in another's pixels, by an earlier picture that lies under both.

    None where there is none, or where nothing of the box is in the other's view.
    """
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    for link in view.links:
        way: Matrix = np.linalg.inv(link.laid.matrix).astype(np.float64)
        x, y = _put([middle], way)[0]
        if not (0 <= x < link.width and 0 <= y < link.height):
            continue
        for theirs in other.links:
            if theirs.shot.name != link.shot.name:
                continue
            corners = [(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])]
            put = _put(corners, theirs.laid.matrix @ way)
            (x1, y1), (x2, y2) = put.min(axis=0).tolist(), put.max(axis=0).tolist()
            inside = x1 < other.width and y1 < other.height and x2 > 0 and y2 > 0
            return (x1, y1, x2, y2) if inside else None
    return None


def _put(points: list[tuple[float, float]], matrix: Matrix) -> NDArray[np.float64]:
    put = cv2.perspectiveTransform(np.array([points], np.float64), matrix)[0]
    return np.asarray(put, np.float64)


def _near(one: Sighting, other: Sighting) -> bool:
    """Whether two places may be one, by the poses: within a half of its size or of their errors."""
    a, b = one.view.ground, other.view.ground
    if a is None or b is None or one.position is None or other.position is None:
        return False
    apart = a.plane.metres(other.position.lon, other.position.lat)
    here = a.plane.metres(one.position.lon, one.position.lat)
    distance = hypot(apart[0] - here[0], apart[1] - here[1])
    size = a.size(one.change.box, one.view.off)[0] ** 0.5
    errors = hypot(one.position.accuracy_m or 0.0, other.position.accuracy_m or 0.0)
    return bool(distance <= max(size, errors) / 2)


def _overlap(a: Box, b: Box) -> float:
    """Intersection over the smaller of two boxes."""
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(0.0, wide) * max(0.0, high) / max(smaller, 1e-9)


def distinct(views: list[View], boxes: Callable[[View], list[Box]]) -> int:
    """How many structures these boxes are of, each counted once however many views show it.

    What the edge of a view cuts off is left to the views beside it, if there are any.
    """
    counted: list[tuple[View, list[Box]]] = []
    for view in views:
        beside = [other for other in views if other is not view and _share(view, other)]
        own = [box for box in boxes(view) if not beside or not _cut_off(box, view)]
        fresh = [
            box
            for box in own
            if not any(_is_one(box, view, one, other) for other, known in counted for one in known)
        ]
        counted.append((view, fresh))
    return sum(len(fresh) for _, fresh in counted)


def _is_one(box: Box, view: View, one: Box, other: View) -> bool:
    """Whether two boxes are of one structure: by an earlier picture, else by the poses.

    Poses are off by metres, and the middles of two roofs that touch are a roof's size apart.
    """
    place = _carried(box, view, other)
    if place is not None:
        return _overlap(place, one) >= _SAME
    if _share(view, other) or view.ground is None or other.ground is None:
        return False
    here, there = view.ground.metres([_middle(box)]), other.ground.metres([_middle(one)])
    size = view.ground.size(box, view.off)[0] ** 0.5
    return bool(np.linalg.norm(here - there) <= _BESIDE * size)


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _share(view: View, other: View) -> bool:
    names = {link.shot.name for link in view.links}
    return any(link.shot.name in names for link in other.links)
