"""Names of uploaded files: what the client calls them, with their folders, and never a way out."""

from __future__ import annotations

from api.errors import CaseError
from api.words.said import say
from vision.printable import printable

LONGEST_PART = 240
"""Bytes of one part in UTF-8; file systems take 255."""
LONGEST, DEEPEST = 1000, 12
"""Characters of a whole name, and how many folders deep."""


def checked(name: str) -> str:
    """The name as it is given: a file's, with the folders that lead to it, by `/`.

    Raises:
        CaseError: it is no such name: empty or with an empty part, absolute, with `..`, a backslash
            or what is no printable character, or too long.
    """
    parts = name.split("/")
    bad = (
        len(name) > LONGEST
        or len(parts) > DEEPEST
        or "\\" in name
        or printable(name) != name
        or any(part in {"", ".", ".."} or part != part.strip() for part in parts)
    )
    if bad or any(len(part.encode()) > LONGEST_PART for part in parts):
        raise CaseError(say("audit_file_name", name=name[:LONGEST], most=LONGEST_PART))
    return name


def under(name: str) -> list[str]:
    """The folders that a name lies in, outermost first."""
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
