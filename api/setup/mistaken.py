"""Mistaken: the mistakes of a content of the site file, as they are told over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from api.setup.site_file import Content
from api.words.said import Mistaken
from vision.errors import SiteError


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the file what was given stands, and where in the request's body it stood."""

    file: tuple[int | str, ...]
    body: tuple[int | str, ...] = ("body",)


def told(content: Content, error: SiteError, place: Place | None = None) -> list[Mistaken]:
    """What is wrong with a content, each with its pointer and line.

    Args:
        content: which has the mistakes.
        error: which said so.
        place: of what was given: a mistake in it points into the request, any other into the file.
    """
    found = []
    for line, where, what in content.mistakes(error):
        at: tuple[int | str, ...] = ("file", *where)
        if place is not None and where[: len(place.file)] == place.file:
            at = (*place.body, *where[len(place.file) :])
        found.append(Mistaken("/" + "/".join(map(str, at)), what, line))
    return found
