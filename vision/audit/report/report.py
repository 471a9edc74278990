"""The report: counts made once, and written as JSON, CSV, HTML, COCO, GeoJSON and KML."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from vision.audit.folder import AuditFolder
from vision.audit.intake.items import Problem
from vision.audit.merging.overlaps import lay_over
from vision.audit.merging.violations import merge
from vision.audit.records import Counts, FindingRecord, Picture, PictureRecord, Report, Settings
from vision.audit.report.areas import EVERYWHERE, Areas
from vision.audit.report.checking import recall
from vision.audit.report.coco import coco
from vision.audit.report.geojson import features, geojson
from vision.audit.report.kml import kml
from vision.audit.report.page import render
from vision.audit.report.sampling_page import render_sheet
from vision.audit.report.words import WORDS
from vision.audit.sheet import Sheet
from vision.audit.video_records import Video, VideoFinding
from vision.audit.videos.forms import OF_VIDEOS, csv_rows
from vision.kinds import catalogue
from vision.printable import printable
from vision.spreadsheet import inert

FILES = (
    *("report.html", "findings.csv", "report.json", "annotations.coco.json", "map.geojson"),
    *("map.kml", "sampling.html"),
)
_COLUMNS = (
    *("picture", "sha256", "kind", "subtype", "name", "score", "objects", "reason", "basis"),
    *("x1", "y1", "x2", "y2", "taken_at", "lon", "lat", "annotated"),
)


def compose(
    started_at: str,
    settings: Settings,
    pictures: Sequence[Picture],
    problems: Sequence[Problem],
    folder: AuditFolder | None = None,
    *,
    videos: Sequence[Video] = (),
    name: str = "",
    checked: Sheet | None = None,
    laid: Callable[[int, int], None] = lambda _, __: None,
) -> Report:
    """The report on these pictures and videos: what they show together, with its counts.

    Args:
        folder: that holds the pictures' sketches. Without it none is laid over another, and
            findings are one violation by their places on the ground alone.
        name: of the audit, for the head of its pages.
        checked: what a person answered about the sample that these pictures make.
        laid: how far pictures are laid over each other, as `lay_over` tells it.

    Raises:
        PictureError: `checked` is of other pictures.
    """
    records = [p.record for p in pictures if p.record is not None]
    films = [v.record for v in videos if v.record is not None]
    filmed = [f for film in films for f in film.findings]
    found: list[FindingRecord | VideoFinding] = [f for record in records for f in record.findings]
    found += filmed
    given: list[Picture | Video] = [*pictures, *videos]
    seen = Counter[str]()
    for record in records:
        seen.update(record.seen)
    overlaps = lay_over(pictures, folder.sketch, laid) if folder else {}
    violations = merge(pictures, overlaps, videos)
    counts = Counts(
        pictures=len(records),
        with_findings=sum(bool(r.findings) for r in records),
        findings=len(found),
        by_kind={k.name: sum(f.kind == k.name for f in found) for k in catalogue().kinds},
        by_subtype=dict(sorted(Counter(f"{f.kind}.{f.subtype}" for f in found).items())),
        seen={name: seen[name] for name in catalogue().class_names if name in seen},
        duplicates=sum(one.duplicate_of is not None for one in given),
        not_audited=len(problems),
        videos=len(films),
        videos_with_findings=sum(bool(film.findings) for film in films),
        video_seconds=round(sum(film.seconds for film in films), 1),
        confirmed=sum(f.state == "confirmed" for f in filmed),
        violations=len(violations),
        violations_by_kind={
            k.name: sum(v.kind == k.name for v in violations) for k in catalogue().kinds
        },
    )
    report = Report(
        started_at=started_at,
        settings=settings,
        counts=counts,
        pictures=tuple(pictures),
        problems=tuple(problems),
        videos=tuple(videos),
        violations=violations,
        name=printable(name),
    )
    if checked is None:
        return report
    return report.model_copy(update={"checked": checked, "recall": recall(report, checked)})


def publish(report: Report, folder: AuditFolder, *, areas: Areas = EVERYWHERE) -> None:
    """Write every form of the report and remove derivatives that none of them shows.

    Args:
        areas: that its page counts violations by.

    Raises:
        EvidenceError: the folder cannot be written to.
    """
    title = report.name or WORDS[report.settings.language]["title"]
    names = {kind.name: getattr(kind, report.settings.language) for kind in catalogue().kinds}
    forms = (
        render(report, folder.root, areas),
        findings_csv(report),
        report.model_dump_json(indent=1),
        coco(report),
        geojson(report),
        kml(features(report), title, names),
        render_sheet(report, folder.root),
    )
    for name, text in zip(FILES, forms, strict=True):
        folder.write(name, text.encode())
    shown = {file for p in report.pictures if p.record for file in p.record.files}
    shown.update(*(v.record.derivatives for v in report.videos if v.record is not None))
    folder.keep_only(shown)


def findings_csv(report: Report) -> str:
    """One row per finding; opens with a byte-order mark, so that Excel reads it as UTF-8."""
    standards = tuple(catalogue().standards)
    text = io.StringIO()
    text.write("\ufeff")
    rows = csv.writer(text)
    rows.writerow(
        (*_COLUMNS, *(f"code {s}" for s in standards), "reason_code", "violation", *OF_VIDEOS)
    )
    of = {(s.picture, s.finding): v.id for v in report.violations for s in v.sightings}
    for picture in report.pictures:
        for row in _rows(picture, report.settings, standards, of):
            rows.writerow([inert(cell) for cell in (*row, *("" for _ in OF_VIDEOS))])
    for video in report.videos:
        for row in csv_rows(video, report.settings, standards, of):
            rows.writerow([inert(cell) for cell in row])
    return text.getvalue()


def _rows(
    picture: Picture,
    settings: Settings,
    standards: Sequence[str],
    of: Mapping[tuple[str, int], str],
) -> list[tuple[str | float | None, ...]]:
    record: PictureRecord | None = picture.record
    if record is None:
        return []
    language = settings.language
    rows = []
    for number, finding in enumerate(record.findings):
        subtype = catalogue().kind(finding.kind).subtype(finding.subtype)
        at = finding.place or record.position  # the thing's place, or where somebody stood
        where = (at.lon, at.lat) if at else (None, None)
        rows.append(
            (
                *(picture.name, record.sha256, finding.kind, finding.subtype),
                subtype.zh if language == "zh" else subtype.en,
                *(finding.score, finding.objects),
                *(finding.why[language], finding.basis[language]),
                *finding.box,
                *(record.taken_at, *where, finding.crop or record.annotated),
                *(finding.codes.get(s, "") for s in standards),
                finding.code or "",
                of.get((picture.name, number), ""),
            )
        )
    return rows
