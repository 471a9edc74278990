"""Masked: the text of a site file without what is secret in it."""

from __future__ import annotations

from collections.abc import Iterator

from api.setup.written import Written
from vision.redaction import REDACTION

_SHOWN = frozenset(
    (
        *("site", "cameras", "permits", "assets", "silences", "inhibit", "defaults", "matters"),
        *("working", "retention", "review", "reports", "workers", "baseline", "unit_grid"),
        *("divisions", "plates"),
    )
)
"""The parts of a site file that no secret belongs in. Of the others only the names are shown: of a
part that is new here too, until somebody has thought about it."""
_HIDDEN_IN = frozenset(("source", "secret", "password", "token", "key"))
_MASK = "***"


def masked(text: str, root: Written) -> str:
    """A site file's text without what may be secret in it.

    Args:
        text: that can be read.
        root: where its parts are written.
    """
    told, place = [], 0
    for node in sorted(_secrets(root), key=lambda node: node.start):
        end = len(text[: node.end].rstrip())
        if node.start >= place and end > node.start:
            told += [text[place : node.start], _MASK]
            place = end
    return REDACTION("".join([*told, text[place:]]))


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
