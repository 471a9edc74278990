"""The text of a site file: bytes to characters, with the line of the first that does not belong."""

from __future__ import annotations

import re
from pathlib import Path

from vision.errors import SiteError
from vision.files import read_file

MOST_BYTES = 2 * 2**20
"""A camera takes some 400 bytes: more than five thousand of them are no site but a mistake."""
# What neither a text editor shows nor YAML allows, and a half of a character that is none.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def read_text(path: Path) -> str:
    """A site file's text.

    Raises:
        SiteError: it cannot be read, is not UTF-8, or has a control character in it.
    """
    try:
        content = read_file(path, MOST_BYTES)
    except OSError as error:
        raise SiteError(
            f"{path}: cannot read the site file ({error.strerror}); give the path of a YAML file"
        ) from error
    return text_of(content, path)


def text_of(content: bytes, path: Path) -> str:
    """The text of a site file's content; a line feed ends each of its lines.

    Args:
        content: `MOST_BYTES` at most.
        path: for messages.

    Raises:
        SiteError: it is too large, is not UTF-8, or has a control character in it.
    """
    if len(content) > MOST_BYTES:
        raise SiteError(f"{path}: is larger than {MOST_BYTES / 2**20:g} MiB; write less")
    if content.startswith(_UTF16_MARKS) or content[:200].count(0) >= len(content[:200]) / 3 > 0:
        raise SiteError(f"{path}:1: is not UTF-8 but UTF-16 text; save the site file as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        perhaps = " (GBK, perhaps)" if _reads(content, "gb18030") else ""
        raise SiteError(
            f"{path}:{line}: is not UTF-8 text{perhaps}; save the site file as UTF-8"
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = _CONTROL.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise SiteError(f"{path}:{line}: {control_named(found[0])} in column {column}; remove it")
    return text


def control_in(text: str, *, lines: bool = True) -> str | None:
    """The first control character of a text by its name; None where there is none.

    Args:
        text: what somebody wrote.
        lines: whether it may have several lines.
    """
    found = _CONTROL.search(text) or (None if lines else re.search(r"\n", text))
    return control_named(found[0]) if found is not None else None


def control_named(character: str) -> str:
    """For example `the control character U+001B`."""
    return f"the control character U+{ord(character):04X}"


def _reads(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
