from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet

from vision.errors import EvidenceError
from vision.sources.clip_facts import ClipFacts
from vision.sources.coded import Coded
from vision.sources.ring import Recording, Ring, Take

START = datetime(2026, 11, 20, 8, tzinfo=UTC)


def packets(path: Path) -> list[Packet]:
    with av.open(path) as container:
        return [packet for packet in container.demux(video=0) if packet.size]


def pictures(recording: Recording | Path) -> list[np.ndarray]:
    file = io.BytesIO(recording.mp4()) if isinstance(recording, Recording) else recording
    with av.open(file) as container:
        return [picture.to_ndarray() for picture in container.decode(video=0)]


def filled(sent: list[Packet], seconds: float, **bounds: int) -> Ring:
    """A ring that these packets came to, eight a second."""
    now = count(START.timestamp(), 1 / 8)
    ring = Ring(seconds, wall=lambda: next(now), **bounds)
    ring.begin(Coded("h264", 160, 96))
    for packet in sent:
        ring.add(packet)
    return ring


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])  # without and with B-frames
def test_a_clip_is_what_was_sent(make_video: Callable[..., Path], preset: str) -> None:
    path = make_video("sent.ts", frames=60, gop=10, preset=preset)
    recording = filled(packets(path), 2.5).recording()
    assert recording is not None
    sent, kept = pictures(path), pictures(recording)
    assert 20 <= len(kept) <= 30  # the seconds asked for and at most one key frame's distance
    assert all(np.array_equal(a, b) for a, b in zip(sent[-len(kept) :], kept, strict=True))
    with av.open(io.BytesIO(recording.mp4())) as clip:
        stated = datetime.fromisoformat(clip.metadata["creation_time"])
        assert (clip.streams.video[0].width, clip.streams.video[0].height) == (160, 96)
    assert recording.since == START + timedelta(seconds=(60 - len(kept)) / 8)
    assert abs(stated - recording.since) < timedelta(seconds=1)


def test_a_clip_can_be_written_while_more_comes(make_video: Callable[..., Path]) -> None:
    sent = packets(make_video("sent.ts", frames=40, gop=10))
    ring = filled(sent[:20], 10)
    early = ring.recording()
    for packet in sent[20:]:
        ring.add(packet)
    late = ring.recording()
    assert early is not None
    assert late is not None
    assert (len(pictures(early)), len(pictures(late))) == (20, 40)
    assert early.mp4() == early.mp4()  # which changes nothing of what is kept


def test_a_ring_is_bounded_in_bytes(make_video: Callable[..., Path]) -> None:
    sent = packets(make_video("sent.ts", frames=40, gop=10))
    most = sum(packet.size for packet in sent[-20:])
    recording = filled(sent, 60, most_bytes=most).recording()
    assert recording is not None
    assert sum(packet.size for packet in recording.packets) <= most
    assert recording.packets[0].is_keyframe
    assert filled(sent, 60, most_bytes=1).recording() is None


def test_nothing_goes_on_over_a_new_connection_or_a_pause(
    make_video: Callable[..., Path],
) -> None:
    sent = packets(make_video("sent.ts", frames=40, gop=10))
    ring = filled(sent[:20], 60)
    ring.begin(Coded("h264", 160, 96))
    for packet in sent[25:]:
        ring.add(packet)
    kept = ring.recording()
    assert kept is not None
    assert len(kept.packets) == 10  # from the next key frame on
    ring.forget()
    assert ring.recording() is None


def taken(sent: list[Packet], at: int, seconds: float, **bounds: int) -> tuple[Ring, Take]:
    """A clip begun behind the first `at` packets, of which eight come a second."""
    now = [START.timestamp()]
    ring = Ring(1, wall=lambda: now[0], **bounds)
    ring.begin(Coded("h264", 160, 96))
    for number, packet in enumerate(sent):
        if number == at:
            take = ring.take(seconds)
        now[0] += 1 / 8
        ring.add(packet)
    return ring, take


def test_a_clip_goes_on_after_its_moment(make_video: Callable[..., Path]) -> None:
    path = make_video("sent.ts", frames=60, gop=10)
    _, take = taken(packets(path), 24, 2)
    recording = take.recording()
    assert take.over
    assert take.ended_by is None
    assert recording is not None
    # From the key frame a second before, to the first picture two seconds later.
    assert len(recording.packets) == 24 - 10 + 16
    shown, kept = pictures(path)[10:40], pictures(recording)
    assert all(np.array_equal(a, b) for a, b in zip(shown, kept, strict=True))
    assert recording.until - recording.since == timedelta(seconds=29 / 8)
    facts = ClipFacts.of(take, recording, 1)
    assert facts.missing == ()
    assert facts.after_s == 2
    assert facts.until == facts.moment + timedelta(seconds=2)


def test_a_clip_begun_before_a_key_frame_begins_with_the_next(
    make_video: Callable[..., Path],
) -> None:
    sent = packets(make_video("sent.ts", frames=40, gop=10))
    _, take = taken(sent[5:], 0, 2)
    recording = take.recording()
    assert recording is not None
    assert recording.packets[0].is_keyframe
    assert len(recording.packets) == 16 - 5
    (lack,) = ClipFacts.of(take, recording, 3).missing
    assert lack.startswith("only 0.0 s of the 3 s before")


@pytest.mark.parametrize("end", ["begin", "forget", "bytes"])
def test_a_clip_that_ends_early_says_so(make_video: Callable[..., Path], end: str) -> None:
    sent = packets(make_video("sent.ts", frames=40, gop=10))
    most = {"most_bytes": sum(p.size for p in sent[20:28])} if end == "bytes" else {}
    ring, take = taken(sent, 20, 30, **most)
    if end == "begin":
        ring.begin(Coded("h264", 160, 96))
    elif end == "forget":
        ring.forget()
    for packet in sent:
        ring.add(packet)
    recording = take.recording()
    assert take.over
    assert recording is not None
    assert (recording.until - START).total_seconds() == (28 if end == "bytes" else 40) / 8
    lack = ClipFacts.of(take, recording, 1).missing[-1]
    assert lack.startswith(f"only {1 if end == 'bytes' else 2.5:.1f} s of the 30 s after: ")
    said = {"begin": "made anew", "forget": "not watched", "bytes": "MB were sent"}
    assert said[end] in lack


def test_of_a_camera_that_sent_nothing_there_is_no_clip(make_video: Callable[..., Path]) -> None:
    ring = Ring(1)
    ring.begin(Coded("h264", 160, 96))
    take = ring.take(5)
    take.end("it sent nothing")
    assert take.recording() is None
    assert "no key frame (it sent nothing)" in ClipFacts.of(take, None, 1).missing[0]


def test_what_mp4_cannot_hold_is_said(make_video: Callable[..., Path]) -> None:
    ring = Ring(60)
    ring.begin(Coded("rawvideo", 160, 96))
    for packet in packets(make_video("sent.ts")):
        ring.add(packet)
    recording = ring.recording()
    assert recording is not None
    with pytest.raises(EvidenceError, match="clip: 0s"):
        recording.mp4()
