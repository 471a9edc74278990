"""Titles, handlers and session names in the codes of the world: GBK is daily fare in China."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from vision.errors import SourceUnavailable
from vision.frames import Clock
from vision.site import Camera
from vision.sources.source import open_source

TITLE = "market-gate-title"
GBK = "市场门口摄像头一号通道"
assert len(GBK.encode("gbk")) >= len(TITLE)


def spoilt(clip: Path) -> Path:
    """The same with a title that is no UTF-8, of the same length."""
    data = clip.read_bytes()
    assert data.count(TITLE.encode()) >= 1
    clip.write_bytes(data.replace(TITLE.encode(), GBK.encode("gbk")[: len(TITLE)]))
    return clip


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi", "clip.flv"])
@pytest.mark.parametrize("tag", ["title", "comment"])
def test_a_recording_whose_title_is_gbk_is_read(
    make_video: Callable[..., Path], read_all: Callable, name: str, tag: str
) -> None:
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    clip = spoilt(make_video(name, codec=codec, metadata={tag: TITLE}))
    frames, source = read_all(clip, analyse_fps=10)
    assert len(frames) == 20
    assert source.trouble is None
    assert {frame.clock for frame in frames} == {Clock.MEDIA}


def test_a_recording_whose_handler_is_gbk_is_read(
    make_video: Callable[..., Path], read_all: Callable
) -> None:
    clip = make_video("clip.mp4")
    data = clip.read_bytes()
    assert data.count(b"VideoHandler") == 1
    clip.write_bytes(data.replace(b"VideoHandler", GBK.encode("gbk")[:12]))
    frames, _ = read_all(clip, analyse_fps=10)
    assert len(frames) == 20


def test_telemetry_beside_a_recording_may_be_gbk(
    make_video: Callable[..., Path], read_all: Callable
) -> None:
    """What is not read for its words is read for its numbers."""
    clip = make_video("flight.mp4", frames=20)
    lines = [
        f"{n + 1}\n00:00:0{n // 10},{n % 10}00 --> 00:00:0{(n + 1) // 10},{(n + 1) % 10}00\n"
        f"无人机 {GBK} [focal_len: 24.00] [latitude: 31.71000] [longitude: 113.38000] "
        "[rel_alt: 50.100 abs_alt: 112.300] [gb_yaw: 0.0 gb_pitch: -90.0 gb_roll: 0.0]\n\n"
        for n in range(20)
    ]
    clip.with_suffix(".SRT").write_bytes("".join(lines).encode("gbk"))
    frames, source = read_all(clip, analyse_fps=10, type="drone")
    assert source.trouble is None
    assert all(frame.pose is not None for frame in frames)


SDP = (
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=" + GBK.encode("gbk") + b"\r\nt=0 0\r\n"
    b"i=" + GBK.encode("gbk") + b"\r\n"
    b"m=video 0 RTP/AVP 26\r\nc=IN IP4 0.0.0.0\r\na=control:track1\r\n"
)


class Described(socketserver.StreamRequestHandler):
    """An RTSP camera whose session has a GBK name, and which sends one JPEG by RTP over TCP."""

    def handle(self) -> None:
        while request := self.rfile.readline():
            lines = [request, *iter(self.rfile.readline, b"\r\n")]
            sequence = next(x for x in lines if x.startswith(b"CSeq")).strip()
            method = request.split()[0]
            head, body = b"RTSP/1.0 200 OK\r\n" + sequence + b"\r\n", b""
            if method == b"DESCRIBE":
                body = SDP
                head += b"Content-Type: application/sdp\r\n"
            elif method == b"SETUP":
                head += b"Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 7\r\n"
            elif method == b"PLAY":
                head += b"Session: 7\r\n"
                self.server.played.set()
            self.wfile.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


@contextmanager
def described() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Described) as server:
        server.daemon_threads, server.block_on_close = True, False
        server.played = threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_a_camera_whose_session_has_a_gbk_name_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vision.sources.container.TIMEOUT", 1.0)
    with described() as server:
        camera = Camera(id="cam", source=f"rtsp://127.0.0.1:{server.server_address[1]}/a")
        with suppress(SourceUnavailable):  # it sends nothing, but was understood
            open_source(camera).close()
        assert server.played.is_set()
