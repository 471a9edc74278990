"""`sampling.html`: pictures drawn at random, for a person to say what is on them."""

from __future__ import annotations

from pathlib import Path

from vision.audit.records import Report
from vision.audit.report.checking import draw
from vision.audit.report.thumbnails import IMAGES, Thumbnails
from vision.audit.report.words import WORDS
from vision.kinds import catalogue
from vision.pages.templates import whole_page

_WIDTH = 800
"""Of its pictures, pixels: small things are to be seen."""

_NEVER_FOUND = "illegal_structure"
"""One picture cannot tell it, so it cannot be missed."""


def render_sheet(report: Report, root: Path) -> str:
    """The page; it saves the answers as a `vision.audit.sheet.Sheet`.

    Args:
        root: the audit's folder, which holds the pictures.
    """
    language, sample = report.settings.language, draw(report)
    return whole_page(
        "vision.audit.report",
        "sampling.html",
        style="report.css",
        script="sampling.js",
        images=IMAGES,
        report=report,
        language=language,
        word=WORDS[language],
        sample=sample,
        thumbnail=Thumbnails(root, _WIDTH),
        kind_names={
            k.name: getattr(k, language) for k in catalogue().kinds if k.name != _NEVER_FOUND
        },
    )
