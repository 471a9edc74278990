"""Outlines: validates polygons (area, no self-crossing) and suggests a mended order of corners."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import shapely
from shapely.geometry.base import BaseGeometry

from vision.mistakes.wrong import wrong
from vision.sentence import Said

Corner = tuple[float, float]
THINNEST = 0.001
"""Share of the picture, about a pixel: what is nowhere wider encloses nothing that can be seen."""
THINNEST_M = 0.1
"""Metres: what is nowhere wider on the map is no place to stand."""
_MENDED = 12
"""Corners up to which an order is offered; of more, nobody would read it."""


def check_outline(
    corners: Sequence[Corner], thinnest: float, measured: Sequence[Corner] | None = None
) -> None:
    """See that corners enclose an area, in the order given.

    A ring that is closed by its first corner, as GeoJSON writes it, is one as well.

    Args:
        corners: as somebody wrote them.
        thinnest: the least width of the area at its widest place, in the measure of `measured`.
        measured: the same corners in a plane; `corners` where those are in one.

    Raises:
        ValueError: they enclose nothing, or the outline crosses itself; the message says in which
            order the corners would enclose an area.
    """
    places = list(measured if measured is not None else corners)
    kept = [i for i, place in enumerate(places) if place != places[i - 1]]
    hull = shapely.MultiPoint(places).convex_hull
    if len(kept) < 3 or _thin(hull, thinnest):
        raise ValueError(wrong("outline_flat"))
    ring = shapely.Polygon([places[i] for i in kept])
    if not ring.is_valid:
        raise ValueError(_crossed(corners, places, kept))
    if _thin(ring, thinnest):
        raise ValueError(wrong("outline_thin"))


def _thin(area: BaseGeometry, thinnest: float) -> bool:
    return bool(area.buffer(-thinnest / 2).is_empty)


def _crossed(corners: Sequence[Corner], places: Sequence[Corner], kept: list[int]) -> Said:
    crossing = _crossing(places, kept) if len(kept) <= _MENDED else None
    if crossing is None:
        return wrong("outline_crosses")
    a, b, c, d = (kept[n % len(kept)] + 1 for i in crossing for n in (i, i + 1))
    order = _uncrossed(places, kept)
    if order is None:
        return wrong("outline_crosses", a=a, b=b, c=c, d=d)
    around = ", ".join(f"[{x:.10g}, {y:.10g}]" for x, y in (corners[i] for i in order))
    return wrong("outline_crosses_mend", a=a, b=b, c=c, d=d, order=f"[{around}]")


def _uncrossed(places: Sequence[Corner], order: list[int]) -> list[int] | None:
    """The corners in an order without crossings; None where none is found.

    2-opt: what lies between two sides that cross is turned round. Each turn shortens the outline,
    so it ends.
    """
    order = list(order)
    for _ in range(len(order) ** 2):
        crossing = _crossing(places, order)
        if crossing is None:
            break
        first, second = crossing
        order[first + 1 : second + 1] = reversed(order[first + 1 : second + 1])
    return order if shapely.Polygon([places[i] for i in order]).is_valid else None


def _crossing(places: Sequence[Corner], order: Sequence[int]) -> tuple[int, int] | None:
    """The first two sides that cross, by the numbers of their first corners in `order`."""
    around = pairwise([*order, order[0]])
    sides = [shapely.LineString([places[a], places[b]]) for a, b in around]
    for i, j in combinations(range(len(sides)), 2):
        if sides[i].crosses(sides[j]):
            return i, j
    return None
