"""Templates: the audit's pages, each one file that asks nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def fill(template: str, style: str, script: str, **values: object) -> str:
    """A page from `template/`. Text from outside is escaped; its policy allows only our script.

    Args:
        template, style, script: names of files; no script where that is empty.
        values: that the template shows.
    """
    environment = _environment()
    own = Markup(_source(style))  # noqa: S704 - our own file
    run = Markup(_source(script)) if script else ""  # noqa: S704 - our own file
    allowed = f"script-src {_hash(run)}; " if script else ""
    policy = (
        f"default-src 'none'; img-src 'self' file: data:; style-src {_hash(own)}; "
        f"{allowed}base-uri 'none'; form-action 'none'"
    )
    return environment.get_template(template).render(style=own, script=run, policy=policy, **values)


def _source(name: str) -> str:
    loader = _environment().loader
    assert loader is not None
    return loader.get_source(_environment(), name)[0]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("vision.audit.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
