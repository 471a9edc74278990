"""Rollup: what many audits found by day, week or month; where it comes back; what it costs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from vision.audit.merging.violations import merge
from vision.audit.place import Place, Record
from vision.audit.records import FindingRecord, Picture, PictureRecord, Report, Violation
from vision.audit.report.areas import Areas
from vision.audit.report.words import ZONES
from vision.audit.rollup.deductions import Deductions
from vision.errors import PictureError
from vision.files import read_file
from vision.kinds import catalogue

By = Literal["day", "week", "month"]
_MOST_BYTES = 2**30


class Audited(Record):
    """One of the audits: its folder's name, what it calls itself, and its counts."""

    folder: str
    name: str
    started_at: str
    pictures: int
    videos: int
    not_audited: int
    violations: int


class Line(Record):
    """Violations of one sub-type in one area and period; `area` is "" where nobody knows.

    `undated` of them are counted on their audit's day, as no picture says when it was taken.
    `again` of them lie where an earlier one of the kind lay. `points` are not capped.
    """

    period: str
    area: str
    kind: str
    subtype: str
    violations: int
    undated: int
    again: int
    points: float


class Repeat(Record):
    """A place where violations of one kind were found by more than one audit, in order of days."""

    kind: str
    area: str
    place: Place
    days: tuple[str, ...]
    violations: tuple[str, ...]


class Score(Record):
    """What an area loses in a period: all points, and those that count under the cap."""

    period: str
    area: str
    points: float
    counted: float


class Rollup(Record):
    """The whole of `summary.json`."""

    schema_version: Literal["streetwarden.audit-summary/1"] = "streetwarden.audit-summary/1"
    language: Literal["zh", "en"]
    by: By
    audits: tuple[Audited, ...]
    lines: tuple[Line, ...]
    repeats: tuple[Repeat, ...]
    scores: tuple[Score, ...]
    deductions: Deductions | None
    twice: int
    """Violations that an earlier audit had found in the same pictures; they count once."""


@dataclass(frozen=True, slots=True)
class _Found:
    violation: Violation
    audit: int
    day: date
    dated: bool
    area: str


def read_report(folder: Path) -> Report:
    """The report in an audit's folder.

    Raises:
        PictureError: there is none that can be read.
    """
    path = folder / "report.json" if folder.is_dir() else folder
    try:
        return Report.model_validate_json(read_file(path, _MOST_BYTES))
    except (OSError, ValidationError) as error:
        raise PictureError(
            f"{path}: is no audit's report; give folders that `streetwarden audit` wrote"
        ) from error


def roll_up(
    reports: Sequence[tuple[str, Report]],
    by: By,
    areas: Areas,
    language: Literal["zh", "en"],
    deductions: Deductions | None = None,
) -> Rollup:
    """Count what audits found.

    A violation counts on the day that its first picture tells by its camera's clock, else on the
    day its audit began (in the zone of the language). The same pictures in two audits count once. A
    thing that two audits photographed anew is one violation for each: each round found it standing.

    Args:
        reports: each with its folder's name.
        by: the length of periods: calendar days, ISO weeks or calendar months.
        areas: that violations are counted by.
        deductions: a site's points.
    """
    ordered = sorted(reports, key=lambda pair: (pair[1].started_at, pair[0]))
    found, twice = _found([report for _, report in ordered], areas, language)
    repeats = _repeats(found)
    again = {v for repeat in repeats for v in repeat.violations[1:]}
    groups = dict[tuple[str, str, str, str], list[_Found]]()
    for one in found:
        key = (period(one.day, by), one.area, one.violation.kind, one.violation.subtype)
        groups.setdefault(key, []).append(one)
    lines = tuple(
        Line(
            period=key[0],
            area=key[1],
            kind=key[2],
            subtype=key[3],
            violations=len(here),
            undated=sum(not one.dated for one in here),
            again=sum(one.violation.id in again for one in here),
            points=deductions.of(*key[2:]) * len(here) if deductions else 0.0,
        )
        for key, here in sorted(groups.items(), key=lambda item: _order(item[0]))
    )
    return Rollup(
        language=language,
        by=by,
        audits=tuple(_audited(folder, report) for folder, report in ordered),
        lines=lines,
        repeats=repeats,
        scores=tuple(_scores(lines, deductions)) if deductions else (),
        deductions=deductions,
        twice=twice,
    )


