"""The report of a comparison: its record, and the files that it becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from vision import durable
from vision.audit.folder import READABLE
from vision.audit.intake.items import Problem
from vision.compare.appearance import Box
from vision.compare.changes import ALIKE, THRESHOLD
from vision.compare.comparer import Outcome
from vision.compare.merging import Merged, distinct
from vision.compare.records import (
    AreaRecord,
    ChangeRecord,
    Comparison,
    Counts,
    Ground,
    NotCompared,
    Place,
    Said,
    Settings,
)
from vision.compare.structures import KIND
from vision.compare.words import BASIS, SAID, WHY
from vision.engines.engine import Engine
from vision.errors import EvidenceError
from vision.kinds import catalogue
from vision.printable import to_json

PAGE, DATA, MAP = FILES = ("compare.html", "compare.json", "compare.geojson")
_SUBTYPE = "unauthorised_building"
_ORDER = ("appeared", "grown", "gone")


def settings_of(engine: Engine, language: Literal["zh", "en"], *, aligned: bool) -> Settings:
    """What a comparison depends on besides the pictures."""
    return Settings(
        language=language,
        model=engine.model.name,
        version=engine.model.version,
        sha256=engine.model.sha256,
        engine=engine.name,
        image_size=engine.image_size,
        threshold=THRESHOLD,
        alike=ALIKE,
        aligned=aligned,
    )


def ordered(outcome: Outcome) -> list[Merged]:
    """The changes in the order of the report: appeared, grown, gone; the surest first."""
    return sorted(
        outcome.merged,
        key=lambda one: (_ORDER.index(one.best.change.what), -one.best.change.score),
    )


def compose(
    outcome: Outcome,
    settings: Settings,
    problems: list[Problem],
    pictures: tuple[int, int],
    as_of: str | None = None,
) -> Comparison:
    """The record of a comparison.

    Args:
        problems: what was given and could not be read.
        pictures: how many the earlier and the later flight have.
        as_of: of a baseline, its day.
    """
    changes = ordered(outcome)
    whats = [one.best.change.what for one in changes]
    found = [
        (overview.view.name, area) for overview in outcome.overviews for area in overview.areas
    ]
    doubtful = distinct(outcome.views, lambda view: view.compared.doubtful)
    return Comparison(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        settings=settings,
        as_of=as_of,
        counts=Counts(
            appeared=whats.count("appeared"),
            grown=whats.count("grown"),
            gone=whats.count("gone"),
            unchanged=distinct(outcome.views, lambda view: view.compared.unchanged),
            doubtful=doubtful + outcome.doubtful,
            areas=len(found),
            pictures_before=pictures[0],
            pictures_after=pictures[1],
            compared=len(outcome.views),
            share=round(outcome.share, 4),
        ),
        ground=_ground(outcome),
        changes=tuple(_change(number, one) for number, one in enumerate(changes, start=1)),
        areas=tuple(
            AreaRecord(
                picture=name,
                outline=tuple((round(x, 1), round(y, 1)) for x, y in area.outline),
                share=round(area.share, 4),
            )
            for name, area in found
        ),
        not_compared=tuple(
            NotCompared(
                picture=gap.picture,
                flight="before" if gap.flight == "before" else "after",
                share=round(gap.share, 4),
                code=gap.code,
                why=_said(gap.code, count=gap.count),
            )
            for gap in outcome.gaps
        ),
        problems=tuple(problems),
    )


def write(folder: Path, page: str, record: Comparison) -> None:
    """Write every form of the report, each whole or not at all.

    Raises:
        EvidenceError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in zip(
            FILES, (page, record.model_dump_json(indent=1), geojson(record)), strict=True
        ):
            durable.write(folder / name, text.encode(), mode=READABLE)
    except OSError as error:
        raise EvidenceError(
            f"{folder}: cannot be written to ({error.strerror or error}); free space or give --out "
            "a folder that you may write to"
        ) from error


def geojson(record: Comparison) -> str:
    """The changes that have a place (RFC 7946, WGS 84): their boxes on the ground, as polygons."""
    features = []
    for change in record.changes:
        if change.place is None or change.outline is None:
            continue
        ring = [list(corner) for corner in (*change.outline, change.outline[0])]
        properties = {
            "number": change.number,
            "what": change.what,
            "kind": change.kind,
            "subtype": change.subtype,
            "suspected": True,
            "said": change.said,
            "basis": change.basis,
            "score": change.score,
            "accuracy_m": change.place.accuracy_m,
            "method": change.place.method,
            "size_m2": change.size_m2,
            "size_error_m2": change.size_error_m2,
            "pictures": list(change.pictures),
        }
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    return to_json({"type": "FeatureCollection", "features": features})


def _change(number: int, merged: Merged) -> ChangeRecord:
    best = merged.best
    change, ground = best.change, best.view.ground
    size = error = added = None
    outline = None
    if ground is not None:
        size, error = ground.size(change.box, best.view.off)
        if change.earlier is not None:
            added = size - ground.size(change.earlier, best.view.off)[0]
        x1, y1, x2, y2 = change.box
        # Counter-clockwise on the map, as RFC 7946 wants outer rings: a picture's y goes down.
        corners = ground.metres([(x1, y2), (x2, y2), (x2, y1), (x1, y1)])
        outline = tuple(_degrees(ground.plane.degrees(*corner)) for corner in corners.tolist())
    times = 0.0 if change.earlier is None else _area(change.box) / max(1e-9, _area(change.earlier))
    values = {"size": size, "error": error, "added": added, "times": times}
    place = best.position
    return ChangeRecord(
        number=number,
        what=change.what,
        kind=KIND,
        subtype=_SUBTYPE,
        codes=catalogue().kind(KIND).subtype(_SUBTYPE).codes,
        said={"zh": SAID[change.what].say("zh", values), "en": SAID[change.what].say("en", values)},
        basis={"zh": BASIS["zh"], "en": BASIS["en"]},
        score=round(change.score, 4),
        resemblance=None if change.resemblance is None else round(change.resemblance, 3),
        picture=best.view.name,
        box=_rounded(change.box),
        earlier_box=None if change.earlier is None else _rounded(change.earlier),
        earlier_pictures=tuple(link.shot.name for link in best.view.links),
        pictures=tuple(sorted(merged.views)),
        place=None
        if place is None
        else Place(
            lon=round(place.lon, 7),
            lat=round(place.lat, 7),
            crs=place.crs,
            accuracy_m=None if place.accuracy_m is None else round(place.accuracy_m, 2),
            method=place.method,
        ),
        outline=outline,
        size_m2=None if size is None else round(size, 1),
        size_error_m2=None if error is None else round(error, 1),
        added_m2=None if added is None else round(added, 1),
    )


def _ground(outcome: Outcome) -> Ground | None:
    if outcome.metres is None:
        return None
    before, after, compared = (round(metres, 1) for metres in outcome.metres)
    return Ground(before_m2=before, after_m2=after, compared_m2=compared)


def _said(code: str, **values: object) -> Said:
    return {"zh": WHY[code].say("zh", values), "en": WHY[code].say("en", values)}


def _degrees(place: tuple[float, float]) -> tuple[float, float]:
    return round(place[0], 7), round(place[1], 7)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _rounded(box: Box) -> Box:
    x1, y1, x2, y2 = (round(v, 1) for v in box)
    return x1, y1, x2, y2
