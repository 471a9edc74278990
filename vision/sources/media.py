"""Media: tells by its first bytes whether a file is a picture or a video, whatever it is called.

Signatures are the formats' own: JPEG (ITU-T T.81), PNG (W3C), RIFF (WebP, AVI), TIFF 6.0, ISO base
media (ISO/IEC 14496-12, `ftyp`), Matroska (EBML), MPEG-2 systems (ITU-T H.222.0), ASF, FLV.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Media = Literal["picture", "video"]

HEAD = 512
"""Bytes that tell: two packets of a transport stream, and the four that camcorders put before."""

_PICTURES = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*"),
    *(b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"),
)
_STILL_BRANDS = (
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"),
)
_NEITHER_BRANDS = (b"crx ", b"M4A ", b"M4B ", b"jxl ")
"""Of ISO base media: Canon's raw photos, sound, JPEG XL."""
_VIDEOS = (
    *(b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\0\0\x01\xba", b"\0\0\x01\xb3", b"DHAV"),
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
)
_ATOMS = (b"moov", b"mdat", b"wide", b"skip", b"free")
"""With which QuickTime files begin that have no `ftyp`."""
_SYNC = 0x47
_PACKETS = ((0, 188), (4, 192))
"""Of a transport stream: where the first packet begins, and how far apart they are."""
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)


_OTHER_RAW = b"II*\0\x10\0\0\0CR"
"""Of Canon, otherwise a TIFF."""
_OTHERS = (
    ("a web page", (b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML")),
    ("a PDF", (b"%PDF",)),
    ("a JPEG XL", (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")),
    ("a Photoshop file", (b"8BPS",)),
    ("a raw photo", (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"IIU\0", b"II\x1a\0\0\0HEAPCCDR")),
    ("a raw photo", (b"\0\0\0\x18ftypcrx ", _OTHER_RAW)),
    ("an archive", (b"PK\x03\x04", b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")),
)
"""Beginnings of what is named as a picture and is none that is read."""


def named(head: bytes) -> str:
    """What a file that is no picture is by its first bytes, as "a PDF"; "" where nobody knows."""
    if by_content(head) == "video":
        return "a video"
    head = head.lstrip(b"\xef\xbb\xbf \t\r\n") if head[:1] in b"\xef \t\r\n<" else head
    return next((what for what, starts in _OTHERS if head.startswith(starts)), "")


def by_content(head: bytes) -> Media | None:
    """What a file is by its first `HEAD` bytes; None where they do not tell."""
    if (head.startswith(_PICTURES) and not head.startswith(_OTHER_RAW)) or _is_bitmap(head):
        return "picture"
    if head.startswith(b"RIFF"):
        kinds: dict[bytes, Media] = {b"WEBP": "picture", b"AVI ": "video"}
        return kinds.get(head[8:12])
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        if brand in _NEITHER_BRANDS:
            return None
        return "picture" if brand in _STILL_BRANDS else "video"
    if head.startswith(_VIDEOS) or head[4:8] in _ATOMS or _is_transport_stream(head):
        return "video"
    return None


def look(path: Path) -> Media | None:
    """`by_content` of a file; None where it cannot be read, which whoever reads it reports."""
    try:
        with path.open("rb") as file:
            return by_content(file.read(HEAD))
    except OSError:
        return None


def _is_bitmap(head: bytes) -> bool:
    # "BM" alone also begins many a text.
    return head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BITMAP_HEADERS


def _is_transport_stream(head: bytes) -> bool:
    return any(
        len(head) > first + every and head[first] == head[first + every] == _SYNC
        for first, every in _PACKETS
    )
