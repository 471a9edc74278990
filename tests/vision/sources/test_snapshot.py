"""An address that answers one picture a request is a live source, fetched when a look is due."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Condition, Event

import numpy as np
import pytest
from PIL import Image

from vision.errors import SourceUnavailable
from vision.frames import Clock, Frame
from vision.site import Camera
from vision.sources import snapshot
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.snapshot import Snapshot
from vision.sources.source import open_source
from vision.sources.status import CameraState
from vision.view.health import View, ViewHealth

JPEG = {"Content-Type": "image/jpeg"}


def picture(grey: int, width: int = 64, height: int = 48, *, turned: bool = False) -> bytes:
    image = Image.new("RGB", (width, height), (grey, grey, grey))
    exif = image.getexif()
    if turned:
        exif[0x0112] = 6
    body = io.BytesIO()
    image.save(body, "JPEG", exif=exif)
    return body.getvalue()


class Stop(Event):
    """Counts what was waited for, and does not wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waits.append(timeout)
        return self.is_set()


def take(source: Snapshot, count: int) -> list[Frame]:
    frames = list(islice(source, count))
    source.close()
    return frames


def test_a_picture_is_fetched_for_each_look(web_server: Callable) -> None:
    server, stop = web_server(), Stop()
    greys = iter(range(50, 250, 50))
    server.paths["/snap"] = lambda _: (200, JPEG, picture(next(greys)))
    source = open_source(Camera(id="gate", source=f"{server.url}/snap", analyse_fps=0.5), stop=stop)
    before = datetime.now(UTC)
    frames = take(source, 3)
    assert source.live
    assert [round(float(f.pixels.mean())) for f in frames] == [50, 100, 150]
    assert [f.index for f in frames] == [0, 1, 2]
    assert {(f.width, f.height, f.camera, f.clock) for f in frames} == {
        (64, 48, "gate", Clock.ARRIVAL)
    }
    for frame in frames:
        assert timedelta(0) <= frame.captured_at - before + timedelta(seconds=2)
        assert frame.captured_at <= datetime.now(UTC)
    assert len(server.asked) == 3, "the first answer is the first look"
    assert [round(wait) for wait in stop.waits] == [2, 4], "two seconds apart, on time"


@pytest.mark.parametrize("kind", ["image/jpeg", "image/png", "application/octet-stream", ""])
def test_one_picture_is_known_by_its_type_or_its_bytes(web_server: Callable, kind: str) -> None:
    server = web_server()
    server.paths["/s"] = (200, {"Content-Type": kind}, picture(90, turned=True))
    source = open_source(Camera(id="gate", source=f"{server.url}/s"), stop=Stop())
    assert isinstance(source, Snapshot)
    assert [(f.width, f.height) for f in take(source, 1)] == [(48, 64)], "upright"


def test_a_stream_of_pictures_is_none(web_server: Callable) -> None:
    server = web_server()
    over = Event()

    def stream(handler: object) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=cut")
        handler.send_header("Content-Length", "2147483647")  # as some cameras claim
        handler.end_headers()
        body = picture(90)
        head = b"--cut\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body)
        try:
            while not over.wait(0.02):
                handler.wfile.write(head + body + b"\r\n")
        except OSError:
            return

    server.paths["/mjpeg"] = stream
    source = open_source(Camera(id="gate", source=f"{server.url}/mjpeg", analyse_fps=20))
    assert source.live
    assert [f.clock for f in islice(source, 3)] == [Clock.ARRIVAL] * 3
    source.close()
    over.set()


def test_looks_come_as_often_as_wanted_now(web_server: Callable) -> None:
    server, stop, wanted = web_server(), Stop(), iter([0.5, 10.0])
    server.paths["/s"] = (200, JPEG, picture(90))
    camera = Camera(id="gate", source=f"{server.url}/s")
    take(open_source(camera, stop=stop, pace=lambda: next(wanted)), 3)
    assert 1.5 < stop.waits[0] <= 2
    assert stop.waits[1] <= stop.waits[0] + 0.1


