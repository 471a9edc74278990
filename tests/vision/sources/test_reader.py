from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Condition, Event, get_native_id

import numpy as np
import pytest

from vision.errors import SourceBroken, SourceRefused, SourceUnavailable
from vision.frames import Frame
from vision.site import Camera
from vision.sources import reader as reader_module
from vision.sources.mailbox import Mailbox
from vision.sources.reader import (
    LAST_REFUSED_RETRY,
    LAST_RETRY,
    REFUSED_RETRY,
    Reader,
    retry_delay,
)
from vision.sources.status import CameraState

PIXELS = np.zeros((4, 6, 3), np.uint8)


class Late(int):
    """A frame, and so many before it that were passed over as late."""


class Script:
    """A source that plays steps: a frame (after late ones), an error, an event to wait for."""

    def __init__(self, *steps: object, live: bool = True) -> None:
        self.live = live
        self.late = 0
        self.trouble: str | None = None
        self.steps = steps
        self.closed = False

    def __iter__(self) -> Iterator[Frame]:
        for index, step in enumerate(self.steps):
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Event):
                assert step.wait(10)
                continue
            if isinstance(step, Late):
                self.late += step
            yield Frame(PIXELS, "cam", datetime.now(UTC), index)
        if self.live:
            raise SourceUnavailable("the stream ended")

    def close(self) -> None:
        self.closed = True


class Openings:
    """Plays one script (or raises one error) per opening; then waits for the stop."""

    def __init__(self, *openings: Script | Exception) -> None:
        self.openings = list(openings)
        self.opened = list(openings)
        self.exhausted = Event()

    def __call__(self, camera: Camera, *, stop: Event) -> Script:
        if not self.openings:
            self.exhausted.set()
            stop.wait(10)
            raise SourceUnavailable("nothing more")
        opening = self.openings.pop(0)
        if isinstance(opening, Exception):
            raise opening
        return opening


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "FIRST_RETRY", 0.001)
    monkeypatch.setattr(reader_module, "LAST_RETRY", 0.001)


def play(source: str, *openings: Script | Exception) -> tuple[Reader, Mailbox, Openings]:
    camera = Camera(id="cam", source=source)
    mailbox = Mailbox("cam", live=False)
    opener = Openings(*openings)
    reader = Reader(camera, mailbox, opener=opener)
    reader.start()
    return reader, mailbox, opener


def drain(mailbox: Mailbox, ready: Condition) -> list[Frame]:
    frames = []
    while True:
        with ready:
            assert ready.wait_for(lambda: mailbox.waiting or mailbox.finished, 20)
        frame = mailbox.take()
        if frame is None:
            return frames
        mailbox.analysed()
        frames.append(frame)


def test_a_recording_is_read_to_its_end(make_video: Callable[..., Path]) -> None:
    clip, ready = make_video(frames=30), Condition()
    mailbox = Mailbox("cam", live=False, ready=ready)
    camera = Camera(id="cam", source=str(clip), pace="fast", analyse_fps=10)
    reader = Reader(camera, mailbox)
    assert reader.status().state is CameraState.CONNECTING
    reader.start()
    frames = drain(mailbox, ready)
    assert [f.index for f in frames] == list(range(30))
    status = reader.status()
    assert (status.state, status.error) == (CameraState.ENDED, None)
    assert (status.read, status.analysed, status.dropped) == (30, 30, {})
    assert (status.width, status.height) == (160, 96)
    assert status.last_frame_at == frames[-1].captured_at
    assert reader.stop(5)


def test_a_missing_recording_is_broken_and_the_loop_told() -> None:
    ready = Condition()
    mailbox = Mailbox("cam", live=False, ready=ready)
    reader = Reader(Camera(id="cam", source="/nowhere/clip.mp4"), mailbox)
    reader.start()
    assert drain(mailbox, ready) == []
    status = reader.status()
    assert status.state is CameraState.BROKEN
    assert status.error == "/nowhere/clip.mp4: it does not exist; check the path"


def test_looks_passed_over_as_late_are_counted_in_every_connection() -> None:
    first = Script(1, Late(2), 3, Late(1), SourceUnavailable("it went away"))
    second = Script(Late(4), SourceUnavailable("it went away again"))
    reader, _, opener = play("rtsp://10.0.0.5/a", first, second)
    assert opener.exhausted.wait(10)
    status = reader.status()
    assert (status.read, status.dropped["late"]) == (12, 7)
    assert reader.stop(5)


def test_a_live_stream_is_opened_again_and_counted() -> None:
    first = Script(1, 2, SourceUnavailable("it went away"))
    second = Script(1, SourceUnavailable("it went away again"))
    reader, mailbox, opener = play(
        "rtsp://10.0.0.5/a", first, SourceUnavailable("refused"), second, Script(1)
    )
    assert opener.exhausted.wait(10)
    status = reader.status()
    assert status.reconnects == 2
    assert status.state is CameraState.RETRYING or status.error is None
    assert first.closed
    assert second.closed
    assert reader.stop(5)
    assert reader.status().state is CameraState.STOPPED
    assert mailbox.counts().read == 4


def test_an_error_shows_while_it_lasts_without_credentials() -> None:
    refused = SourceUnavailable("rtsp://admin:s3cr@t/1@10.0.0.5/a: gone (s3cr@t/1)")
    gate = Event()
    reader, _, opener = play("rtsp://admin:s3cr@t/1@10.0.0.5/a", refused, Script(1, gate))
    while reader.status().state is not CameraState.ALIVE:
        assert not opener.exhausted.wait(0.005)
    assert reader.status().error is None
    gate.set()
    assert opener.exhausted.wait(10)
    reader.stop(5)
    assert reader.status().source == "rtsp://***@10.0.0.5/a"


