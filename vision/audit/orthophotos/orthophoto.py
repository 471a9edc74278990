"""Orthophotos: large TIFFs looked at by windows, with what is found where it lies on the ground."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.tiles import Tile, meet
from vision.audit.derivative import LONGEST, derive, overview, sure
from vision.audit.findings import Finding, find, seen
from vision.audit.folder import PICTURES, AuditFolder
from vision.audit.orthophotos.grouping import apart
from vision.audit.orthophotos.windows import Row, rows
from vision.audit.place import Place
from vision.audit.records import (
    FindingRecord,
    PictureRecord,
    Settings,
    finding_record,
    found_objects,
)
from vision.decoding.decoders import Decoders
from vision.decoding.orthophoto import Facts, Locate, Part, Spot
from vision.detections import Detections, make_detections, pick
from vision.engines.engine import Engine, Pending
from vision.frames import Pixels
from vision.sources.raster import Raster

_AHEAD = 2
"""Rows that are held: the one that is looked at, and the next."""
_MARGIN = 1.0
"""Shown around a finding, in its own longer sides, and at least `_LEAST` pixels."""
_LEAST = 100
_COLUMNS = 6
"""Of what the journal keeps of a box: x1, y1, x2, y2, score, class."""


@dataclass(frozen=True, slots=True)
class Orthophoto:
    """One large TIFF of an audit.

    Attributes:
        path: of the file.
        sha256: of its bytes.
        facts: what it says of itself.
    """

    path: Path
    sha256: str
    facts: Facts


@dataclass(slots=True, eq=False)
class OrthophotoAudit:
    """Looks at an orthophoto; every row of windows that is done is in the journal.

    Attributes:
        folder: of the audit.
        settings: of the audit.
        engine: the detector; only the calling thread uses it.
        decoders: read the file.
    """

    folder: AuditFolder
    settings: Settings
    engine: Engine
    decoders: Decoders

    def look(self, map_: Orthophoto) -> PictureRecord:
        """Look at all of it, and write its overview and a picture of each finding.

        Raises:
            PictureError: the file is damaged.
            EngineError: the engine failed.
            EvidenceError: the folder cannot be written to.
        """
        found = self._detections(map_)
        threshold, facts = self.engine.model.threshold, map_.facts
        strong = sure(found, threshold)
        findings = list(self._findings(map_, strong))
        name = f"{PICTURES}/{map_.sha256[:20]}-{self.settings.key[:6]}"
        scale = ceil(max(facts.width, facts.height) / LONGEST)
        whole = Part(map_.path, 0, 0, facts.width, facts.height, scale)
        boxes = [[edge / scale for edge in finding.box] for finding, _ in findings]
        shown, _ = _within(whole, found)
        self.folder.write(f"{name}.jpg", overview(self._pixels(whole), shown, boxes), sync=False)
        records = []
        for number, (finding, record) in enumerate(findings, start=1):
            crop = f"{name}-{number}.jpg"
            around = _around(finding, facts)
            size = max(around[2] - around[0], around[3] - around[1])
            part = Part(map_.path, *around, ceil(size / LONGEST))
            self._draw(crop, part, found, finding)
            records.append(record.model_copy(update={"crop": crop}))
        return PictureRecord(
            sha256=map_.sha256,
            width=facts.width,
            height=facts.height,
            taken_at="",
            position=None,
            annotated=f"{name}.jpg",
            seen=seen(strong),
            findings=tuple(records),
            objects=found_objects(strong),
        )

    def _detections(self, map_: Orthophoto) -> Detections:
        """Everything that the engine sees, in pixels of the whole."""
        facts, known = map_.facts, self.folder.parts(self.settings, map_.sha256)
        due, done = deque[Row](), list[list[list[float]]]()
        for row in rows(facts.width, facts.height, self.engine.image_size):
            if row.name in known:
                done.append(known[row.name])
            else:
                due.append(row)
        with ThreadPoolExecutor(1, thread_name_prefix="audit-windows") as pool:
            ahead = deque[Future[Raster]]()
            for row in list(due):
                while due and len(ahead) < _AHEAD:
                    ahead.append(pool.submit(self.decoders.ask, due.popleft().part(map_.path)))
                pixels = ahead.popleft().result().pixels
                boxes = self._seen_in(row, pixels) if len(pixels) else []
                self.folder.remember_part(self.settings, map_.sha256, row.name, boxes)
                done.append(boxes)
        return self._met([box for boxes in done for box in boxes])

    def _seen_in(self, row: Row, pixels: Pixels) -> list[list[float]]:
        """The boxes of a row's windows that no seam has cut, in pixels of the whole."""
        seen_here, under_way = list[list[float]](), deque[tuple[Tile, Pending]]()
        for tile, window in row.windows(pixels):
            under_way.append((tile, self.engine.submit([window])))
            if len(under_way) > self.engine.depth * self.engine.batch:
                seen_here += _placed(row, *under_way.popleft())
        while under_way:
            seen_here += _placed(row, *under_way.popleft())
        return _columns(self._met(seen_here))

    def _met(self, boxes: Sequence[Sequence[float]]) -> Detections:
        """What is left where windows and scales meet."""
        table = np.array(boxes, np.float32).reshape(-1, _COLUMNS)
        labels = table[:, 5].astype(np.int64)
        if len(table):
            stay = meet(table[:, :4], table[:, 4], labels)
            table, labels = table[stay], labels[stay]
        return make_detections(table[:, :4], table[:, 4], labels, self.engine.model.classes)

    def _findings(
        self, map_: Orthophoto, strong: Detections
    ) -> Iterator[tuple[Finding, FindingRecord]]:
        """Findings place by place, and their records with where they lie."""
        pixel_m = self._pixel_m(map_)
        for group in apart(strong, pixel_m):
            for finding in find(pick(strong, group)):
                whole = replace(finding, focus=tuple(int(group[n]) for n in finding.focus))
                yield whole, self._record(map_, whole)

    def _pixel_m(self, map_: Orthophoto) -> float | None:
        middle = np.array([[map_.facts.width / 2, map_.facts.height / 2]])
        spots = self.decoders.ask(Locate(map_.path, middle)) if map_.facts.located else []
        return spots[0].pixel_m if spots else None

    def _record(self, map_: Orthophoto, finding: Finding) -> FindingRecord:
        record = finding_record(finding)
        if not map_.facts.located:
            return record
        x1, y1, x2, y2 = finding.box
        points = [((x1 + x2) / 2, (y1 + y2) / 2), (x1, y2), (x2, y2), (x2, y1), (x1, y1)]
        spots = self.decoders.ask(Locate(map_.path, np.array(points, np.float64)))
        if len(spots) < len(points):
            return record
        middle, *corners = spots
        place = Place(
            lon=middle.lon, lat=middle.lat, accuracy_m=round(middle.pixel_m, 3), method="geotiff"
        )
        return record.model_copy(update={"place": place, "outline": _ring(corners)})

    def _draw(self, name: str, part: Part, found: Detections, finding: Finding) -> None:
        """Write a part as a masked JPEG with a finding, which is of `found`'s first ones."""
        shown, here = _within(part, found)
        places = {number: place for place, number in enumerate(here.tolist())}
        # The sure ones stand first, as `meet` sorts by score.
        drawn = replace(finding, focus=tuple(places[n] for n in finding.focus))
        threshold = self.engine.model.threshold
        jpeg = derive(self._pixels(part), shown, [drawn], threshold, self.settings.language)
        self.folder.write(name, jpeg, sync=False)

    def _pixels(self, part: Part) -> Pixels:
        pixels = self.decoders.ask(part).pixels
        if len(pixels):
            return pixels
        size = part.bottom - part.top, part.right - part.left
        return np.zeros((*(ceil(side / part.scale) for side in size), 3), np.uint8)


