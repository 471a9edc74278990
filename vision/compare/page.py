"""`compare.html`: one page that holds its pictures itself and asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vision.audit.report.words import at
from vision.compare.comparer import Outcome
from vision.compare.records import Comparison
from vision.compare.report import ordered
from vision.compare.structures import KIND
from vision.compare.words import WORDS
from vision.kinds import catalogue

MOST_CHANGES, MOST_OVERVIEWS, MOST_GAPS = 200, 24, 200
"""Shown on the page, some 100, 400 and less than 1 KB each: a page that a browser opens at once.
The data files have all."""


def render(record: Comparison, outcome: Outcome) -> str:
    """The page. Names from outside are escaped; its policy allows only our script and style."""
    language = record.settings.language
    environment = _environment()
    style, script = (
        Markup(environment.loader.get_source(environment, name)[0])  # noqa: S704 - our own files
        for name in ("compare.css", "compare.js")
        if environment.loader is not None
    )
    shown = list(zip(record.changes, ordered(outcome), strict=True))
    changes = [
        (change, _uri(merged.best.before), _uri(merged.best.after))
        for change, merged in shown[:MOST_CHANGES]
    ]
    overviews = [
        (overview.view.name, _uri(overview.before), _uri(overview.after))
        for overview in outcome.overviews[:MOST_OVERVIEWS]
    ]
    return environment.get_template("compare.html").render(
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
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src data:; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("vision.compare", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _uri(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}" if jpeg else ""


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
