"""The audit's records, as they stand in the journal and in `report.json`."""

from __future__ import annotations

import hashlib
from typing import Literal

import numpy as np
from pydantic import Field

from vision.audit.exif import Position
from vision.audit.findings import BASIS, Box, Finding, rounded
from vision.audit.intake.items import Problem
from vision.audit.place import Place, Record
from vision.audit.sheet import Recall, Sheet
from vision.audit.video_records import Video
from vision.detections import Detections, class_names
from vision.episodes import Datum
from vision.printable import printable


class Settings(Record):
    """What, besides a picture's bytes, decides its record; another setting means another look."""

    language: Literal["zh", "en"]
    model: str
    version: str
    sha256: str
    engine: str
    image_size: int
    threshold: float
    truck_state: str
    """SHA-256 of the truck-state weights; empty where states were not read."""
    decisions: int
    """Version of the single-picture decisions."""
    brought: tuple[str, ...] = ()
    """Kinds of other packages that are looked for in single pictures."""

    @property
    def key(self) -> str:
        """A short digest of all of them."""
        # Without `brought` where there is none, as before it was a setting: those audits go on.
        text = self.model_dump_json(exclude_defaults=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class FoundObject(Record):
    """One detection: box xyxy in pixels of the picture."""

    name: str
    score: float
    box: Box


class FindingRecord(Record):
    """A `Finding` in words and numbers."""

    kind: str
    subtype: str
    score: float
    box: Box
    objects: int
    codes: dict[str, str]
    why: dict[Literal["zh", "en"], str]
    basis: dict[Literal["zh", "en"], str]
    data: dict[str, Datum]
    code: str | None = None
    """Of the reason, see `vision.rules.reasons`; None in audits of earlier versions."""
    place: Place | None = None
    outline: tuple[tuple[float, float], ...] = ()
    """Of an orthophoto's finding, the corners of its box on the ground: lon, lat, anticlockwise."""
    crop: str = ""
    """Of an orthophoto's finding, the path of a picture of it within the audit's folder."""


class PictureRecord(Record):
    """What was found in one picture, known by its bytes."""

    sha256: str
    width: int
    height: int
    taken_at: str
    position: Position | None
    annotated: str
    """Path of the masked, annotated derivative within the audit's folder."""
    seen: dict[str, int]
    findings: tuple[FindingRecord, ...]
    objects: tuple[FoundObject, ...]
    fingerprint: str = ""
    """Of the whole picture, see `merging.likeness`; empty in audits of earlier versions."""
    note: str = ""
    """What there is to know of how the picture was read, in English; mostly empty."""

    @property
    def files(self) -> tuple[str, ...]:
        """All files of the audit's folder that show it."""
        return (self.annotated, *(f.crop for f in self.findings if f.crop))


class Picture(Record):
    """One picture of the intake: its name, and its record or the name of the picture it repeats."""

    name: str
    duplicate_of: str | None = None
    record: PictureRecord | None = None


class Sighting(Record):
    """One finding of a violation: the picture's or video's name, and which of its findings, from 0.

    `offset_s`: of a video, seconds since it began.
    """

    picture: str
    finding: int
    score: float
    taken_at: str
    offset_s: float | None = None


class Violation(Record):
    """One thing, however often it was photographed; see `vision.audit.merging.violations`.

    `score` and `subtype` are the best sighting's; `sightings` are in order of time, then name.
    `first_taken_at` and `last_taken_at` are "" where no picture says when it was taken.
    """

    id: str
    kind: str
    subtype: str
    score: float
    place: Place | None
    sightings: tuple[Sighting, ...]
    first_taken_at: str
    last_taken_at: str


class Counts(Record):
    """The report's numbers. pictures = looked at; the others of the intake are named beside.

    `findings`, `by_kind` and `by_subtype` count what each picture and video shows; `violations`
    what there is of it, a thing in several pictures once.
    """

    pictures: int
    with_findings: int
    findings: int
    by_kind: dict[str, int]
    by_subtype: dict[str, int]
    seen: dict[str, int]
    duplicates: int
    not_audited: int
    videos: int = 0
    videos_with_findings: int = 0
    video_seconds: float = 0.0
    confirmed: int = 0
    """Of the findings, those that the rules confirmed: in videos."""
    violations: int = 0
    violations_by_kind: dict[str, int] = Field(default_factory=dict)


class Report(Record):
    """The whole of `report.json`."""

    schema_version: Literal["streetwarden.audit/1"] = "streetwarden.audit/1"
    started_at: str
    settings: Settings
    counts: Counts
    pictures: tuple[Picture, ...]
    problems: tuple[Problem, ...]
    videos: tuple[Video, ...] = ()
    violations: tuple[Violation, ...] = ()
    """Of the findings of all pictures; none in reports of earlier versions."""
    name: str = ""
    """What the audit is called: a site, a street, a day's round."""
    checked: Sheet | None = None
    """What a person answered about a sample of the pictures."""
    recall: Recall | None = None
    """What follows from that."""


def finding_record(finding: Finding, place: Place | None = None) -> FindingRecord:
    """A finding as it is written down."""
    return FindingRecord(
        kind=finding.kind,
        subtype=finding.subtype,
        score=round(finding.score, 4),
        box=rounded(finding.box),
        objects=finding.objects,
        codes=finding.codes,
        why={"zh": finding.why.zh, "en": finding.why.en},
        basis={"zh": BASIS["zh"], "en": BASIS["en"]},
        data=finding.why.data,
        code=finding.why.code,
        place=place,
    )


def found_objects(detections: Detections) -> tuple[FoundObject, ...]:
    """Each detection as it is written down."""
    return tuple(
        FoundObject(
            name=printable(str(name)), score=round(float(score), 4), box=rounded(box.tolist())
        )
        for name, score, box in zip(
            class_names(detections),
            np.asarray(detections.confidence if len(detections) else ()),
            np.asarray(detections.xyxy),
            strict=True,
        )
    )
