"""Masked: how a site file changed, line by line, without what is secret in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from api.setup.written import Written, written
from vision.errors import SiteError
from vision.redaction import REDACTION
from vision.site.text import text_of
from vision.site.yaml_tree import read_tree

_SHOWN = frozenset(
    (
        *("site", "cameras", "permits", "assets", "silences", "inhibit", "defaults", "matters"),
        *("working", "retention", "review", "reports", "workers", "baseline", "unit_grid"),
    )
)
"""The parts of a site file that no secret belongs in. Of the others only the names are shown: of a
part that is new here too, until somebody has thought about it."""
_HIDDEN_IN = frozenset(("source", "secret", "password", "token", "key"))
_MASK = "***"
MOST_LINES = 4000
"""Lines of a difference that are shown; a file of 500 cameras has some 6,000 lines."""


def difference(before: bytes, after: bytes, name: str) -> str:
    """The unified difference of two contents, as it may be shown.

    Args:
        before: the content before.
        after: the content after.
        name: of the file, for the head.
    """
    old, new = (_masked(content).splitlines() for content in (before, after))
    lines = list(difflib.unified_diff(old, new, name, name, lineterm="", n=3))
    left = len(lines) - MOST_LINES
    if left > 0:
        lines = [*lines[:MOST_LINES], f"… {left} lines more"]
    return "\n".join(lines)


def _masked(content: bytes) -> str:
    try:
        text = text_of(content, Path("site.yaml"))
        read_tree(text, Path("site.yaml"))  # which bounds what the next line unfolds
    except SiteError:
        return _MASK
    masked, place = [], 0
    for node in sorted(_secrets(written(text)), key=lambda node: node.start):
        end = len(text[: node.end].rstrip())
        if node.start >= place and end > node.start:
            masked += [text[place : node.start], _MASK]
            place = end
    return REDACTION("".join([*masked, text[place:]]))


def _secrets(root: Written) -> Iterator[Written]:
    """What is hidden: the values of parts that may hold secrets, and of settings that do."""
    for key, value in _pairs(root):
        if key.text in _SHOWN:
            yield from _named_so(value)
        else:
            yield from _leaves(value)


def _named_so(node: Written) -> Iterator[Written]:
    for key, value in _pairs(node):
        if key.text.lower() in _HIDDEN_IN:
            yield from _leaves(value)
        else:
            yield from _named_so(value)
    if node.kind == "list":
        for part in node.parts:
            yield from _named_so(part)


def _leaves(node: Written) -> Iterator[Written]:
    if node.kind in {"text", "alias"}:
        yield node
    for part in node.parts if node.kind == "list" else [v for _, v in _pairs(node)]:
        yield from _leaves(part)


def _pairs(node: Written) -> list[tuple[Written, Written]]:
    if node.kind != "mapping":
        return []
    return list(zip(node.parts[::2], node.parts[1::2], strict=True))
