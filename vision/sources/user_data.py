"""UserData: what a camera wrote into its stream beside the pictures, such as its own signature.

H.264 and H.265 carry it in SEI units ("user data unregistered", payload type 5 of ITU-T H.264 and
H.265, Annex D), each of which begins with a UUID that says whose it is. A remuxed clip keeps them.
They are counted here, not verified: that takes the maker's own tool and root certificate.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from uuid import UUID

SIGNATURES = {
    UUID("5369676e-6564-2056-6964-656f2e2e2e30"): "axis_signed_video",
    UUID("005bc93f-2d71-5e95-ada4-796f90877a6f"): "onvif_media_signing",
}
"""Whose data are a signature over the pictures: `kUuidSignedVideo` of Axis's signed video framework
and `kUuidMediaSigning` of ONVIF's media signing framework."""

_START = re.compile(rb"\x00\x00\x01")
_UNREGISTERED = 5
_UUID_BYTES = 16
_LENGTH_AT = {"h264": 4, "hevc": 21}
"""Where in the extradata of a stream without start codes it says how long its lengths are."""


def user_data(
    packets: Iterable[bytes], codec: str, extradata: bytes | None = None
) -> dict[UUID, int]:
    """Count the user data in these pictures by its UUID; nothing of other codecs.

    Args:
        packets: as sent.
        codec: FFmpeg's name.
        extradata: the stream's; tells whether units begin with start codes or lengths.
    """
    found: Counter[UUID] = Counter()
    if codec not in _LENGTH_AT:
        return found
    lengths = None
    if extradata is not None and extradata[:1] == b"\x01" and len(extradata) > _LENGTH_AT[codec]:
        lengths = (extradata[_LENGTH_AT[codec]] & 3) + 1
    for packet in packets:
        for unit in _by_lengths(packet, lengths) if lengths else _by_start_codes(packet):
            found.update(_uuids(unit, codec))
    return found


def _by_start_codes(packet: bytes) -> Iterator[memoryview]:
    view = memoryview(packet)
    starts = [match.end() for match in _START.finditer(packet)]
    for start, after in pairwise([*starts, len(packet) + 3]):
        yield view[start : after - 3]


def _by_lengths(packet: bytes, size: int) -> Iterator[memoryview]:
    view, at = memoryview(packet), 0
    while at + size < len(packet):
        length = int.from_bytes(view[at : at + size])
        yield view[at + size : at + size + length]
        at += size + length


def _uuids(unit: memoryview, codec: str) -> Iterator[UUID]:
    """Of the messages of one unit."""
    header = 1 if codec == "h264" else 2
    if len(unit) <= header:
        return
    kind = unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
    if kind not in ((6,) if codec == "h264" else (39, 40)):  # SEI; of H.265 prefix and suffix
        return
    # A 3 after two zeros is no data: it keeps start codes out of it.
    data = bytes(unit[header:]).replace(b"\x00\x00\x03", b"\x00\x00")
    at = 0
    while at + 2 < len(data):  # what follows the last message is one byte or two
        kind, at = _number(data, at)
        size, at = _number(data, at)
        if kind == _UNREGISTERED and size >= _UUID_BYTES and at + _UUID_BYTES <= len(data):
            yield UUID(bytes=data[at : at + _UUID_BYTES])
        at += size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of a message's head, 255 and more by several bytes, and where it ends."""
    number = 0
    while at < len(data) and data[at] == 0xFF:
        number, at = number + 0xFF, at + 1
    return number + (data[at] if at < len(data) else 0), at + 1
