"""KLV: reads MISB ST 0601 local sets, in which surveying drones say where they are and look.

A set is a 16-byte key, a BER length, and items of a BER-OID tag, a BER length and a value (SMPTE
ST 336). Whole numbers stand for fractions of a range: n bits unsigned map 0 … 2^n - 1 to the range,
signed ones map ±(2^(n-1) - 1) to it, and -2^(n-1) says that there is no value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import asin, atan2, degrees, hypot, isfinite, nan, radians, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vision.sources.sample import Sample

KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
"""Of the UAS Datalink Local Set (ST 0601)."""
_LONGEST = 1 << 14
"""Bytes of a set that are read: ten times what drones send, security and all."""
_CHECKSUM, _END = b"\x01\x02", 4
"""How a set's last item begins, and its bytes."""
_TIME = 2
_LOCKED = 1e-6
"""Cosine of pitch from which straight down has no heading apart from its roll."""


class _Item(NamedTuple):
    """An item's bytes and the range that its numbers map to; signed where it is around 0."""

    size: int
    least: float
    most: float

    @property
    def signed(self) -> bool:
        return self.least == -self.most


_ITEMS = {
    5: _Item(2, 0, 360),  # platform heading, true, degrees
    6: _Item(2, -20, 20),  # platform pitch
    7: _Item(2, -50, 50),  # platform roll
    13: _Item(4, -90, 90),  # sensor latitude, WGS 84
    14: _Item(4, -180, 180),  # sensor longitude
    15: _Item(2, -900, 19_000),  # sensor altitude above the sea, metres
    16: _Item(2, 0, 180),  # horizontal field of view
    18: _Item(4, 0, 360),  # sensor azimuth, about the platform's down axis
    19: _Item(4, -180, 180),  # sensor elevation, about its right axis; negative is down
    20: _Item(4, 0, 360),  # sensor roll, about its optical axis; positive is clockwise
    21: _Item(4, 0, 5_000_000),  # slant range, metres
    25: _Item(2, -900, 19_000),  # elevation of the ground at the frame's centre, metres
    90: _Item(4, -90, 90),  # platform pitch, full range
    91: _Item(4, -90, 90),  # platform roll, full range
}
"""Of ST 0601, what a pose needs."""


def local_sets(data: bytes) -> Iterator[dict[int, bytes]]:
    """The items of each whole local set in some bytes, by tag; a repeated tag's last.

    What does not begin with the key (as the five-byte header of synchronous metadata, ISO/IEC
    13818-1, 2.12.4), is cut, absurdly long or fails its checksum is passed over.
    """
    at = data.find(KEY)
    while at >= 0:
        size, begins = _ber(data, at + len(KEY))
        end = begins + size
        further = at + len(KEY)
        if _END <= size <= _LONGEST and data[end - _END : end - 2] == _CHECKSUM:
            if _is_whole(data[at:end]):
                yield dict(_items(data[begins:end]))
            # Where its end is missing, the next one begins within it. Further back is not looked,
            # so that bytes are read once, whatever they say.
            further = max(further, end - len(KEY))
        at = data.find(KEY, further)


def timestamp(items: Mapping[int, bytes]) -> float:
    """Seconds since 1970 (precision time stamp, microseconds); NaN where there is none."""
    value = items.get(_TIME, b"")
    return int.from_bytes(value) / 1e6 if len(value) == 8 else nan


def numbers(items: Mapping[int, bytes]) -> dict[int, float]:
    """The numbers of a set that a pose needs, by tag, in degrees and metres; NaN for no value."""
    return {
        tag: _scaled(items[tag], item)
        for tag, item in _ITEMS.items()
        if len(items.get(tag, b"")) == item.size
    }


def sample(items: Mapping[int, bytes], at: float) -> Sample:
    """What a set tells, `at` seconds after the recording began.

    The height is above the ground that the frame's centre lies on, by its elevation, else by slant
    range and depression.
    """
    told = numbers(items)

    def first(*tags: int) -> float:
        return next((told[tag] for tag in tags if isfinite(told.get(tag, nan))), nan)

    yaw, pitch, roll = _attitude(
        (first(5), first(90, 6), first(91, 7)),
        (first(18), first(19), told.get(20, 0.0)),
    )
    height = first(15) - first(25)
    if not isfinite(height):
        height = first(21) * sin(radians(-pitch))
    return Sample(
        at=at,
        lon=first(14),
        lat=first(13),
        digits=7,
        height_m=height,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        fov=first(16),
    )


def _attitude(
    platform: tuple[float, float, float], sensor: tuple[float, float, float]
) -> tuple[float, float, float]:
    """Yaw, pitch and roll of a camera, degrees, from its platform's and its own relative to that.

    Each is turned in the order yaw, pitch, roll in north-east-down axes, as `DronePose` has them.
    Straight down, all of the turn is yaw.
    """
    turn = _rotation(*platform) @ _rotation(*sensor)
    level = hypot(turn[0, 0], turn[1, 0])
    pitch = degrees(asin(float(np.clip(-turn[2, 0], -1, 1)))) if isfinite(turn[2, 0]) else nan
    if level < _LOCKED:
        return degrees(atan2(-turn[0, 1], turn[1, 1])), pitch, 0.0
    return (
        degrees(atan2(turn[1, 0], turn[0, 0])),
        pitch,
        degrees(atan2(turn[2, 1], turn[2, 2])),
    )


def _rotation(yaw: float, pitch: float, roll: float) -> NDArray[np.float64]:
    """From axes ahead, right and down to north, east and down."""
    (cy, cp, cr), (sy, sp, sr) = (
        np.cos(np.radians((yaw, pitch, roll))),
        np.sin(np.radians((yaw, pitch, roll))),
    )
    return np.array(
        [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
    )


def _scaled(value: bytes, item: _Item) -> float:
    bits = 8 * item.size
    number = int.from_bytes(value, signed=item.signed)
    if item.signed:
        return nan if number == -(1 << (bits - 1)) else item.most * number / ((1 << (bits - 1)) - 1)
    return item.least + (item.most - item.least) * number / ((1 << bits) - 1)


def _items(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Up to the first that does not end within the set."""
    at = 0
    while at < len(content):
        tag = 0
        while at < len(content):  # BER-OID: seven bits a byte, the last without the eighth
            byte = content[at]
            tag, at = (tag << 7) | (byte & 0x7F), at + 1
            if byte < 0x80:
                break
        size, begins = _ber(content, at)
        if size < 0 or begins + size > len(content):
            return
        at = begins + size
        yield tag, content[begins:at]


def _ber(data: bytes, at: int) -> tuple[int, int]:
    """A length and where what it counts begins; -1 where it is none, or of more than four bytes."""
    if at >= len(data):
        return -1, at
    if (first := data[at]) < 0x80:
        return first, at + 1
    begins = at + 1 + (first & 0x7F)
    if not 1 <= first & 0x7F <= 4 or begins > len(data):
        return -1, at
    return int.from_bytes(data[at + 1 : begins]), begins


def _is_whole(whole: bytes) -> bool:
    """Whether the last two bytes of a set, from its key on, are the checksum of those before.

    The lower 16 bits of the sum of its 16-bit words (ST 0601, item 1).
    """
    summed = whole[:-2]
    total = (sum(summed[0::2]) << 8) + sum(summed[1::2])
    return total & 0xFFFF == int.from_bytes(whole[-2:])