def test_surprises_are_told_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    surprise = RuntimeError("cannot parse rtsp://u:s3cret@10.0.0.5/a")
    reader, mailbox, opener = play(
        "rtsp://u:s3cret@10.0.0.5/a", Script(1, surprise), Script(1, KeyError("x")), Script(1)
    )
    assert opener.exhausted.wait(10)
    assert mailbox.counts().read == 3
    reader.stop(5)
    assert "RuntimeError: cannot parse rtsp://***@10.0.0.5/a" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_surprise_in_a_recording_breaks_it_aloud() -> None:
    reader, mailbox, _ = play("clip.mp4", Script(RuntimeError("what?"), live=False))
    with mailbox._ready:
        assert mailbox._ready.wait_for(lambda: mailbox.finished, 10)
    status = reader.status()
    assert (status.state, status.error) == (CameraState.BROKEN, "RuntimeError: what?")


def test_a_stream_that_has_worked_is_not_given_up() -> None:
    reader, _, opener = play(
        "http://10.0.0.5/live.m3u8", Script(1, SourceBroken("404")), SourceBroken("404"), Script(1)
    )
    assert opener.exhausted.wait(10)
    assert reader.status().reconnects == 1
    assert reader.stop(5)


def test_stopping_releases_a_reader_that_waits_for_room(make_video: Callable[..., Path]) -> None:
    ready = Condition()
    mailbox = Mailbox("cam", live=False, ready=ready, size=1)
    camera = Camera(id="cam", source=str(make_video()), pace="fast", analyse_fps=10)
    reader = Reader(camera, mailbox)
    reader.start()
    with ready:
        assert ready.wait_for(lambda: mailbox.waiting, 10)
    assert reader.stop(5)
    assert reader.status().state is CameraState.STOPPED
    assert mailbox.finished


def test_a_reader_may_be_stopped_before_it_started() -> None:
    reader = Reader(Camera(id="cam", source="rtsp://10.0.0.5/a"), Mailbox("cam", live=True))
    assert reader.stop(0)


def test_one_cameras_failure_is_not_anothers(make_video: Callable[..., Path]) -> None:
    ready = Condition()
    good, bad = (Mailbox(name, live=False, ready=ready) for name in ("good", "bad"))
    camera = Camera(id="good", source=str(make_video(frames=50)), pace="fast", analyse_fps=10)
    readers = [
        Reader(camera, good),
        Reader(
            camera.model_copy(update={"id": "bad"}),
            bad,
            opener=Openings(Script(1, MemoryError("no"), live=False)),
        ),
    ]
    for reader in readers:
        reader.start()
    frames = drain(good, ready)
    assert [f.index for f in frames] == list(range(50))
    assert {f.camera for f in frames} == {"good"}
    assert [r.status().state for r in readers] == [CameraState.ENDED, CameraState.BROKEN]


def test_retries_grow_with_jitter_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for attempt in range(40):
        longest = min(2.0, 0.25 * 2.0**attempt)
        delays = {retry_delay(attempt) for _ in range(20)}
        assert len(delays) > 1
        assert all(longest / 2 <= delay <= longest for delay in delays)
    assert LAST_RETRY <= 3
    assert retry_delay(0, SourceRefused("x")) == REFUSED_RETRY


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own here")
def test_readers_yield_to_the_engine() -> None:
    asked = Script(1, SourceUnavailable("it went away"))
    seen: list[int] = []
    asked.close = lambda: seen.append(os.getpriority(os.PRIO_PROCESS, get_native_id()))  # type: ignore[method-assign]
    reader, _, opener = play("rtsp://10.0.0.5/a", asked)
    assert opener.exhausted.wait(10)
    assert reader.stop(5)
    assert seen == [min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)]


def test_nothing_before_a_first_frame_is_final_for_a_camera() -> None:
    surprise = UnicodeDecodeError("utf-8", b"\xc4\xe3", 0, 1, "invalid")
    for source in ("rtsp://10.0.0.5/a", "http://10.0.0.5/a", "http://10.0.0.5/a.m3u8", "0"):
        reader, mailbox, opener = play(source, surprise, SourceUnavailable("404"), Script(1))
        assert opener.exhausted.wait(10)
        assert reader.stop(5)
        assert mailbox.counts().read == 1


def test_an_address_that_is_none_is_final() -> None:
    for source in ("http://cam:99999/a", "rtsp://", "gopher://cam/a"):
        mailbox = Mailbox("cam", live=False)
        reader = Reader(Camera(id="cam", source=source), mailbox)
        reader.start()
        reader._thread.join(10)
        assert reader.status().state is CameraState.BROKEN


def test_a_refused_password_is_tried_ever_more_rarely_but_always() -> None:
    delays = [retry_delay(attempt, SourceRefused("x")) for attempt in range(40)]
    assert delays[:5] == [60, 120, 240, 480, 900]
    assert set(delays[5:]) == {LAST_REFUSED_RETRY}


def test_retries_are_counted_anew_where_the_answer_is_of_another_sort(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A camera that starts does not answer, then refuses for a moment."""
    asked: list[tuple[int, bool]] = []

    def delay(attempt: int, failure: Exception | None = None) -> float:
        asked.append((attempt, isinstance(failure, SourceRefused)))
        return 0.0

    monkeypatch.setattr(reader_module, "retry_delay", delay)
    off, refused = SourceUnavailable("off"), SourceRefused("no")
    reader, _, opener = play("rtsp://10.0.0.5/a", off, off, off, refused, refused, off)
    assert opener.exhausted.wait(10)
    assert reader.stop(5)
    assert asked[:6] == [(0, False), (1, False), (2, False), (0, True), (1, True), (0, False)]
