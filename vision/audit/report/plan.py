"""Plan: a report's places drawn as SVG, without tiles, so that it is there without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, hypot, log10

from shapely import MultiPolygon

from vision.audit.records import Report, Violation
from vision.audit.report.areas import Areas, cell
from vision.geo.plane import LocalPlane

WIDE, HIGH = 1000.0, 560.0
"""Of a drawing, in its own units; a page shows it as wide as it likes."""
_MARGIN = 46.0
_LEAST_M = 60.0
"""A drawing shows at least so much: one place alone is no map."""
_APART = 26.0
"""Units between two marks below which they are one mark with a number."""
_REGION_DEG = 0.1
"""Places further apart than some ten kilometres are drawn apart: else both are a dot."""
MOST = 4
"""Drawings; what lies elsewhere is counted below them."""
_SMALL = 4.0
"""Units below which an ellipse is hidden by its mark."""
_LEGIBLE = 34.0
"""Units that a cell with a letter in it needs."""
_POLE = 85.0  # LocalPlane's reach

At = Callable[[tuple[float, float]], tuple[float, float]]
"""From longitude and latitude to x and y of a drawing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Violations at one spot of a drawing; more than one kind makes `kind` empty."""

    x: float
    y: float
    kind: str
    ids: tuple[str, ...]
    certain: bool
    """Whether some of them lie there, rather than where a camera stood."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What lies under the marks, in units: an ellipse with its turn in degrees clockwise."""

    x: float
    y: float
    rx: float
    ry: float
    turn: float
    kind: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """One region.

    Attributes:
        lat, lon: of its middle.
        shapes, marks, cameras: to draw, the last as x, y.
        outlines: of a site's areas: name, label's x and y, and SVG path data.
        bar: the scale's length in units, and in metres.
        count: of violations.
    """

    lat: float
    lon: float
    shapes: tuple[Shape, ...]
    marks: tuple[Mark, ...]
    cameras: tuple[tuple[float, float], ...]
    outlines: tuple[tuple[str, float, float, str], ...]
    bar: tuple[float, float]
    count: int


@dataclass(slots=True)
class _Region:
    violations: list[Violation] = field(default_factory=list)
    cameras: list[tuple[float, float]] = field(default_factory=list)

    @property
    def points(self) -> list[tuple[float, float]]:
        """Longitudes and latitudes of all that is in it."""
        placed = [(v.place.lon, v.place.lat) for v in self.violations if v.place]
        return placed + self.cameras


def plan(report: Report, areas: Areas, tags: Mapping[str, str]) -> tuple[tuple[Drawing, ...], int]:
    """The drawings, most violations first, and how many violations lie on none of them.

    Where nothing was found, the one with the most cameras is drawn.

    Args:
        areas: to draw, where a site has its own.
        tags: else, by the names of the lattice's cells, what they are called on the drawing.
    """
    placed = [v for v in report.violations if v.place is not None]
    cameras = [
        (where.lon, where.lat)
        for p in report.pictures
        if p.record and (where := p.record.position) is not None
    ]
    cameras += [
        (f.place.lon, f.place.lat)
        for v in report.videos
        for f in (v.record.findings if v.record else ())
        if f.place and f.place.method == "exif"
    ]
    regions = sorted(
        _regions(placed, cameras), key=lambda r: (-len(r.violations), -len(r.cameras), r.points)
    )
    told = [region for region in regions if region.violations] or regions[:1]
    drawn = tuple(_drawing(region, areas, tags) for region in told[:MOST])
    return drawn, len(report.violations) - sum(one.count for one in drawn)


