"""Inert: text that no spreadsheet takes for a formula."""

from __future__ import annotations


def inert(cell: str | float | None) -> str | float | None:
    """A cell that no spreadsheet takes for a formula: text of that look gets an apostrophe.

    Follows OWASP's advice on CSV injection, with the full-width signs that Excel takes too.
    """
    if isinstance(cell, str) and cell.lstrip().startswith(tuple("=+-@＝＋－＠")):
        return f"'{cell}"
    if isinstance(cell, str) and cell.startswith(("\t", "\r", "\n")):
        return f"'{cell}"
    return cell
