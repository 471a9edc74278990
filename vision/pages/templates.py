"""Templates: a room's HTML, and pages of it that are one file and ask nobody for anything."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


@cache
def templates(room: str) -> Environment:
    """A package's templates, in its folder `template`, and `frame.html`; all values are escaped."""
    own, ours = PackageLoader(room, "template"), PackageLoader("vision.pages", ".")
    return Environment(
        loader=ChoiceLoader([own, ours]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def whole_page(
    room: str, template: str, *, style: str, script: str = "", images: str, **values: object
) -> str:
    """A page in `frame.html`, with its style and script inside; its policy allows these alone.

    Args:
        room: whose template it is, see `templates`.
        template, style, script: names of files there; no script where that is empty.
        images: where pictures may come from, as a policy names it.
        values: that the template shows; `language` among them.
    """
    own = Markup(_source(room, style))  # noqa: S704 - our own file
    run = Markup(_source(room, script)) if script else ""  # noqa: S704 - our own file
    allowed = f"script-src {_hash(run)}; " if script else ""
    policy = (
        f"default-src 'none'; img-src {images}; style-src {_hash(own)}; "
        f"{allowed}base-uri 'none'; form-action 'none'"
    )
    page = templates(room).get_template(template)
    return page.render(style=own, script=run, policy=policy, **values)


def _source(room: str, name: str) -> str:
    loader = templates(room).loader
    assert loader is not None
    return loader.get_source(templates(room), name)[0]


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
