"""A live camera on loopback, as its own process: MPEG-TS over HTTP, a clip round and round.

    python ts_server.py CLIP --port 8090

Every path shows the clip, as any number of cameras would: its H.264 or H.265 is not encoded again,
and times and continuity counters go on at the seam. A reader begins at once with the latest key
frame and is sent picture after picture in real time from then on, so that the key frames of readers
that came one after the other do not fall together. One that does not keep up is cut off. While
nobody reads, the stream stands still. It prints `ready PORT` once it listens; it needs PyAV and no
more of this project, so that it starts quickly.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

MOST_WAITING = 4 << 20
"""Bytes that may wait for a reader beside what the system holds for it; more, and it is cut off."""
ASKS_WITHIN_S = 5.0
"""Seconds in which a reader must have asked."""
_CODECS = ("h264", "hevc")
_TICKS = Fraction(1, 90_000)  # MPEG-TS counts time so
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n"


class Piece:
    """A picture in MPEG-TS, with what a reader needs before it where it is a key frame.

    Attributes:
        at: seconds of the stream at which it is sent.
        data: packets of 188 bytes.
        next: the one after it; None while nobody has asked for it. Readers hold on to where they
            are, so that what all have passed is let go of.
    """

    __slots__ = ("at", "data", "next")

    def __init__(self, at: float, data: bytes) -> None:
        self.at, self.data = at, data
        self.next: Piece | None = None


@dataclass(frozen=True, slots=True)
class Timed:
    """A picture as the clip holds it, with its times in ticks from the clip's first."""

    packet: Packet[VideoStream]
    pts: int
    dts: int


class Endless:
    """A clip as one endless stream, made as far as its foremost reader has come.

    Raises:
        SystemExit: the clip cannot be read or sent.
    """

    def __init__(self, clip: Path) -> None:
        self._written = bytearray()
        self._made = self._pieces(clip)
        self.key = next(self._made)
        """The latest key frame."""

    def after(self, piece: Piece) -> Piece:
        """The piece after one."""
        if piece.next is None:
            piece.next = next(self._made)
        return piece.next

    def write(self, data: bytes) -> int:
        """Take what the muxer writes."""
        self._written += data
        return len(data)

    def _pieces(self, clip: Path) -> Iterator[Piece]:
        with av.open(str(clip), metadata_errors="replace") as file:
            stream, pictures = _pictures(file, clip)
            lap = _lap(pictures)
            options = {"mpegts_flags": "pat_pmt_at_frames", "flush_packets": "1"}
            with av.open(self, "w", format="mpegts", options=options) as out:
                sent = out.add_stream_from_template(stream)
                for number in count():
                    for picture in pictures:
                        yield self._piece(out, sent, picture, number * lap)

    def _piece(
        self, out: OutputContainer, stream: VideoStream, picture: Timed, since: int
    ) -> Piece:
        packet = picture.packet
        # What was muxed before is a copy that the muxer took.
        packet.stream, packet.time_base = stream, _TICKS
        packet.pts, packet.dts = picture.pts + since, picture.dts + since
        out.mux_one(packet)
        piece = Piece(float((picture.dts + since) * _TICKS), bytes(self._written))
        self._written.clear()
        if packet.is_keyframe:
            self.key = piece
        return piece


def _pictures(file: InputContainer, clip: Path) -> tuple[VideoStream, list[Timed]]:
    """A clip's pictures from the first key frame on."""
    stream = next(iter(file.streams.video), None)
    codec = stream.codec.name if stream is not None else "no picture"
    if stream is None or codec not in _CODECS:
        raise SystemExit(f"{clip}: holds {codec}; only H.264 and H.265 can be served, convert it")
    pictures: list[Timed] = []
    first = 0
    for packet in file.demux(stream):
        if packet.dts is None or packet.time_base is None or not (pictures or packet.is_keyframe):
            continue
        first = first if pictures else packet.dts
        unit = packet.time_base / _TICKS
        shown = packet.dts if packet.pts is None else packet.pts
        pictures.append(
            Timed(packet, round((shown - first) * unit), round((packet.dts - first) * unit))
        )
    times = [picture.dts for picture in pictures]
    if len(times) < 2 or times != sorted(set(times)):
        raise SystemExit(f"{clip}: holds no pictures one after the other; export it anew")
    return stream, pictures


def _lap(pictures: Sequence[Timed]) -> int:
    """Ticks from one showing to the next: from the first picture to the last, and one more."""
    shown = [picture.pts for picture in pictures]
    lasts = max(max(shown) - min(shown), pictures[-1].dts)
    return lasts + max(1, lasts // (len(pictures) - 1))


async def _serve(
    endless: Endless, asked: asyncio.StreamReader, answer: asyncio.StreamWriter
) -> None:
    """Show a reader the stream until it goes away or does not keep up."""
    clock, wire = asyncio.get_running_loop().time, answer.transport
    try:
        async with asyncio.timeout(ASKS_WITHIN_S):
            await asked.readuntil(b"\r\n\r\n")
        answer.write(_ANSWER)
        piece = endless.key
        began = clock() - piece.at
        while not wire.is_closing():
            answer.write(piece.data)
            if wire.get_write_buffer_size() > MOST_WAITING:
                wire.abort()
                return
            piece = endless.after(piece)
            await asyncio.sleep(began + piece.at - clock())
    except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        pass  # it is no reader of a camera
    finally:
        answer.close()


async def _run(endless: Endless, port: int) -> None:
    server = await asyncio.start_server(
        lambda asked, answer: _serve(endless, asked, answer), "127.0.0.1", port
    )
    print(f"ready {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    try:
        endless = Endless(args.clip)
    except FFmpegError as error:
        raise SystemExit(
            f"{args.clip}: cannot be served ({error.strerror}); give a video"
        ) from None
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(endless, args.port))


if __name__ == "__main__":
    main()
