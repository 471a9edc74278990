"""Sources over real sockets: HTTP, HLS, garbage, refused passwords."""

from __future__ import annotations

import http.server
import logging
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Condition

import av
import pytest

from vision.errors import SourceBroken, SourceRefused, SourceUnavailable
from vision.site import Camera
from vision.sources import container, video
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.source import open_source
from vision.sources.status import CameraState

PASSWORD = "s3cr@t/w:rd"
REFUSES = b"RTSP/1.0 401 Unauthorized\r\nCSeq: ?\r\nWWW-Authenticate: Basic realm=x\r\n\r\n"


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    handler = partial(Files, directory=str(tmp_path))
    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)) as port:
        yield f"http://127.0.0.1:{port}"


class Answer(socketserver.BaseRequestHandler):
    """Answers whatever it is asked with the server's `answer`, hangs up unless it is RTSP."""

    def handle(self) -> None:
        if self.server.answer is None:
            self.server.hold.wait(20)
        while self.server.answer is not None and (asked := self.request.recv(4096)):
            sequence = next((x for x in asked.splitlines() if x.startswith(b"CSeq")), b"")
            self.request.sendall(self.server.answer.replace(b"CSeq: ?", sequence))
            if b"CSeq: ?" not in self.server.answer:
                return


@contextmanager
def answering(answer: bytes | None) -> Iterator[int]:
    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Answer)
    server.answer, server.hold = answer, threading.Event()
    with serving(server) as port:
        yield port
        server.hold.set()


def make_playlist(clip: Path, folder: Path, *, spoil: bool = False) -> None:
    with (
        av.open(clip) as source,
        av.open(
            folder / "play.m3u8", "w", format="hls", options={"hls_time": "1", "hls_list_size": "0"}
        ) as sink,
    ):
        stream = source.streams.video[0]
        out = sink.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = out
                if spoil:
                    packet.update(b"\x00\x00\x00\x01\x65" + bytes(packet)[5:][::-1])
                sink.mux(packet)


def test_a_recording_over_http_is_read_whole(
    make_video: Callable[..., Path], read_all: Callable, web: str
) -> None:
    make_video("clip.mkv", frames=30)
    frames, source = read_all(f"{web}/clip.mkv", analyse_fps=10)
    assert [f.index for f in frames] == list(range(30))
    assert not source.live


def test_a_finished_hls_playlist_is_read_whole(
    make_video: Callable[..., Path],
    read_all: Callable,
    index_of: Callable,
    web: str,
    tmp_path: Path,
) -> None:
    make_playlist(make_video(frames=28), tmp_path)
    frames, source = read_all(f"{web}/play.m3u8?channel=1", analyse_fps=10)
    assert [index_of(f.pixels) for f in frames] == list(range(28))
    assert not source.live


def test_a_growing_hls_playlist_is_live(
    make_video: Callable[..., Path], web: str, tmp_path: Path
) -> None:
    make_playlist(make_video(frames=28), tmp_path)
    playlist = tmp_path / "play.m3u8"
    playlist.write_text(playlist.read_text().replace("#EXT-X-ENDLIST", ""))
    source = open_source(Camera(id="cam", source=f"{web}/play.m3u8", analyse_fps=10))
    assert source.live
    assert next(iter(source)).width == 160
    source.close()


def test_a_stream_of_data_without_pictures_is_given_up(
    make_video: Callable[..., Path], web: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video, "_BLIND", 0.0)
    make_playlist(make_video(frames=28), tmp_path, spoil=True)
    playlist = tmp_path / "play.m3u8"
    playlist.write_text(playlist.read_text().replace("#EXT-X-ENDLIST", ""))
    source = open_source(Camera(id="cam", source=f"{web}/play.m3u8", analyse_fps=10))
    with pytest.raises(SourceUnavailable, match="sends data but no picture"):
        list(source)
    source.close()


@pytest.mark.parametrize(
    ("path", "kind", "cause"),
    [
        ("/missing.mp4", SourceUnavailable, "does not know this path"),
        ("/missing.m3u8", SourceUnavailable, "does not know this path"),
        ("/text.mp4", SourceUnavailable, "no video"),
    ],
)
def test_a_wrong_http_address_is_told(  # noqa: PLR0917
    read_all: Callable, web: str, tmp_path: Path, path: str, kind: type[Exception], cause: str
) -> None:
    (tmp_path / "text.mp4").write_text("<html>Please log in</html>\n" * 200)
    with pytest.raises(kind, match=cause):
        read_all(f"{web}{path}")


@pytest.mark.parametrize("scheme", ["rtsp", "http", "rtmp"])
@pytest.mark.parametrize(
    "answer",
    [b"\x00\xff\x13garbage" * 500, b"", b"RTSP/1.0 200 OK\r\nCSeq: ?\r\n\r\n", b"HTTP/1.1 x y\r\n"],
    ids=["noise", "hangs up", "empty answer", "bad answer"],
)
def test_a_camera_that_answers_garbage_is_tried_again(
    scheme: str, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "TIMEOUT", 0.5)
    with answering(answer) as port, pytest.raises(SourceUnavailable, match=f"127.0.0.1:{port}"):
        open_source(Camera(id="cam", source=f"{scheme}://127.0.0.1:{port}/live/a"))


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_camera_that_never_answers_is_given_up_in_time(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "TIMEOUT", 0.3)
    with answering(None) as port, pytest.raises(SourceUnavailable, match="does not answer in time"):
        open_source(Camera(id="cam", source=f"{scheme}://127.0.0.1:{port}/a"))


@pytest.mark.parametrize("spelled", [PASSWORD, "s3cr%40t%2Fw%3Ard"])
@pytest.mark.parametrize(
    ("scheme", "answer"),
    [
        ("rtsp", REFUSES),
        ("rtsp", b"RTSP/1.0 404 Not Found\r\nCSeq: ?\r\n\r\n"),
        ("rtsp", b"\x00garbage\r\n\r\n"),
        ("http", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
        ("http", b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    ],
    ids=["rtsp 401", "rtsp 404", "rtsp garbage", "http 403", "http 404"],
)  # fmt: skip
def test_passwords_are_never_shown(
    scheme: str,
    answer: bytes,
    spelled: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    ready = Condition()
    with answering(answer) as port:
        source = f"{scheme}://admin:{spelled}@127.0.0.1:{port}/ch1?token=t0psecret"
        mailbox = Mailbox("cam", live=True, ready=ready)
        reader = Reader(Camera(id="cam", source=source), mailbox)
        reader.start()
        while reader.status().state is CameraState.CONNECTING:
            threading.Event().wait(0.01)
        status = reader.status()
        assert reader.stop(10)
        with pytest.raises((SourceBroken, SourceUnavailable)) as caught:
            open_source(Camera(id="cam", source=source))
    assert status.state is CameraState.RETRYING
    assert f"***@127.0.0.1:{port}" in status.source
    written, error = capfd.readouterr()
    told = f"{status} {caplog.text} {written} {error} {caught.value}"
    for secret in ("s3cr", "w:rd", "w%3Ard", "t0psecret"):
        assert secret not in told
    assert caught.value.__context__ is None


def test_a_refused_password_is_tried_rarely() -> None:
    with answering(REFUSES) as port, pytest.raises(SourceRefused, match="user name or password"):
        open_source(Camera(id="cam", source=f"rtsp://admin:{PASSWORD}@127.0.0.1:{port}/a"))


def test_nothing_listening_is_told() -> None:
    with pytest.raises(SourceUnavailable, match="nothing listens there"):
        open_source(Camera(id="cam", source="rtsp://127.0.0.1:9/a"))
