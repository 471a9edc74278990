"""Cells of CSV files that no spreadsheet takes for more than they are."""

from __future__ import annotations

from vision.printable import harmless

BOM = b"\xef\xbb\xbf"
"""Begins a file of UTF-8 that Excel is to read as such."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""


def plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    text = harmless(text)
    return f"'{text}" if text.startswith(_FORMULA) else text
