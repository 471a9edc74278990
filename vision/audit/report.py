"""The report: counts made once, and written as JSON, CSV, HTML, COCO and GeoJSON."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence

from vision.audit.exchange import coco, geojson
from vision.audit.folder import AuditFolder
from vision.audit.intake import Problem
from vision.audit.merging import merge
from vision.audit.overlaps import lay_over
from vision.audit.page import render
from vision.audit.records import Counts, Picture, PictureRecord, Report, Settings
from vision.kinds import catalogue

FILES = ("report.html", "findings.csv", "report.json", "annotations.coco.json", "map.geojson")
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
) -> Report:
    """The report on these pictures: what they show together, with its counts.

    Args:
        folder: that holds the pictures' sketches. Without it none is laid over another, and
            findings are one violation by their places on the ground alone.
    """
    records = [p.record for p in pictures if p.record is not None]
    found = [f for record in records for f in record.findings]
    seen = Counter[str]()
    for record in records:
        seen.update(record.seen)
    violations = merge(pictures, lay_over(pictures, folder.sketch) if folder else {})
    counts = Counts(
        pictures=len(records),
        with_findings=sum(bool(r.findings) for r in records),
        findings=len(found),
        by_kind={k.name: sum(f.kind == k.name for f in found) for k in catalogue().kinds},
        by_subtype=dict(sorted(Counter(f"{f.kind}.{f.subtype}" for f in found).items())),
        seen={name: seen[name] for name in catalogue().class_names if name in seen},
        duplicates=sum(p.duplicate_of is not None for p in pictures),
        not_audited=len(problems),
        violations=len(violations),
        violations_by_kind={
            k.name: sum(v.kind == k.name for v in violations) for k in catalogue().kinds
        },
    )
    return Report(
        started_at=started_at,
        settings=settings,
        counts=counts,
        pictures=tuple(pictures),
        problems=tuple(problems),
        violations=violations,
    )


def publish(report: Report, folder: AuditFolder) -> None:
    """Write every form of the report and remove derivatives that none of them shows.

    Raises:
        EvidenceError: the folder cannot be written to.
    """
    forms = (
        render(report),
        findings_csv(report),
        report.model_dump_json(indent=1),
        coco(report),
        geojson(report),
    )
    for name, text in zip(FILES, forms, strict=True):
        folder.write(name, text.encode())
    folder.keep_only({file for p in report.pictures if p.record for file in p.record.files})


def findings_csv(report: Report) -> str:
    """One row per finding; opens with a byte-order mark, so that Excel reads it as UTF-8."""
    standards = tuple(catalogue().standards)
    text = io.StringIO()
    text.write("\ufeff")
    rows = csv.writer(text)
    rows.writerow((*_COLUMNS, *(f"code {s}" for s in standards), "reason_code", "violation"))
    of = {(s.picture, s.finding): v.id for v in report.violations for s in v.sightings}
    for picture in report.pictures:
        for row in _rows(picture, report.settings, standards, of):
            rows.writerow([inert(cell) for cell in row])
    return text.getvalue()


def inert(cell: str | float | None) -> str | float | None:
    """A cell that no spreadsheet takes for a formula: text of that look gets an apostrophe.

    Follows OWASP's advice on CSV injection, with the full-width signs that Excel takes too.
    """
    if isinstance(cell, str) and cell.lstrip().startswith(tuple("=+-@＝＋－＠")):
        return f"'{cell}"
    if isinstance(cell, str) and cell.startswith(("\t", "\r", "\n")):
        return f"'{cell}"
    return cell


def _rows(
    picture: Picture,
    settings: Settings,
    standards: Sequence[str],
    of: Mapping[tuple[str, int], str],
) -> list[tuple[str | float | None, ...]]:
    record: PictureRecord | None = picture.record
    if record is None:
        return []
    where = (record.position.lon, record.position.lat) if record.position else (None, None)
    language = settings.language
    rows = []
    for number, finding in enumerate(record.findings):
        subtype = catalogue().kind(finding.kind).subtype(finding.subtype)
        rows.append(
            (
                *(picture.name, record.sha256, finding.kind, finding.subtype),
                subtype.zh if language == "zh" else subtype.en,
                *(finding.score, finding.objects),
                *(finding.why[language], finding.basis[language]),
                *finding.box,
                *(record.taken_at, *where, record.annotated),
                *(finding.codes.get(s, "") for s in standards),
                finding.code or "",
                of.get((picture.name, number), ""),
            )
        )
    return rows
