"""`compare.html`: one page that holds its pictures itself and asks nobody for anything."""

from __future__ import annotations

import base64

from vision.audit.report.words import at
from vision.compare.comparer import Outcome
from vision.compare.records import Comparison
from vision.compare.report import ordered
from vision.compare.structures import KIND
from vision.compare.words import WORDS
from vision.kinds import catalogue
from vision.pages.templates import whole_page

MOST_CHANGES, MOST_OVERVIEWS, MOST_GAPS = 200, 24, 200
"""Shown on the page, some 100, 400 and less than 1 KB each: a page that a browser opens at once.
The data files have all."""


def render(record: Comparison, outcome: Outcome) -> str:
    """The page. Names from outside are escaped; its policy allows only our script and style."""
    language = record.settings.language
    shown = list(zip(record.changes, ordered(outcome), strict=True))
    changes = [
        (change, _uri(merged.best.before), _uri(merged.best.after))
        for change, merged in shown[:MOST_CHANGES]
    ]
    overviews = [
        (overview.view.name, _uri(overview.before), _uri(overview.after))
        for overview in outcome.overviews[:MOST_OVERVIEWS]
    ]
    return whole_page(
        "vision.compare",
        "compare.html",
        style="compare.css",
        script="compare.js",
        images="data:",
        record=record,
        language=language,
        word=WORDS[language],
        kind=getattr(catalogue().kind(KIND), language),
        changes=changes,
        changes_left=len(shown) - len(changes),
        overviews=overviews,
        overviews_left=len(outcome.overviews) - len(overviews),
        gaps=record.not_compared[:MOST_GAPS],
        gaps_left=len(record.not_compared) - len(record.not_compared[:MOST_GAPS]),
        made=at(record.made_at, language),
    )


def _uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" if jpeg else ""
