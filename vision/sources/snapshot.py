"""Snapshot: a snapshot URL (one picture per request) as a live source."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from threading import Event

import numpy as np
from PIL import Image, ImageOps

from vision.errors import SourceError, SourceUnavailable
from vision.frames import Frame, Pixels
from vision.site import Camera
from vision.sources.address import Address
from vision.sources.failures import FAILURES, explain
from vision.sources.timeline import LiveClock
from vision.sources.web import Answer, Web

_MOST_BYTES = 32 << 20
"""Of a picture; a camera's largest (50 megapixels as JPEG) have 20 MB."""
_MOST_PIXELS = 100_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
_DAMAGE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
_JPEG = b"\xff\xd8\xff"


def is_snapshot(answer: Answer) -> bool:
    """Whether this is one picture, and no stream of them."""
    kind = answer.content_type
    if kind.startswith("image/"):
        return True
    return not kind.startswith(("multipart/", "video/")) and answer.peek(3) == _JPEG


class Snapshot:
    """See `vision.sources.source.Source`. A picture is fetched when a look is due.

    Its capture time is when the answer began: cameras take it then. `Last-Modified` is ignored, as
    it is often wrong. A picture that stays the same is reported as frozen (`vision.view.health`),
    so `analyse_fps` should not exceed the rate at which the picture is renewed.

    Args:
        camera: its looks per second.
        address: what is fetched.
        web: fetches it.
        answer: to the first request.
        timeout: seconds that a picture may take.
        stop: setting it ends waits at once and iteration at the next frame.
        watching: whether the camera is to be watched at a moment; else nothing is fetched.
        pace: looks per second wanted now; the camera's own by default.
    """

    live = True
    late = 0
    trouble: str | None = None

    def __init__(
        self,
        camera: Camera,
        address: Address,
        web: Web,
        answer: Answer,
        *,
        timeout: float,
        stop: Event,
        watching: Callable[[datetime], bool] = lambda _: True,
        pace: Callable[[], float] | None = None,
    ) -> None:
        self._camera = camera.id
        self._address = address
        self._web = web
        self._answer: Answer | None = answer
        self._timeout = timeout
        self._stop = stop
        self._watching = watching
        self._pace = pace or (lambda: camera.analyse_fps)

    def __iter__(self) -> Iterator[Frame]:
        clock, index, due = LiveClock(), 0, time.monotonic()
        while not self._stop.is_set():
            if self._watching(datetime.now(UTC)):
                pixels, answered = self._fetch()
                captured, source = clock.stamp(time.monotonic() - answered)
                yield Frame(pixels, self._camera, captured, index, source)
                index += 1
            due = max(due + 1 / self._pace(), time.monotonic())
            self._stop.wait(due - time.monotonic())

    def close(self) -> None:
        """End the connection."""
        if self._answer is not None:
            self._answer.close()

    def _fetch(self) -> tuple[Pixels, float]:
        """A picture, and when the answer began."""
        failure: SourceError
        try:
            self._web.within(self._timeout)
            answer, self._answer = self._answer or self._web.get(self._address.url), None
            answered = time.monotonic()
            with closing(answer):
                body = _body(answer)
            return _decoded(body), answered
        except _Unfit as error:
            failure = SourceUnavailable(f"{self._address.shown}: {error}")
        except FAILURES as error:
            failure = explain(error, self._address, while_reading=True)
        raise failure


class _Unfit(Exception):  # noqa: N818 - never leaves this module: it carries a text
    """Why an answer is no picture, with what to do."""


def _body(answer: Answer) -> bytes:
    if not is_snapshot(answer):
        raise _Unfit("answers no picture; check the address")
    body = bytearray()
    while part := answer.read(1 << 16):
        body += part
        if len(body) > _MOST_BYTES:
            raise _Unfit(f"sends more than {_MOST_BYTES >> 20} MiB as one picture; check it")
    return bytes(body)


def _decoded(body: bytes) -> Pixels:
    try:
        with Image.open(io.BytesIO(body), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS:
                raise _Unfit(f"sends more than {_MOST_PIXELS // 10**6} megapixels; set it smaller")
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except _DAMAGE as error:
        raise _Unfit(f"sends a picture that is damaged ({error}); check the camera") from None
    return np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])
