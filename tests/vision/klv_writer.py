"""Writes what a surveying drone sends: MISB ST 0601 local sets in an MPEG transport stream.

Written by hand after ISO/IEC 13818-1 and MISB ST 1402, as FFmpeg writes no synchronous metadata.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Literal, NamedTuple

import av
import numpy as np

KEY = bytes.fromhex("060e2b34020b01010e01030101000000")
RANGES = {
    5: (2, 0, 360), 6: (2, -20, 20), 7: (2, -50, 50), 13: (4, -90, 90), 14: (4, -180, 180),
    15: (2, -900, 19000), 16: (2, 0, 180), 17: (2, 0, 180), 18: (4, 0, 360), 19: (4, -180, 180),
    20: (4, 0, 360), 21: (4, 0, 5_000_000), 23: (4, -90, 90), 24: (4, -180, 180),
    25: (2, -900, 19000), 90: (4, -90, 90), 91: (4, -90, 90),
}  # fmt: skip
"""Bytes and range of ST 0601's items."""

VIDEO, METADATA, TABLE = 0x101, 0x102, 0x100


def local_set(items: Mapping[int, float | bytes], seconds: float | None = None) -> bytes:
    """A set with its checksum; numbers by their item's range, bytes as they are."""
    content = b"" if seconds is None else item(2, round(seconds * 1e6).to_bytes(8))
    for tag, value in items.items():
        content += item(tag, value if isinstance(value, bytes) else scaled(tag, value))
    return checked(KEY + ber(len(content) + 4) + content)


def checked(unfinished: bytes) -> bytes:
    """With the checksum as ST 0601 has it in C: every other byte eight bits up, from the first."""
    whole = unfinished + b"\x01\x02"
    total = 0
    for at, byte in enumerate(whole):
        total += byte << (8 * ((at + 1) % 2))
    return whole + (total & 0xFFFF).to_bytes(2)


def item(tag: int, value: bytes) -> bytes:
    name = bytes([tag]) if tag < 128 else bytes([0x80 | tag >> 7, tag & 0x7F])
    return name + ber(len(value)) + value


def ber(length: int) -> bytes:
    return bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2)


def scaled(tag: int, value: float) -> bytes:
    size, least, most = RANGES[tag]
    if least == -most:
        number = round(value / most * ((1 << (8 * size - 1)) - 1))
        return number.to_bytes(size, signed=True)
    return round((value - least) / (most - least) * ((1 << 8 * size) - 1)).to_bytes(size)


class Sent(NamedTuple):
    """One metadata packet: seconds of the film at which it is sent, and its bytes."""

    at: float
    content: bytes


def write_stream(
    path: Path,
    sent: Iterable[Sent],
    *,
    frames: int = 20,
    fps: int = 10,
    size: tuple[int, int] = (160, 96),
    carriage: Literal["synchronous", "asynchronous", "asynchronous with times"] = "synchronous",
    first_s: float = 10.0,
) -> Path:
    """A film of `frames` grey pictures with metadata beside; its clock begins at `first_s`."""
    units = [(at, 0, picture) for at, picture in enumerate(_coded(frames, fps, size))]
    moments = [(n / fps, kind, content) for n, kind, content in units]
    moments += [(one.at, 1, one.content) for one in sent]
    counters = dict.fromkeys((0, TABLE, VIDEO, METADATA), 0)
    with path.open("wb") as file:
        for at, kind, content in sorted(moments, key=lambda m: (m[0], m[1])):
            ticks = round((first_s + at) * 90_000)
            if kind == 0:
                for packet in _packets(0, _pat(), counters, table=True):
                    file.write(packet)
                for packet in _packets(TABLE, _pmt(carriage), counters, table=True):
                    file.write(packet)
                pes = _pes(0xE0, content, ticks)
                for packet in _packets(VIDEO, pes, counters, clock=ticks - 9000):
                    file.write(packet)
            else:
                for packet in _packets(METADATA, _metadata(content, ticks, carriage), counters):
                    file.write(packet)
    return path


def _metadata(content: bytes, ticks: int, carriage: str) -> bytes:
    if carriage == "synchronous":  # a metadata access unit's header: service, count, flags, length
        header = bytes([0, 0, 0xDF]) + len(content).to_bytes(2)
        return _pes(0xFC, header + content, ticks)
    return _pes(0xBD, content, ticks if carriage.endswith("times") else None)


