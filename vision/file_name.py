"""File names: unique and portable, for names that people choose (cameras, zones, presets)."""

from __future__ import annotations

from hashlib import sha256

_READABLE, _DIGITS = 40, 12


def file_name(first: str, *more: str) -> str:
    """Return a file or folder name that is unique for these names on every file system.

    It begins with the first name as far as that can be written, for people; what tells it apart is
    a hash of all of them: `roof 1`, `roof-1` and `roof/1`, `Gate` and `gate` are six names.
    """
    readable = "".join(c if c.isalnum() or c == "-" else "-" for c in first)[:_READABLE]
    digest = sha256("\0".join((first, *more)).encode()).hexdigest()
    return f"{readable}.{digest[:_DIGITS]}"
