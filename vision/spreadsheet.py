"""Spreadsheet: cells of files that no spreadsheet takes for more than they are."""

from __future__ import annotations

from vision.printable import harmless

BOM = b"\xef\xbb\xbf"
"""Begins a file of UTF-8 that Excel is to read as such."""
_FORMULA = tuple("=+-@＝＋－＠")
_BEFORE = ("\t", "\r", "\n")
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection), with the full-width
signs that Excel takes too."""


def plain(text: str) -> str:
    """A text for a spreadsheet: `harmless`, and no formula."""
    return _quoted(harmless(text))


def inert(cell: str | float | None) -> str | float | None:
    """A cell that no spreadsheet takes for a formula, otherwise as it is."""
    return _quoted(cell) if isinstance(cell, str) else cell


def _quoted(text: str) -> str:
    """With an apostrophe before what looks like a formula."""
    formula = text.startswith(_BEFORE) or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if formula else text
