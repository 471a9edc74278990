"""A roll-up as a page to print, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from vision.audit.report.words import WORDS, at
from vision.audit.rollup.rollup import Line, Rollup
from vision.audit.rollup.words import ROLLUP_WORDS
from vision.kinds import catalogue
from vision.pages.templates import whole_page
from vision.spreadsheet import inert


@dataclass(frozen=True, slots=True)
class Total:
    """A table's line: of a period or an area."""

    name: str
    by_kind: dict[str, int]
    again: int
    points: float

    @property
    def total(self) -> int:
        """Of all kinds."""
        return sum(self.by_kind.values())


def render_rollup(rollup: Rollup) -> str:
    """The page."""
    language = rollup.language
    word = ROLLUP_WORDS[language]
    kinds = [k for k in catalogue().kinds if any(line.kind == k.name for line in rollup.lines)]
    names = {k.name: getattr(k, language) for k in kinds}
    areas = _totals(rollup, names, "area")
    return whole_page(
        "vision.audit.report",
        "rollup.html",
        style="report.css",
        images="data:",
        rollup=rollup,
        language=language,
        word=word,
        colon=WORDS[language]["colon"],
        comma=WORDS[language]["comma"],
        summary=_summary(rollup),
        kind_names=names,
        periods=_totals(rollup, names, "period"),
        area_rows=sorted(areas, key=lambda row: (not row.name, -row.total, row.name)),
        points_note=word["points_note"].format(
            cap=word["cap"].format(f"{rollup.deductions.cap:g}")
            if rollup.deductions and rollup.deductions.cap is not None
            else ""
        ),
        days_note=word["days_note"].format(
            undated=sum(line.undated for line in rollup.lines),
            violations=sum(line.violations for line in rollup.lines),
            twice=rollup.twice,
        ),
        at=lambda moment: at(moment, language),
    )


def lines_csv(rollup: Rollup) -> str:
    """A row for each period, area and sub-type; opens with a byte-order mark, for Excel."""
    language = rollup.language
    return _csv(
        ROLLUP_WORDS[language]["columns"],
        (
            (
                *(line.period, line.area, line.kind, line.subtype),
                getattr(catalogue().kind(line.kind).subtype(line.subtype), language),
                *(line.violations, line.undated, line.again, line.points),
            )
            for line in rollup.lines
        ),
    )


def scores_csv(rollup: Rollup) -> str:
    """A row for each period and area: points, and those that count under the cap."""
    columns = ROLLUP_WORDS[rollup.language]["score_columns"]
    return _csv(columns, ((s.period, s.area, s.points, s.counted) for s in rollup.scores))


def _csv(columns: str, rows: Iterable[tuple[str | float, ...]]) -> str:
    text = io.StringIO()
    text.write("\ufeff")
    table = csv.writer(text)
    table.writerow(columns.split(","))
    table.writerows([inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def _totals(rollup: Rollup, kinds: Iterable[str], by: Literal["period", "area"]) -> list[Total]:
    """Lines summed by their period or area, in order."""
    order = list(kinds)
    groups = dict[str, list[Line]]()
    for line in rollup.lines:
        groups.setdefault(getattr(line, by), []).append(line)
    points = dict[str, float]()
    for score in rollup.scores:
        of = getattr(score, by)
        points[of] = points.get(of, 0.0) + score.counted
    return [
        Total(
            name=key,
            by_kind={
                kind: sum(line.violations for line in here if line.kind == kind) for kind in order
            },
            again=sum(line.again for line in here),
            points=round(points.get(key, 0.0), 4),
        )
        for key, here in sorted(groups.items())
    ]


def _summary(rollup: Rollup) -> list[str]:
    word = ROLLUP_WORDS[rollup.language]
    periods = sorted({line.period for line in rollup.lines})
    counts = {
        "audits": len(rollup.audits),
        "pictures": sum(one.pictures for one in rollup.audits),
        "videos": sum(one.videos for one in rollup.audits),
        "violations": sum(line.violations for line in rollup.lines),
    }
    if periods:
        said = [word["said"].format(first=periods[0], last=periods[-1], **counts)]
    else:
        said = [word["said_nothing"].format(**counts)]
    if rollup.repeats:
        said.append(word["said_again"].format(places=len(rollup.repeats)))
    if failed := sum(one.not_audited for one in rollup.audits):
        said.append(word["said_failed"].format(count=failed))
    return [*said, word["said_suspected"]] if periods else said
