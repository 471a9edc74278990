from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet

from vision.sources import packets as packets_module
from vision.sources.packets import at_own_speed, whole_pictures

SPS, PPS, SLICE_OF_KEY_FRAME = 7, 8, 5


@pytest.fixture
def sent(tmp_path: Path) -> list[Packet]:
    """A stream whose key frames have two slices, as a sender cuts them that repeats SPS and PPS."""
    path = tmp_path / "sliced.ts"
    noise = np.random.default_rng(0)
    options = {"preset": "ultrafast", "x264-params": "slices=2:keyint=5:scenecut=0"}
    with av.open(path, "w") as out:
        stream = out.add_stream("libx264", rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for _ in range(20):
            pixels = noise.integers(0, 255, (192, 320, 3), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        out.mux(stream.encode())
    with av.open(path) as recording:
        return [
            part
            for packet in recording.demux(video=0)
            if packet.size
            for part in (cut(packet) if packet.is_keyframe else [packet])
        ]


def cut(packet: Packet) -> list[Packet]:
    units = re.split(rb"(?=\x00\x00\x01)", bytes(packet))[1:]
    kinds = [unit[3] & 31 for unit in units]
    first, second = (n for n, kind in enumerate(kinds) if kind == SLICE_OF_KEY_FRAME)
    assert second == len(units) - 1 == first + 1
    heads = [unit for unit, kind in zip(units, kinds, strict=True) if kind in (SPS, PPS)]
    parts = [Packet(b"".join(units[:second])), Packet(b"".join([*heads, units[second]]))]
    for part in parts:
        part.pts, part.dts, part.time_base = packet.pts, packet.dts, packet.time_base
        part.is_keyframe = True
        for said in packet.iter_sidedata():
            part.set_sidedata(said)
    return parts


def decoded(packets: Iterator[Packet] | list[Packet]) -> list[bool]:
    """For each picture, whether it is corrupt."""
    codec = av.CodecContext.create("h264", "r")
    codec.thread_count = 1
    pictures = [picture for packet in packets for picture in codec.decode(packet)]
    return [picture.is_corrupt for picture in [*pictures, *codec.decode(None)]]


def test_parts_of_a_key_frame_come_as_one(sent: list[Packet]) -> None:
    assert len(sent) == 24
    assert any(decoded(sent)), "cut, they cannot be decoded"
    assert decoded(whole_pictures(sent)) == [False] * 20


def test_what_is_said_beside_a_part_is_said_beside_the_whole(sent: list[Packet]) -> None:
    assert any(packet.has_sidedata("mpegts_stream_id") for packet in sent)
    assert all(packet.has_sidedata("mpegts_stream_id") for packet in whole_pictures(sent))


def test_a_first_part_without_a_time_belongs_to_the_next(sent: list[Packet]) -> None:
    sent[0].pts = sent[0].dts = None
    joined = list(whole_pictures(sent))
    assert len(joined) == 20
    assert joined[0].pts == sent[1].pts


def test_key_frames_without_times_are_left_as_they_are(sent: list[Packet]) -> None:
    keys = [packet for packet in sent if packet.is_keyframe]
    for packet in keys:
        packet.pts = packet.dts = None
    assert list(whole_pictures(keys)) == keys


def test_a_clock_that_stands_does_not_make_one_picture_of_all(sent: list[Packet]) -> None:
    keys = [packet for packet in sent if packet.is_keyframe] * 20
    for packet in keys:
        packet.pts = packet.dts = 0
    joined = whole_pictures(iter(keys))
    assert next(joined).size < sum(packet.size for packet in keys) / 2
    assert len(list(joined)) >= 2


class Clock:
    """Time that goes on only where somebody waits."""

    def __init__(self) -> None:
        self.now = 5000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


def test_a_playlists_packets_come_in_their_turn_and_leaps_are_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Handed on at once, all but the newest look of a segment would be dropped."""
    clock = Clock()
    monkeypatch.setattr(packets_module, "time", clock)
    times = [0.0, 0.1, 0.2, 36_000.2, 36_000.3, 5.0, 5.1]
    sent = []
    for at in times:
        packet = Packet(b"x")
        packet.dts, packet.time_base = round(at * 10), Fraction(1, 10)
        sent.append(packet)
    assert list(at_own_speed(sent, clock)) == sent
    assert [round(wait, 6) for wait in clock.waits if wait > 1e-6] == [0.1, 0.1, 0.1, 0.1]
