"""Small videos, made on the spot."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from vision.frames import Frame
from vision.site import Camera
from vision.sources.source import Source, open_source

MakeVideo = Callable[..., Path]


# Key frames only where they are asked for: not at each step of brightness.
CODING = {
    "libx264": {"x264-params": "scenecut=0"},
    "libx265": {"x265-params": "scenecut=0:log-level=0"},
    "mpeg4": {"sc_threshold": "1000000000", "qmax": "4"},
}


def picture(index: int, width: int, height: int) -> np.ndarray:
    """A grey picture whose brightness codes its index: 8 levels per step, modulo 28 steps."""
    return np.full((height, width, 3), 16 + 8 * (index % 28), np.uint8)


@pytest.fixture
def index_of() -> Callable[[np.ndarray], int]:
    """Reads the index, modulo 28, that a (lossily coded) picture was made with."""
    return lambda pixels: round((float(pixels.mean()) - 16) / 8)


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    """Write frames 0..n-1 to a file; `first_pts` in frames; `metadata` of the container."""

    def make(
        name: str = "clip.mp4",
        *,
        frames: int = 20,
        fps: int = 10,
        width: int = 160,
        height: int = 96,
        first_pts: int = 0,
        rotation: int = 0,
        gop: int = 5,
        codec: str = "libx264",
        preset: str = "ultrafast",
        metadata: dict[str, str] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(path, "w") as container:
            container.metadata.update(metadata or {})
            options = CODING[codec] | ({} if codec == "mpeg4" else {"preset": preset})
            stream = container.add_stream(codec, rate=fps, options=options)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.codec_context.gop_size = gop
            stream.codec_context.thread_count = 1
            if rotation:
                stream.set_display_rotation(rotation)
            for index in range(frames):
                frame = av.VideoFrame.from_ndarray(picture(index, width, height), format="bgr24")
                frame.pts, frame.time_base = first_pts + index, Fraction(1, fps)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


@pytest.fixture
def read_all() -> Iterator[Callable[..., tuple[list[Frame], Source]]]:
    """Open a source and read it to its end; closed after the test."""
    opened: list[Source] = []

    def read(
        source: object, *, image_size: int | None = None, **settings: object
    ) -> tuple[list[Frame], Source]:
        camera = Camera(id="cam", source=str(source), **({"pace": "fast"} | settings))
        opened.append(open_source(camera, image_size=image_size))
        return list(opened[-1]), opened[-1]

    yield read
    for source in opened:
        source.close()


class WebServer(http.server.ThreadingHTTPServer):
    """A web server whose paths tests write: a status, headers and a body each, or what does it.

    `asked` holds what was asked for, in order.
    """

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__((host, 0), _Paths)
        self.paths: dict[str, object] = {}
        self.asked: list[http.server.BaseHTTPRequestHandler] = []
        self.url = f"http://{host}:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is none."""


class _Paths(http.server.BaseHTTPRequestHandler):
    server: WebServer

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append(self)
        answer = self.server.paths.get(self.path, (404, {}, b""))
        if callable(answer):
            answer = answer(self)
            if answer is None:
                return
        status, headers, body = answer
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)


@pytest.fixture
def web_server() -> Iterator[Callable[..., WebServer]]:
    """Start web servers on loopback; stopped after the test."""
    started: list[tuple[WebServer, threading.Thread]] = []

    def start(host: str = "127.0.0.1") -> WebServer:
        server = WebServer(host)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        started.append((server, thread))
        return server

    yield start
    for server, thread in started:
        server.shutdown()
        thread.join()
        server.server_close()
