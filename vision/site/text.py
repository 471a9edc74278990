"""The text of a site file: bytes to characters, with the line of the first that does not belong."""

from __future__ import annotations

import re
from pathlib import Path

from vision.errors import Mistake, SiteError
from vision.files import read_file
from vision.mistakes.wrong import wrong
from vision.sentence import Said

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
        raise at_line(path, None, wrong("file_unreadable", why=error.strerror)) from error
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
        raise at_line(path, None, wrong("file_large", most=f"{MOST_BYTES / 2**20:g}"))
    if content.startswith(_UTF16_MARKS) or content[:200].count(0) >= len(content[:200]) / 3 > 0:
        raise at_line(path, 1, wrong("file_utf16"))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        perhaps = "GBK" if _reads(content, "gb18030") else ""
        raise at_line(path, line, wrong("file_not_utf8", perhaps=perhaps)) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = _CONTROL.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise at_line(path, line, wrong("control_at", code=control_code(found[0]), column=column))
    return text


def control_in(text: str, *, lines: bool = True) -> str | None:
    """The first control character of a text, such as `U+001B`; None where there is none.

    Args:
        text: what somebody wrote.
        lines: whether it may have several lines.
    """
    found = _CONTROL.search(text) or (None if lines else re.search(r"\n", text))
    return control_code(found[0]) if found is not None else None


def control_code(character: str) -> str:
    """For example `U+001B`."""
    return f"U+{ord(character):04X}"


def at_line(path: Path, line: int | None, said: Said) -> SiteError:
    """The error of one mistake of the file as a text; None where it is of no line."""
    where = f"{path}:{line}" if line is not None else str(path)
    return SiteError(f"{where}: {said}", [Mistake(line or 1, (), said)])


def _reads(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
