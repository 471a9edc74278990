"""`report.html`: one page that a chief can read, print and send on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase

from vision.audit.records import Picture, Report
from vision.audit.report.areas import EVERYWHERE, Areas
from vision.audit.report.cards import cards
from vision.audit.report.causes import in_chinese
from vision.audit.report.limits import limits
from vision.audit.report.plan import HIGH, WIDE, plan
from vision.audit.report.summary import days, summary
from vision.audit.report.tally import Row, tally
from vision.audit.report.thumbnails import IMAGES, Thumbnails
from vision.audit.report.words import WORDS, at, clock, counted
from vision.audit.video_records import Video
from vision.kinds import catalogue
from vision.pages.templates import whole_page

_ROWS = 15
"""Areas that the page lists one by one."""


def render(report: Report, root: Path, areas: Areas = EVERYWHERE) -> str:
    """The page.

    Violations' pictures are in it, as far as `thumbnails.BUDGET` goes; the others and all full
    sizes lie beside it.

    Args:
        root: the audit's folder, which holds the pictures.
        areas: that violations are counted by.
    """
    language = report.settings.language
    kinds, classes = catalogue().kinds, catalogue().classes
    copies: dict[str, list[str]] = {}
    given: list[Picture | Video] = [*report.pictures, *report.videos]
    for one in given:
        if one.duplicate_of is not None:
            copies.setdefault(one.duplicate_of, []).append(one.name)
    counted_up = tally(report, areas)
    cells = [row.name for row in counted_up.areas if row.name and not areas.outlines]
    tags = dict(zip(cells, ascii_uppercase, strict=False))
    drawings, undrawn = plan(report, areas, tags)
    drawn = {label for drawing in drawings for label, *_ in drawing.outlines}
    tags = {name: tag for name, tag in tags.items() if tag in drawn}
    known = limits(report.settings)
    found = list(cards(report, areas, Thumbnails.for_many(root, len(report.violations))))
    return whole_page(
        "vision.audit.report",
        "report.html",
        style="report.css",
        script="report.js",
        images=IMAGES,
        report=report,
        language=language,
        word=WORDS[language],
        summary=summary(report, counted_up, report.recall, tags),
        days=days(counted_up),
        tally=counted_up,
        area_rows=_most(counted_up.areas, WORDS[language]["other_areas"]),
        areas=areas,
        tags=tags,
        drawings=drawings,
        undrawn=undrawn,
        size=(WIDE, HIGH),
        cards=found,
        inlined=all(card.thumbnail.startswith("data:") for card in found),
        limits=known,
        cause=in_chinese if language == "zh" else str,
        kind_names={k.name: getattr(k, language) for k in kinds},
        subtype_names={(k.name, s.name): getattr(s, language) for k in kinds for s in k.subtypes},
        class_names={c.name: getattr(c, language) for c in classes},
        shown=[p for p in report.pictures if p.record is not None],
        films=[v for v in report.videos if v.record is not None],
        clock=clock,
        pictured={v.kind for v in report.violations},
        copies=copies,
        violation_of={(s.picture, s.finding): v for v in report.violations for s in v.sightings},
        started=at(report.started_at, language),
        counted=counted,
    )


def _most(rows: Sequence[Row], others: str) -> list[Row]:
    """The rows with the most, then the sum of the others, then what has no name."""
    named, unnamed = [r for r in rows if r.name], [r for r in rows if not r.name]
    if len(named) <= _ROWS + 1:
        return [*rows]
    rest = named[_ROWS:]
    kinds = rest[0].by_kind
    summed = {kind: sum(row.by_kind[kind] for row in rest) for kind in kinds}
    return [*named[:_ROWS], Row(others.format(len(rest)), summed), *unnamed]
