"""LiveView: the newest look at one camera, as a picture for all who ask for it.

    loop ── publish ──► who waits for a later look is given it
    picture(after) ───► at once where there is one, else with the next look

A look costs the loop's thread an assignment and the question whether anybody waits. A picture is
masked and encoded when somebody asks, once for all who do, by threads of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import cv2

from vision.detections import Detections
from vision.errors import EvidenceError
from vision.evidence import annotate, mask, paint_privacy
from vision.frames import Frame
from vision.registers.no_keep import NoKeepAreas
from vision.site import Camera
from vision.site.presets import WHOLE

_QUALITY = 80
_DRAWING_S = 5.0
"""Seconds after its time in which a picture that somebody waited for is still drawn."""
_drawers = ThreadPoolExecutor(2, thread_name_prefix="draws-looks")


@dataclass(frozen=True, slots=True, eq=False)
class Newest:
    """The newest look at a camera, and what it left the rules in.

    Attributes:
        number: of the looks of this process, from 1.
        preset: that it shows, of a camera that has any.
        noted: the state of that preset's rules, see `CameraRules.noted`; none where no rule looks.
        at: when it had been looked at (monotonic seconds).
    """

    number: int
    frame: Frame
    detections: Detections
    preset: str | None
    noted: Mapping[str, bytes]
    at: float


@dataclass(frozen=True, slots=True)
class Picture:
    """A look as a masked JPEG, and its number."""

    look: int
    jpeg: bytes


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    after: int | None
    clean: bool
    until: float
    answer: Future[Picture | None]

    def wants(self, newest: Newest | None) -> bool:
        return newest is not None and newest.number != self.after


class LiveView:
    """Pictures of one camera. The loop's thread publishes, any may ask.

    Args:
        camera: it as it is set up now; its privacy zones are painted out.
        areas: of which nothing is kept: they are painted out too, or all is, where nobody can tell.
    """

    def __init__(
        self,
        camera: Callable[[], Camera],
        areas: Callable[[], NoKeepAreas] = lambda: NoKeepAreas(()),
    ) -> None:
        self.newest: Newest | None = None
        self._camera, self._areas = camera, areas
        self._waiting: list[_Asked] = []
        self._lock = Lock()
        self._drawn: dict[bool, tuple[Newest, Camera, Picture]] = {}
        self._drawing = Lock()

    def publish(
        self, frame: Frame, detections: Detections, preset: str | None, noted: Mapping[str, bytes]
    ) -> None:
        """A new look."""
        number = self.newest.number + 1 if self.newest is not None else 1
        self.newest = Newest(number, frame, detections, preset, noted, time.monotonic())
        if self._waiting:
            _drawers.submit(self._answer)

    def picture(
        self, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Picture | None]:
        """The newest look; None where there is none, and the next one is not waited for.

        Args:
            after: the number of a look that is known already, which is not given again. Any other
                is, for a process that was started again counts from 1.
            wait_s: how long whoever asks waits for the next look where there is no other. They see
                to that themselves: when it is over, they are forgotten.
            clean: without the boxes.
        """
        now = time.monotonic()
        asked = _Asked(after, clean, now + wait_s + _DRAWING_S, Future())
        if not wait_s and not asked.wants(self.newest):
            asked.answer.set_result(None)
            return asked.answer
        with self._lock:
            self._waiting = [one for one in self._waiting if one.until >= now]
            self._waiting.append(asked)
        # Looked at again: a look that came meanwhile may have found nobody waiting.
        if asked.wants(self.newest):
            _drawers.submit(self._answer)
        return asked.answer

    def _answer(self) -> None:
        with self._lock:
            newest = self.newest
            ready = [one for one in self._waiting if one.wants(newest)]
            self._waiting = [one for one in self._waiting if not one.wants(newest)]
        for one in ready:
            if newest is None or not one.answer.set_running_or_notify_cancel():
                continue
            try:
                one.answer.set_result(self._picture(newest, clean=one.clean))
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                one.answer.set_exception(error)

    def _picture(self, newest: Newest, *, clean: bool) -> Picture:
        camera = self._camera()
        with self._drawing:
            known = self._drawn.get(clean)
            if known is None or known[0] is not newest or known[1] is not camera:
                picture = Picture(newest.number, _jpeg(newest, camera, self._areas(), clean=clean))
                known = self._drawn[clean] = newest, camera, picture
        return known[2]


def _jpeg(newest: Newest, camera: Camera, areas: NoKeepAreas, *, clean: bool) -> bytes:
    shown_at = camera.at(newest.preset)
    view = newest.frame.pose or (shown_at.homography if areas else None)
    hidden = areas.in_picture(view, moves=camera.roams(newest.preset))
    outlines = (WHOLE,) if hidden is None else (*shown_at.privacy, *hidden)
    painted = paint_privacy(newest.frame.pixels, outlines)
    shown = mask(painted, newest.detections)
    if not clean:
        shown = annotate(shown, newest.detections, (), ())
    done, encoded = cv2.imencode(".jpg", shown, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise EvidenceError(f"a picture of camera {camera.id} cannot be encoded; report this")
    return encoded.tobytes()