def test_outside_its_hours_nothing_is_fetched(web_server: Callable) -> None:
    server, stop, watched = web_server(), Stop(), iter([False, False, True])
    server.paths["/s"] = (200, JPEG, picture(90))
    camera = Camera(id="gate", source=f"{server.url}/s")
    take(open_source(camera, stop=stop, watching=lambda _: next(watched)), 1)
    assert len(server.asked) == 1
    assert len(stop.waits) == 2


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((503, {}, b""), "an error of its own"),
        ((404, {}, b""), "does not know this path"),
        ((401, {}, b""), "refuses the user name or password"),
        ((200, {"Content-Type": "text/html"}, b"<html>log in</html>"), "answers no picture"),
        ((200, JPEG, picture(90, 640, 480)[:2000]), "damaged"),
        ((200, JPEG, b"\xff\xd8\xff" + b"x" * 100), "damaged"),
        ((200, JPEG, b""), "damaged"),
        ((200, JPEG, picture(90, 300, 300)), "megapixels"),
        ((200, JPEG, b"\xff\xd8\xff" + b"x" * 9000), "MiB"),
    ],
)
def test_what_is_no_picture_is_told_and_tried_again(
    web_server: Callable, monkeypatch: pytest.MonkeyPatch, answer: object, why: str
) -> None:
    monkeypatch.setattr(snapshot, "_MOST_PIXELS", 640 * 480 if why == "damaged" else 64 * 64)
    monkeypatch.setattr(snapshot, "_MOST_BYTES", 8000)
    server = web_server()
    answers = iter([(200, JPEG, picture(90)), answer])
    server.paths["/s"] = lambda _: next(answers)
    source = open_source(Camera(id="gate", source=f"{server.url}/s"), stop=Stop())
    frames = iter(source)
    next(frames)
    with pytest.raises(SourceUnavailable, match=why) as caught:
        next(frames)
    assert caught.value.__context__ is None
    source.close()


def test_a_reader_comes_back_to_it_and_shows_no_password(
    web_server: Callable, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    server, ready = web_server(), Condition()
    answers = iter([(200, JPEG, picture(1)), (500, {}, b""), *[(200, JPEG, picture(2))] * 200])
    server.paths["/s?token=t0psecret"] = lambda _: next(answers)
    source = server.url.replace("http://", "http://bob:s3cr@t/w:rd@") + "/s?token=t0psecret"
    mailbox = Mailbox("gate", live=False, ready=ready)
    reader = Reader(Camera(id="gate", source=source, analyse_fps=20), mailbox)
    reader.start()
    with ready:
        assert ready.wait_for(lambda: reader.status().reconnects == 1, 20)
    assert reader.status().state is CameraState.ALIVE
    assert mailbox.live
    assert reader.stop(10)
    written, error = capfd.readouterr()
    told = f"{reader.status()} {caplog.text} {written} {error}"
    assert "an error of its own" in told
    for secret in ("s3cr", "w:rd", "t0psecret"):
        assert secret not in told


def test_a_picture_that_stays_the_same_is_told_as_frozen(web_server: Callable) -> None:
    server = web_server()
    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), np.uint8)
    body = io.BytesIO()
    Image.fromarray(noise).save(body, "JPEG")
    server.paths["/s"] = (200, JPEG, body.getvalue())
    source = open_source(Camera(id="gate", source=f"{server.url}/s"), stop=Stop())
    health = ViewHealth(fixed=True)
    for number, frame in enumerate(take(source, 30)):
        at = datetime(2026, 3, 1, 8, tzinfo=UTC) + timedelta(seconds=5 * number)
        health.look(Frame(frame.picture, "gate", at, frame.index, frame.clock))
    assert health.view is View.FROZEN
