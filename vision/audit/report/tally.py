"""Tally: a report's violations counted by kind, area and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vision.audit.records import Report, Violation
from vision.audit.report.areas import Areas
from vision.kinds import catalogue


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what it is of ("" where nobody knows), and how many of each kind."""

    name: str
    by_kind: dict[str, int]

    @property
    def total(self) -> int:
        """Of all kinds."""
        return sum(self.by_kind.values())


@dataclass(frozen=True, slots=True)
class Tally:
    """A report's violations by what a chief asks for.

    Attributes:
        kinds: those that occur, in the catalogue's order.
        subtypes: one row for each kind's sub-type, named `kind.subtype`.
        areas: most first, those without an area last.
        days: of the cameras' own clocks, in order, undated ones last.
        dated, zoned: pictures and videos that say when they were taken, and of those the ones
            that say their time zone too.
        confirmed: violations with a sighting that the rules confirmed.
    """

    kinds: tuple[str, ...]
    subtypes: tuple[Row, ...]
    areas: tuple[Row, ...]
    days: tuple[Row, ...]
    dated: int
    zoned: int
    confirmed: frozenset[str]


def tally(report: Report, areas: Areas) -> Tally:
    """Count a report's violations."""
    found = report.violations
    order = [kind.name for kind in catalogue().kinds]
    kinds = tuple(k for k in order if any(v.kind == k for v in found))
    by_area = rows(((areas.of(v.place), v) for v in found), kinds)
    stamps = [p.record.taken_at for p in report.pictures if p.record and p.record.taken_at]
    stamps += [v.record.taken_at for v in report.videos if v.record and v.record.taken_at]
    return Tally(
        kinds=kinds,
        subtypes=rows(((f"{v.kind}.{v.subtype}", v) for v in found), kinds),
        areas=tuple(sorted(by_area, key=lambda row: (not row.name, -row.total, row.name))),
        days=rows(((v.first_taken_at[:10], v) for v in found), kinds),
        dated=len(stamps),
        zoned=sum("+" in s or "Z" in s or "-" in s[10:] for s in stamps),
        confirmed=_confirmed(report),
    )


def rows(named: Iterable[tuple[str, Violation]], kinds: Sequence[str]) -> tuple[Row, ...]:
    """One row for each name, in their order, the empty one last."""
    counts = dict[str, Counter[str]]()
    for name, violation in named:
        counts.setdefault(name, Counter())[violation.kind] += 1
    names = sorted(counts, key=lambda name: (not name, name))
    return tuple(Row(name, {kind: counts[name][kind] for kind in kinds}) for name in names)


def _confirmed(report: Report) -> frozenset[str]:
    films = {v.name: v.record for v in report.videos if v.record is not None}
    return frozenset(
        violation.id
        for violation in report.violations
        for s in violation.sightings
        if s.picture in films and films[s.picture].findings[s.finding].state == "confirmed"
    )