def _within(part: Part, found: Detections) -> tuple[Detections, NDArray[np.int64]]:
    """What lies in a part, in its pixels, and its indexes in `found`."""
    boxes = np.asarray(found.xyxy, np.float32).reshape(-1, 4)
    inside = (boxes[:, :2] < (part.right, part.bottom)) & (boxes[:, 2:] > (part.left, part.top))
    here = np.flatnonzero(inside.all(axis=1))
    corner = np.array([part.left, part.top] * 2, np.float32)
    return replace(pick(found, here), xyxy=(boxes[here] - corner) / part.scale), here


def _placed(row: Row, tile: Tile, pending: Pending) -> list[list[float]]:
    [found] = pending.result()
    placed = replace(found, xyxy=tile.placed(np.asarray(found.xyxy, np.float32) * row.scale))
    if not len(placed):
        return []
    sides = (placed.xyxy[:, 2:] - placed.xyxy[:, :2]).max(axis=1)
    return _columns(pick(placed, tile.whole(placed.xyxy) & (sides >= row.least)))


def _columns(found: Detections) -> list[list[float]]:
    if not len(found):
        return []
    table: NDArray[Any] = np.column_stack(
        [np.asarray(column) for column in (found.xyxy, found.confidence, found.class_id)]
    )
    return [[round(float(v), 4) for v in row] for row in table]


def _around(finding: Finding, facts: Facts) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = finding.box
    more = max(_LEAST, _MARGIN * max(x2 - x1, y2 - y1))
    return (
        max(0, int(x1 - more)),
        max(0, int(y1 - more)),
        min(facts.width, ceil(x2 + more)),
        min(facts.height, ceil(y2 + more)),
    )


def _ring(corners: Sequence[Spot]) -> tuple[tuple[float, float], ...]:
    """The corners, anticlockwise as RFC 7946 has it, whichever way the map is turned."""
    ring = [(spot.lon, spot.lat) for spot in corners]
    turned = zip(ring, [*ring[1:], ring[0]], strict=True)
    area = sum(a[0] * b[1] - b[0] * a[1] for a, b in turned)
    return tuple(ring if area > 0 else ring[::-1])
