"""Zip names: what a zip's file is called, whichever code its packer wrote and did not state.

A zip that states nothing says that its names are code page 437 (APPNOTE 4.4.4, appendix D); Windows
packs them in its own: GBK in China, Big5 in Taiwan and Hong Kong, Shift-JIS in Japan.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from itertools import pairwise

_STATED = 0x800
"""Flag of names in UTF-8."""
_UNICODE_PATH = 0x7075
"""Info-ZIP's field with the name in UTF-8 (APPNOTE 4.6.9): version, CRC of the plain name, name."""
_FIELD, _HEAD = struct.Struct("<HH"), struct.Struct("<BL")
_LATIN = range(0x80, 0xA6)
"""Letters with accents, of code page 437."""
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa][^\0-\x7f]|[^\0-\x7f][\u3041-\u3096\u30a1-\u30fa]")
"""Beside another letter that is no ASCII: an accent and the letter behind it may look like one."""
_FREQUENT = range(0xA440, 0xC67F)
"""Of Big5: the 5401 characters of its first level."""


def name_of(info: zipfile.ZipInfo) -> str:
    """The name as its packer meant it."""
    if info.flag_bits & _STATED:
        return info.orig_filename
    try:
        raw = info.orig_filename.encode("cp437")
    except UnicodeEncodeError:
        return info.orig_filename
    return _unicode_path(info.extra, raw) or decoded(raw)


def decoded(raw: bytes) -> str:
    """A name in a code that nobody states.

    UTF-8 and GB 2312 are told by their bytes (one character of GB 2312 may be Cyrillic in UTF-8,
    and is Chinese), and so are letters with accents that stand alone. Japanese has kana, and common
    traditional Chinese is Big5's first level. What is left is GBK with rare characters.
    """
    name, chinese = _as(raw, "utf-8"), _as(raw, "gb2312")
    if name is not None and (chinese is None or any(_is_telling(ch) for ch in name)):
        return name
    if chinese is not None:
        return chinese
    name = _as(raw, "cp932")
    if name is not None and _KANA.search(name):
        return name
    if _are_accents(raw):
        return raw.decode("cp437")
    name = _as(raw, "cp950")
    if name is not None and all(ch.isascii() or _is_frequent(ch) for ch in name):
        return name
    name = _as(raw, "gb18030")
    return raw.decode("cp437") if name is None else name


def _is_telling(character: str) -> bool:
    """Of UTF-8: Latin with accents, or of three bytes and more."""
    return "\x80" <= character <= "\xff" or character >= "\u0800"


def _as(raw: bytes, code: str) -> str | None:
    try:
        return raw.decode(code)
    except UnicodeDecodeError:
        return None


def _are_accents(raw: bytes) -> bool:
    """Whether all bytes beyond ASCII are letters of code page 437, each beside others of ASCII."""
    high = [at for at, byte in enumerate(raw) if byte >= 0x80]
    apart = all(then - now > 1 for now, then in pairwise(high))
    return apart and all(raw[at] in _LATIN for at in high)


def _is_frequent(character: str) -> bool:
    return int.from_bytes(character.encode("cp950", "replace")) in _FREQUENT


def _unicode_path(extra: bytes, raw: bytes) -> str:
    """The name in Info-ZIP's field; "" where there is none, or of another name than this."""
    at = 0
    while at + _FIELD.size <= len(extra):
        kind, size = _FIELD.unpack_from(extra, at)
        body = extra[at + _FIELD.size : at + _FIELD.size + size]
        at += _FIELD.size + size
        if kind == _UNICODE_PATH and len(body) == size > _HEAD.size:
            version, crc = _HEAD.unpack_from(body)
            if version == 1 and crc == zlib.crc32(raw):
                return _as(body[_HEAD.size :], "utf-8") or ""
    return ""