def _regions(
    violations: Iterable[Violation], cameras: Iterable[tuple[float, float]]
) -> list[_Region]:
    """Places that hang together by cells of the globe that touch."""
    cells = dict[tuple[int, int], _Region]()
    for violation in violations:
        if violation.place and abs(violation.place.lat) < _POLE:
            where = violation.place.lon, violation.place.lat
            cells.setdefault(_cell(where), _Region()).violations.append(violation)
    for where in cameras:
        if abs(where[1]) < _POLE:
            cells.setdefault(_cell(where), _Region()).cameras.append(where)
    found = list[_Region]()
    while cells:
        start, whole = next(iter(cells)), _Region()
        waiting = [start]
        while waiting:
            x, y = waiting.pop()
            region = cells.pop((x, y), None)
            if region is None:
                continue
            whole.violations += region.violations
            whole.cameras += region.cameras
            waiting += [(x + i, y + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        found.append(whole)
    return found


def _cell(where: tuple[float, float]) -> tuple[int, int]:
    return floor(where[0] / _REGION_DEG), floor(where[1] / _REGION_DEG)


def _drawing(region: _Region, areas: Areas, tags: Mapping[str, str]) -> Drawing:
    lons, lats = zip(*region.points, strict=True)
    lon, lat = (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2
    plane = LocalPlane(lon, lat)
    reach = [plane.metres(*point) for point in region.points]
    across = max(_LEAST_M, *(2 * abs(x) for x, _ in reach))
    along = max(_LEAST_M, *(2 * abs(y) for _, y in reach))
    scale = min((WIDE - 2 * _MARGIN) / across, (HIGH - 2 * _MARGIN) / along)

    def at(point: tuple[float, float]) -> tuple[float, float]:
        east, north = plane.metres(*point)
        return round(WIDE / 2 + east * scale, 1), round(HIGH / 2 - north * scale, 1)

    return Drawing(
        lat=lat,
        lon=lon,
        shapes=tuple(_shapes(region.violations, at, scale)),
        marks=tuple(_marks(region.violations, at)),
        cameras=tuple(sorted({at(camera) for camera in region.cameras})),
        outlines=tuple(_outlines(areas, at) if areas.outlines else _cells(region, areas, tags, at)),
        bar=_bar(scale),
        count=len(region.violations),
    )


def _shapes(violations: Iterable[Violation], at: At, scale: float) -> Iterator[Shape]:
    """Where each may be: its 95 % ellipse, or the circle around where a camera stood."""
    for violation in violations:
        place = violation.place
        if place is None or place.accuracy_m is None:
            continue
        major, minor, bearing = place.ellipse or (place.accuracy_m, place.accuracy_m, 0.0)
        x, y = at((place.lon, place.lat))
        rx, ry = round(minor * scale, 1), round(major * scale, 1)  # the longer one to the north
        if ry >= _SMALL:
            yield Shape(x, y, rx, ry, bearing, violation.kind, place.method != "exif")


def _marks(violations: Iterable[Violation], at: At) -> list[Mark]:
    """Marks that do not cover each other: each takes in what is too near to it, best first."""
    heads, taken = list[tuple[float, float]](), list[list[Violation]]()
    for violation in violations:
        if violation.place is None:
            continue
        x, y = at((violation.place.lon, violation.place.lat))
        near = min(
            range(len(heads)), key=lambda n: hypot(heads[n][0] - x, heads[n][1] - y), default=None
        )
        if near is not None and hypot(heads[near][0] - x, heads[near][1] - y) < _APART:
            taken[near].append(violation)
        else:
            heads.append((x, y))
            taken.append([violation])
    return [_mark(*head, here) for head, here in zip(heads, taken, strict=True)]


def _mark(x: float, y: float, here: Sequence[Violation]) -> Mark:
    kinds = {violation.kind for violation in here}
    certain = any(v.place is not None and v.place.method != "exif" for v in here)
    kind = next(iter(kinds)) if len(kinds) == 1 else ""
    return Mark(x, y, kind, tuple(violation.id for violation in here), certain)


def _outlines(areas: Areas, at: At) -> Iterator[tuple[str, float, float, str]]:
    """Those areas that are at least partly drawn."""
    for name, outline in areas.outlines:
        parts = outline.geoms if isinstance(outline, MultiPolygon) else (outline,)
        rings = [[at((p[0], p[1])) for p in part.exterior.coords] for part in parts]
        seen = any(0 <= x <= WIDE and 0 <= y <= HIGH for ring in rings for x, y in ring)
        middle = at((outline.representative_point().x, outline.representative_point().y))
        if seen or (0 <= middle[0] <= WIDE and 0 <= middle[1] <= HIGH):
            path = " ".join("M" + "L".join(f"{x} {y}" for x, y in ring) + "Z" for ring in rings)
            yield name, *middle, path


def _cells(
    region: _Region, areas: Areas, tags: Mapping[str, str], at: At
) -> Iterator[tuple[str, float, float, str]]:
    """The lattice's cells that have a tag, which stands in their corner; none if they are small."""
    done = set[str]()
    for violation in region.violations:
        name, place = areas.of(violation.place), violation.place
        if place is None or name not in tags or name in done:
            continue
        done.add(name)
        west, south, east, north = cell(place.lon, place.lat)
        (left, low), (right, high) = at((west, south)), at((east, north))
        if right - left < _LEGIBLE:
            return
        yield tags[name], left + 12, high + 18, f"M{left} {low}V{high}H{right}V{low}Z"


def _bar(scale: float) -> tuple[float, float]:
    """The longest of 1, 2, 5, 10 … metres that is at most a fifth as long as the drawing."""
    most = WIDE / 5 / scale
    power = 10.0 ** floor(log10(most))
    metres = max(step * power for step in (1, 2, 5) if step * power <= most)
    return round(metres * scale, 1), metres
