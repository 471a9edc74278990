"""Live cameras for a soak: a process that serves a picture per request, by the clock.

Each camera's bin overflows for `FULL_S` of every `PERIOD_S` seconds of Unix time, later by
`APART_S` from camera to camera.
"""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from tests.vision.workers.bins import ACROSS, HEIGHT, SIDE, WIDTH

PERIOD_S, FULL_S, APART_S = 80, 40, 10
_RNG = np.random.default_rng(1)
_STREET = cv2.resize(
    _RNG.integers(40, 180, (24, 40, 3), np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
)


def since_full(camera: int, at: float) -> tuple[int, float]:
    """Which of the camera's periods it is, and the seconds since its bin began to overflow."""
    number, since = divmod(at - APART_S * camera, PERIOD_S)
    return int(number), since


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        camera = int(self.path.strip("/").partition(".")[0])
        pixels = _STREET.copy()
        if since_full(camera, time.time())[1] < FULL_S:
            y, x = divmod(camera, ACROSS)
            pixels[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] = 255
        pixels[-SIDE:] = np.random.default_rng().integers(0, 90, (SIDE, WIDTH, 3), np.uint8)
        body = cv2.imencode(".jpg", pixels)[1].tobytes()
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    sys.stdin.close()
    server.serve_forever()
