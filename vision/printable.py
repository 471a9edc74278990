"""Printable: names from outside (files, members of zips, labels, cameras) as harmless text.

A file's name may hold anything: escape sequences that recolour a terminal or set its title, line
breaks that forge a line of a log, controls that turn the direction of reading around ("Trojan
Source", CVE-2021-42574), and bytes that are no UTF-8, which Python carries as lone surrogates and
no UTF-8 file or terminal takes.
"""

from __future__ import annotations

import json
import re
from typing import Any

_CONTROLS = (
    "\x7f-\x9f"  # DEL and the C1 controls, which terminals obey as they do ESC
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction of reading (Unicode UAX 9)
    "\u2028\u2029"  # line and paragraph separator
    "\ud800-\udfff"  # surrogates: bytes that are no UTF-8
)
_IN_A_NAME = re.compile(f"[\x00-\x1f{_CONTROLS}]")
_IN_A_TEXT = re.compile(f"[\x00-\x08\x0b-\x1f{_CONTROLS}]")  # tabs and line breaks are meant
# A word with bytes that are no UTF-8; no character of GB 18030 ends in what separates words here.
_RAW = re.compile("[^/: \n]*[\udc80-\udcff][^/: \n]*")


def printable(name: str) -> str:
    r"""A name on one line, with what drives a terminal or a reader written as `\x1b` or `\u202e`.

    A name that is no UTF-8 is read as GB 18030, which Chinese Windows writes, where it is that.
    """
    return _IN_A_NAME.sub(_escaped, _RAW.sub(_decoded, name))


def harmless(text: str) -> str:
    """A whole text for a terminal or a log: as `printable`, but its tabs and lines are kept."""
    return _IN_A_TEXT.sub(_escaped, _RAW.sub(_decoded, text))


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON with readable Chinese that any UTF-8 file or terminal takes.

    What `printable` would escape is escaped as JSON does, so that a program reads the same names.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _IN_A_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _decoded(found: re.Match[str]) -> str:
    word = found[0]
    try:
        return word.encode("utf-8", "surrogateescape").decode("gb18030")
    except UnicodeError:
        return word


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