def period(day: date, by: By) -> str:
    """`2026-03-01`, `2026-W09` or `2026-03`."""
    if by == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat() if by == "day" else f"{day:%Y-%m}"


def _order(key: tuple[str, str, str, str]) -> tuple[str, bool, str, int, str]:
    kinds = [kind.name for kind in catalogue().kinds]
    return key[0], not key[1], key[1], kinds.index(key[2]), key[3]


def _found(
    reports: Sequence[Report], areas: Areas, language: Literal["zh", "en"]
) -> tuple[list[_Found], int]:
    found, known, twice = list[_Found](), set[str](), 0
    for number, report in enumerate(reports):
        began = datetime.fromisoformat(report.started_at).astimezone(ZONES[language]).date()
        # Reports of versions before violations were merged have findings alone.
        for violation in report.violations or merge(report.pictures, {}, report.videos):
            if violation.id in known:
                twice += 1
                continue
            known.add(violation.id)
            told = _day(violation.first_taken_at)
            area = areas.of(violation.place)
            found.append(_Found(violation, number, told or began, told is not None, area))
    return found, twice


def _day(moment: str) -> date | None:
    """As the camera's clock had it, whatever its zone: that is the day of whoever stood there."""
    try:
        return datetime.fromisoformat(moment).date()
    except ValueError:
        return None


def _repeats(found: Sequence[_Found]) -> tuple[Repeat, ...]:
    """What `merge` takes for one place over the audits, however long lies between.

    Each audit goes in as one picture of all its violations, since those are different things.
    """
    by_audit = dict[int, list[_Found]]()
    for one in found:
        by_audit.setdefault(one.audit, []).append(one)
    groups = merge((_as_picture(str(n), here) for n, here in by_audit.items()), {})
    repeats = []
    for group in groups:
        here = sorted((by_audit[int(s.picture)][s.finding] for s in group.sightings), key=_when)
        if len(here) > 1 and group.place is not None:
            repeats.append(
                Repeat(
                    kind=group.kind,
                    area=here[-1].area,
                    place=group.place,
                    days=tuple(one.day.isoformat() for one in here),
                    violations=tuple(one.violation.id for one in here),
                )
            )
    return tuple(sorted(repeats, key=lambda r: (-len(r.days), r.kind, r.days, r.violations)))


def _when(one: _Found) -> tuple[date, str, int]:
    return one.day, one.violation.first_taken_at, one.audit


def _as_picture(name: str, found: Iterable[_Found]) -> Picture:
    findings = tuple(
        FindingRecord(
            kind=one.violation.kind,
            subtype=one.violation.subtype,
            score=one.violation.score,
            box=(0, 0, 1, 1),
            objects=1,
            codes={},
            why={},
            basis={},
            data={},
            place=one.violation.place,
        )
        for one in found
    )
    record = PictureRecord(
        sha256=hashlib.sha256(name.encode()).hexdigest(),
        width=1,
        height=1,
        taken_at="",  # a place is the same one whenever it was seen
        position=None,
        annotated="",
        seen={},
        findings=findings,
        objects=(),
    )
    return Picture(name=name, record=record)


def _scores(lines: Iterable[Line], deductions: Deductions) -> Iterable[Score]:
    sums = dict[tuple[str, str], float]()
    for line in lines:
        sums[line.period, line.area] = sums.get((line.period, line.area), 0.0) + line.points
    for (when, area), points in sums.items():
        counted = deductions.capped(points)
        yield Score(period=when, area=area, points=round(points, 4), counted=round(counted, 4))


def _audited(folder: str, report: Report) -> Audited:
    counts = report.counts
    return Audited(
        folder=folder,
        name=report.name,
        started_at=report.started_at,
        pictures=counts.pictures,
        videos=counts.videos,
        not_audited=counts.not_audited,
        violations=len(report.violations),
    )
