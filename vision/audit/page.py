"""`report.html`: one page over the folder's pictures, with no resource from anywhere else."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from vision.audit.records import Report
from vision.audit.words import WORDS, at, counted
from vision.kinds import catalogue


def render(report: Report) -> str:
    """The page. Names from outside are escaped; its security policy allows only our script."""
    language = report.settings.language
    kinds, classes = catalogue().kinds, catalogue().classes
    environment = _environment()
    style, script = (
        Markup(environment.loader.get_source(environment, name)[0])  # noqa: S704 - our own files
        for name in ("report.css", "report.js")
        if environment.loader is not None
    )
    copies: dict[str, list[str]] = {}
    for picture in report.pictures:
        if picture.duplicate_of is not None:
            copies.setdefault(picture.duplicate_of, []).append(picture.name)
    return environment.get_template("report.html").render(
        report=report,
        language=language,
        word=WORDS[language],
        kind_names={k.name: getattr(k, language) for k in kinds},
        subtype_names={(k.name, s.name): getattr(s, language) for k in kinds for s in k.subtypes},
        class_names={c.name: getattr(c, language) for c in classes},
        shown=[p for p in report.pictures if p.record is not None],
        copies=copies,
        violation_of={(s.picture, s.finding): v for v in report.violations for s in v.sightings},
        started=at(report.started_at, language),
        counted=counted,
        style=style,
        script=script,
        policy=f"default-src 'none'; img-src 'self' file: data:; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("vision.audit", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
