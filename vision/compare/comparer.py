"""Comparer: each later picture against what the earlier flight, or a baseline, shows of its ground.

Held in memory are the pictures of one comparison and a few of each flight, so a flight of a
thousand pictures takes no more than one of ten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from shapely import MultiPoint, Polygon, unary_union

from vision.compare import areas, crops
from vision.compare.appearance import face
from vision.compare.areas import Area
from vision.compare.changes import Side, Structures, compare
from vision.compare.ground import Ground, between, plane_of
from vision.compare.laying import Unlaid, as_stated, lay
from vision.compare.merging import Merged, Sighting, View, contradicted, merge
from vision.compare.pairing import by_features, by_ground, by_name
from vision.compare.pictures import Flown, Looked, Shot
from vision.compare.underlay import ENOUGH, Underlay
from vision.errors import PictureError
from vision.geo.geojson import Outline
from vision.registers.baseline import Baseline

_MOST_BLIND = 40_000
"""Pairs that are tried by their features alone, some 5 ms each. More than 200 pictures against 200
without telemetry or names that tell which belong together are refused."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """One later picture whole, with the earlier one aligned: JPEGs, and what was found in it."""

    view: View
    before: bytes
    after: bytes
    areas: list[Area]


@dataclass(frozen=True, slots=True)
class Gap:
    """A picture, or a share of it, that was not compared: a code of `words.WHY`, and its count."""

    picture: str
    flight: str
    share: float
    code: str
    count: int = 0


@dataclass(slots=True, eq=False)
class Outcome:
    """What came of it.

    Attributes:
        views: the later pictures that were compared.
        merged: changes, one for each structure.
        doubtful: how many changes were dropped since other pictures contradict them.
        overviews: of the pictures that show a change or an area.
        gaps: what was not compared.
        share: of all later pictures, compared.
        metres: square metres before, after and compared; None without telemetry.
    """

    views: list[View] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    doubtful: int = 0
    overviews: list[Overview] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    share: float = 0.0
    metres: tuple[float, float, float] | None = None


class Comparer:
    """Compares the pictures of a later flight, one after the other.

    Args:
        before: the earlier flight, or the structures known on a day.
        after: the later flight.
        aligned: the caller states that pictures which belong together lie on one map grid.

    Raises:
        PictureError: too many pictures for nothing to say which belong together, or a baseline
            and no picture whose telemetry places it.
    """

    def __init__(self, before: Flown | Baseline, after: Flown, *, aligned: bool = False) -> None:
        self._before, self._after, self._aligned = before, after, aligned
        earlier = before.shots if isinstance(before, Flown) else []
        self._plane = plane_of(shot.pose for shot in (*after.shots, *earlier))
        self._used: set[str] = set()
        self._outcome = Outcome()
        self._named = any(by_name(shot, earlier) for shot in after.shots)
        blind = self._plane is None and not self._named and len(earlier) > 1
        if blind and len(earlier) * len(after.shots) > _MOST_BLIND:
            raise PictureError(
                f"{len(earlier)} pictures against {len(after.shots)} have neither telemetry nor"
                " names that tell which belong together; name them alike (roof-7_A, roof-7_B), or"
                " compare fewer at a time"
            )
        if isinstance(before, Baseline) and self._plane is None:
            raise PictureError(
                "a baseline is compared by place, and no picture has a drone's telemetry (XMP) to"
                " tell it; compare with pictures of the earlier day instead"
            )

    def run(self, report: Callable[[int, int], None] = lambda _done, _of: None) -> Outcome:
        """Compare all.

        Args:
            report: called with how many pictures are done, of how many.

        Raises:
            EngineError: the engine cannot look at pictures.
        """
        found, sightings, shares = self._outcome, list[Sighting](), list[float]()
        for number, shot in enumerate(self._after.shots):
            report(number, len(self._after.shots))
            looked = self._after.look(shot)
            if looked is not None:
                share, seen = self._compare(shot, looked)
                shares.append(share)
                sightings += seen
        report(len(self._after.shots), len(self._after.shots))
        for one in merge(sightings):
            if contradicted(one, found.views):
                found.doubtful += 1
            else:
                found.merged.append(one)
        found.share = float(np.mean(shares)) if shares else 0.0
        self._unused()
        self._measure()
        return found

    def _compare(self, shot: Shot, looked: Looked) -> tuple[float, list[Sighting]]:
        height, width = looked.pixels.shape[:2]
        ground = Ground.of(shot.pose, self._plane, width, height)
        blank = Underlay(width, height)
        if isinstance(self._before, Baseline):
            return self._with_outlines(self._before, shot, looked, ground)
        unlaid = self._fill(blank, self._before, shot, looked, ground)
        if blank.share < ENOUGH:
            code, count = (unlaid.code, unlaid.count) if unlaid else ("not_shown", 0)
            code = "not_shown" if blank.links else code
            self._outcome.gaps.append(Gap(shot.name, "after", 1 - blank.share, code, count))
        if not blank.links:
            return 0.0, []
        before = face(blank.pixels, blank.known)
        after = face(looked.pixels)
        off = blank.off
        compared = compare(
            Side(blank.structures, before, blank.known),
            Side(looked.seen.structures, after, after.known),
            off,
        )
        view = View(shot.name, width, height, blank.links, ground, off, compared)
        return blank.share, self._shown(view, looked, blank, areas.changed(before, after))

    def _fill(
        self, blank: Underlay, before: Flown, shot: Shot, looked: Looked, ground: Ground | None
    ) -> Unlaid | None:
        """Lay the earlier pictures under it that show its ground; why not, if none does."""
        last: Unlaid | None = None
        for other in self._candidates(before, shot, looked, ground):
            known = before.look(other)
            if known is None:
                continue
            rows, columns = known.pixels.shape[:2]
            there = Ground.of(other.pose, self._plane, columns, rows)
            found = (
                as_stated(known.features, looked.features)
                if self._aligned
                else lay(known.features, looked.features, between(there, ground))
            )
            if isinstance(found, Unlaid):
                last = found
                continue
            self._used.add(other.name)
            blank.put(other, known, found)
            if blank.share >= ENOUGH:
                break
        return last

    def _candidates(
        self, before: Flown, shot: Shot, looked: Looked, ground: Ground | None
    ) -> list[Shot]:
        if len(before.shots) == 1:
            return before.shots
        twins = by_name(shot, before.shots)
        if self._aligned or (ground is None and twins):
            return twins
        places = [(s, self._ground_of(s)) for s in before.shots]
        if ground is not None and any(place is not None for _, place in places):
            return by_ground(ground, places)
        read = ((other, before.look(other)) for other in before.shots)
        return by_features(looked.features, [(s, k.features) for s, k in read if k is not None])

    def _ground_of(self, shot: Shot) -> Ground | None:
        pose = shot.pose
        return None if pose is None else Ground.of(pose, self._plane, pose.width, pose.height)

    def _with_outlines(
        self, baseline: Baseline, shot: Shot, looked: Looked, ground: Ground | None
    ) -> tuple[float, list[Sighting]]:
        """Compare with outlines on the map; nothing but their places speaks for or against."""
        height, width = looked.pixels.shape[:2]
        middle = ground.position(width / 2, height / 2) if ground is not None else None
        if ground is None or middle is None or middle.accuracy_m is None:
            self._outcome.gaps.append(Gap(shot.name, "after", 1.0, "no_place"))
            return 0.0, []
        a_metre = float(
            np.linalg.norm(np.diff(ground.pixels(np.array([(0.0, 0), (1, 0)])), axis=0))
        )
        off = middle.accuracy_m * a_metre
        inside = _hulls(ground, baseline.outlines)
        known = Structures(np.array(inside, np.float64).reshape(-1, 4), np.ones(len(inside)))
        everywhere = np.ones((height, width), bool)
        compared = compare(
            Side(known, None, everywhere), Side(looked.seen.structures, None, everywhere), off
        )
        view = View(shot.name, width, height, [], ground, off, compared)
        return 1.0, self._shown(view, looked, None, [])

    def _shown(
        self, view: View, looked: Looked, under: Underlay | None, found: list[Area]
    ) -> list[Sighting]:
        """Keep the view, and cut out what is shown of its changes while its pixels are here."""
        self._outcome.views.append(view)
        before = under.masked if under is not None else None
        if view.compared.changes or found:
            pair = crops.whole(before, looked.masked, view.compared, found)
            self._outcome.overviews.append(Overview(view, *pair, found))
        sightings = []
        for change in view.compared.changes:
            pair = crops.place(before, looked.masked, change.box, crops.COLOURS[change.what])
            x, y = (change.box[0] + change.box[2]) / 2, (change.box[1] + change.box[3]) / 2
            place = view.ground.position(x, y) if view.ground is not None else None
            sightings.append(Sighting(change, view, *pair, place))
        return sightings

    def _unused(self) -> None:
        """Say which earlier pictures nothing was compared with."""
        if not isinstance(self._before, Flown):
            return
        for shot in self._before.shots:
            if shot.name not in self._used:
                self._outcome.gaps.append(Gap(shot.name, "before", 1.0, "not_flown_again"))

    def _measure(self) -> None:
        """Square metres that each flight shows, and that were compared."""
        if self._plane is None:
            return
        compared = [v.ground.footprint for v in self._outcome.views if v.ground is not None]
        after = [g.footprint for g in map(self._ground_of, self._after.shots) if g is not None]
        earlier = self._before.shots if isinstance(self._before, Flown) else []
        before = [g.footprint for g in map(self._ground_of, earlier) if g is not None]
        both = unary_union(compared)
        if before:
            both = both.intersection(unary_union(before))
        self._outcome.metres = (
            float(unary_union(before).area),
            float(unary_union(after).area),
            float(both.area),
        )


def _hulls(ground: Ground, outlines: Sequence[Outline]) -> list[tuple[float, float, float, float]]:
    """The boxes, in a picture's pixels, of those outlines (degrees) of which it shows a part."""
    view, hulls = ground.footprint, []
    for outline in outlines:
        parts = [outline] if isinstance(outline, Polygon) else list(outline.geoms)
        metres = [
            ground.plane.metres(lon, lat) for part in parts for lon, lat, *_ in part.exterior.coords
        ]
        # Before it is put into the picture: what lies behind a camera has no place there.
        if not MultiPoint(metres).convex_hull.intersects(view):
            continue
        put = ground.pixels(np.array(metres, np.float64))
        (x1, y1), (x2, y2) = put.min(axis=0).tolist(), put.max(axis=0).tolist()
        hulls.append((x1, y1, x2, y2))
    return hulls