def _coded(frames: int, fps: int, size: tuple[int, int]) -> Iterator[bytes]:
    coder = av.CodecContext.create("libx264", "w")
    coder.width, coder.height, coder.pix_fmt = *size, "yuv420p"
    coder.time_base, coder.framerate = Fraction(1, fps), Fraction(fps)
    coder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    coder.gop_size = 5
    for n in range(frames):
        grey = np.full((size[1], size[0], 3), 16 + 8 * (n % 28), np.uint8)
        frame = av.VideoFrame.from_ndarray(grey, format="bgr24")
        frame.pts, frame.time_base = n, Fraction(1, fps)
        yield b"".join(bytes(packet) for packet in coder.encode(frame))


def _pes(stream: int, content: bytes, ticks: int | None) -> bytes:
    stamp = b"" if ticks is None else _stamp(ticks)
    header = bytes([0x80, 0x80 if stamp else 0, len(stamp)]) + stamp
    length = len(header) + len(content)
    return b"\0\0\1" + bytes([stream]) + (length if length < 65536 else 0).to_bytes(2) + header + (
        content
    )  # fmt: skip


def _stamp(ticks: int) -> bytes:
    return bytes([
        0x21 | (ticks >> 29 & 0x0E), ticks >> 22 & 0xFF, ticks >> 14 & 0xFE | 1,
        ticks >> 7 & 0xFF, ticks << 1 & 0xFE | 1,
    ])  # fmt: skip


def _packets(
    pid: int, content: bytes, counters: dict[int, int], *, table: bool = False,
    clock: int | None = None,
) -> Iterator[bytes]:  # fmt: skip
    first = True
    if table:
        content = b"\0" + content
    while content or first:
        fields = b""
        if clock is not None and first:  # the programme's clock
            base = clock & 0x1FFFFFFFF
            fields = b"\x10" + (base << 15 | 0x7E00).to_bytes(6)
        room = 184 - (len(fields) + 1 if fields else 0)
        if len(content) < room and not table:
            missing = room - len(content)
            if not fields:
                fields = b"" if missing == 1 else b"\0" + b"\xff" * (missing - 2)
                adaptation = bytes([len(fields)]) + fields
            else:
                fields += b"\xff" * missing
                adaptation = bytes([len(fields)]) + fields
        else:
            adaptation = bytes([len(fields)]) + fields if fields else b""
        part, content = content[: 184 - len(adaptation)], content[184 - len(adaptation) :]
        control = (0x30 if adaptation else 0x10) | counters[pid]
        counters[pid] = (counters[pid] + 1) % 16
        head = bytes([0x47, (0x40 if first else 0) | pid >> 8, pid & 0xFF, control])
        yield (head + adaptation + part).ljust(188, b"\xff")
        first = False


def _pat() -> bytes:
    return _section(0, 1, (1).to_bytes(2) + (0xE000 | TABLE).to_bytes(2))


def _pmt(carriage: str) -> bytes:
    if carriage == "synchronous":
        kind = 0x15
        service = (0x0100).to_bytes(2) + b"\xffKLVA\0\x0f"
        tags = bytes([0x26, len(service)]) + service + bytes([0x27, 9]) + b"\xc0\0\0" * 3
    else:
        kind, tags = 0x06, b"\x05\x04KLVA"
    streams = bytes([0x1B]) + (0xE000 | VIDEO).to_bytes(2) + (0xF000).to_bytes(2)
    streams += bytes([kind]) + (0xE000 | METADATA).to_bytes(2) + (0xF000 | len(tags)).to_bytes(2)
    return _section(2, 1, (0xE000 | VIDEO).to_bytes(2) + (0xF000).to_bytes(2) + streams + tags)


def _section(table: int, number: int, body: bytes) -> bytes:
    length = len(body) + 9
    head = bytes([table]) + (0xB000 | length).to_bytes(2) + number.to_bytes(2) + b"\xc1\0\0"
    return head + body + _crc(head + body).to_bytes(4)


def _crc(content: bytes) -> int:
    """CRC-32 of MPEG-2 (ISO/IEC 13818-1, annex A)."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc
