"""A web server that stands in for a platform's API, and streams moving pictures as MJPEG."""

from __future__ import annotations

import http.server
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Condition, Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import cv2
import numpy as np

Answer = tuple[int, Any]


class Standing(http.server.ThreadingHTTPServer):
    """Answers in JSON, and counts by route what it was asked.

    Attributes:
        asked: how often each route was asked; ids in it are left out.
        mood: what it does instead of answering: `down` (503 and a page), `lost` (hangs up),
            `rude` (JSON of another kind); None: it answers.
        watching: who reads a picture stream now, by its path.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: Counter[str] = Counter()
        self.headers: list[dict[str, str]] = []
        self.mood: str | None = None
        self.watching: Counter[str] = Counter()
        self.gone = Event()
        self.lock = Lock()
        self.changed = Condition()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, route: str, given: dict[str, str], headers: dict[str, str]) -> Answer:
        """The status and what is answered."""
        raise NotImplementedError

    def route(self, path: str) -> str:
        """What a path is counted as."""
        return path

    def handle_error(self, *_: object) -> None:
        """A client that goes away in the middle is none."""

    def count(self, path: str, by: int) -> None:
        with self.changed:
            self.watching[path] += by
            self.changed.notify_all()

    def wait_for(self, what: Any, seconds: float = 30) -> None:
        """Wait until it holds; it is looked at when somebody comes to watch, goes, or asks."""
        with self.changed:
            assert self.changed.wait_for(what, seconds), (self.asked, self.watching)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Standing

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer(dict(parse_qsl(body)))

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        if at.path.startswith("/pictures/"):
            self._pictures(at.path)
        else:
            self._answer(dict(parse_qsl(at.query)))

    def _answer(self, given: dict[str, str]) -> None:
        at = urlsplit(self.path)
        server = self.server
        with server.lock:
            server.asked[server.route(at.path)] += 1
            server.headers.append({k.lower(): v for k, v in self.headers.items()})
        if server.mood == "lost":
            return
        if server.mood == "down":
            self._send(503, "text/html", b"<h1>Bad gateway</h1>")
            return
        if server.mood == "rude":
            self._send(200, "application/json", b"[1, 2, 3]")
            return
        headers = {k.lower(): v for k, v in self.headers.items()}
        status, told = server.answer(at.path, given, headers)
        with server.changed:
            server.changed.notify_all()
        self._send(status, "application/json", json.dumps(told, ensure_ascii=False).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(body)

    def _pictures(self, path: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        self.end_headers()
        self.server.count(path, 1)
        shown = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
        try:
            while not self.server.gone.wait(0.05):
                shown = np.roll(shown, 1, axis=1)
                jpeg = cv2.imencode(".jpg", shown)[1].tobytes()
                self.wfile.write(b"--next\r\nContent-Type: image/jpeg\r\n")
                self.wfile.write(f"Content-Length: {len(jpeg)}\r\n\r\n".encode() + jpeg + b"\r\n")
        except OSError:
            pass
        finally:
            self.server.count(path, -1)


@contextmanager
def serving(server: Standing) -> Iterator[Any]:
    """It serves."""
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        server.gone.set()
        server.shutdown()
        thread.join()
        server.server_close()
