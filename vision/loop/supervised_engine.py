"""SupervisedEngine: asks the engine about frames, and keeps it alive."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from vision.detections import Detections
from vision.engines.engine import Engine, Pending
from vision.engines.window import LONGEST_WINDOW_S, window_after
from vision.errors import EngineError
from vision.frames import Frame, Image
from vision.loop.metrics import LoopObserver, Step
from vision.loop.restarts import Restarts
from vision.loop.views import Views
from vision.throttled_log import ThrottledLog

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was given to the engine, and what it promised or how it refused."""

    given: Sequence[Views]
    pending: Pending | Exception
    started: float


class SupervisedEngine:
    """Gives frames to the engine and takes detections back, whatever the engine does meanwhile.

    A batch that fails is tried again picture by picture. `revive` starts an engine that fails on a
    blank picture again, after a longer pause each time. For one thread.

    Args:
        engine: what is asked; another one after `reopen`.
        tiled: whether it sees a camera's frames in tiles too.
        observer: receives batches, times and restarts.
        fault: called for a camera's frame that could not be inferred: camera, what failed, error.
        reopen: makes a new engine after a failure; without it the old one is tried again.
        restarts: how many there may be.
        pause: waits these seconds before a restart.
        stopping: whether nothing more is wanted.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        tiled: Callable[[Frame], bool],
        observer: LoopObserver,
        fault: Callable[[str, str, Exception], None],
        reopen: Callable[[], Engine] | None,
        restarts: Restarts,
        pause: Callable[[float], object],
        stopping: Callable[[], bool],
    ) -> None:
        self.engine = engine
        self.trouble: str | None = None
        """Why no picture works, from the first failure until one does."""
        self.window_s = LONGEST_WINDOW_S
        """Seconds to wait for a fuller batch."""
        self._tiled = tiled
        self._observer = observer
        self._fault = fault
        self._reopen = reopen
        self._restarts = restarts
        self._pause = pause
        self._stopping = stopping
        self._faults = ThrottledLog(log)

    def submit(self, frames: Sequence[Frame]) -> Asked:
        """Give it one batch; `results` says what went wrong."""
        given = [self._views(frame) for frame in frames]
        started = time.perf_counter()
        pending: Pending | Exception
        try:
            pending = self.engine.submit(self._pictures(given))
        except Exception as error:  # noqa: BLE001 - whatever a bad picture makes a library raise
            pending = error
        now = time.perf_counter()
        self._observer.spent(Step.SUBMIT, now - started)
        return Asked(given, pending, now)

    def results(self, asked: Asked) -> Sequence[Detections | None]:
        """Wait for a batch: detections per frame; None for one that cannot be inferred."""
        try:
            found = self._wait(asked)
        except Exception:  # noqa: BLE001 - see submit; told apart picture by picture
            return [self._alone(views) for views in asked.given]
        lasted = time.perf_counter() - asked.started
        self.window_s = window_after(lasted)
        self._observer.batched(len(found))
        self._observer.spent(Step.INFER, lasted)
        pictures = iter(found)
        return [self._joined(views, list(islice(pictures, views.count))) for views in asked.given]

    def alone(self, frame: Frame) -> Detections | None:
        """Ask about one frame and wait; None where it cannot be inferred."""
        return self._alone(self._views(frame))

    def revive(self) -> None:
        """Make sure that the engine works: at the start, and when nothing of a batch worked.

        Raises:
            EngineError: it does not, and it has been started again too often.
        """
        while not self._stopping():
            try:
                self.engine.warm_up()
            except Exception as error:  # noqa: BLE001 - see submit
                self._restart(error)
            else:
                self.trouble = None
                return

    def _views(self, frame: Frame) -> Views:
        return Views.of(frame, side=self.engine.image_size if self._tiled(frame) else None)

    def _pictures(self, given: Sequence[Views]) -> list[Image]:
        return [image for views in given for image in views.pictures(self.engine.device)]

    def _wait(self, asked: Asked) -> list[Detections]:
        if isinstance(asked.pending, Exception):
            raise asked.pending
        found = asked.pending.result()
        wanted = sum(views.count for views in asked.given)
        if len(found) != wanted:
            raise EngineError(
                f"Engine {self.engine.name} gave {len(found)} results for {wanted} pictures; this "
                "is a fault in the engine."
            )
        return found

    def _joined(self, views: Views, found: Sequence[Detections]) -> Detections | None:
        try:
            return views.joined(found)
        except Exception as error:  # noqa: BLE001 - see submit
            self._fault(views.frame.camera, "what was seen in its tiles could not be joined", error)
            return None

    def _alone(self, views: Views) -> Detections | None:
        started = time.perf_counter()
        try:
            found = views.joined(self.engine.infer(self._pictures([views])))
        except Exception as error:  # noqa: BLE001 - see submit
            self._fault(views.frame.camera, "a frame could not be inferred", error)
            return None
        self._observer.batched(views.count)
        self._observer.spent(Step.INFER, time.perf_counter() - started)
        return found

    def _restart(self, error: Exception) -> None:
        name, pause = self.engine.name, self._restarts.next_pause()
        if pause is None:
            raise EngineError(
                f"Engine {name} failed again after {self._restarts.most} restarts ({error}). No "
                "camera is looked at any more: see to the device, or choose another engine in the "
                "site file's `model`, and start again."
            ) from error
        self.trouble = (
            f"Engine {name} failed ({error}); it is started again in {pause:g} s. "
            "No camera is looked at until then."
        )
        self._faults.traced(f"engine {name}", error)  # once, though each restart may fail likewise
        log.warning("engine %s is started again in %g s", name, pause)
        self._pause(pause)
        if self._stopping():
            return
        self._restarts.count()
        self._observer.restarted(error)
        if self._reopen is not None:
            with contextlib.suppress(Exception):  # it is broken already
                self.engine.close()
            with contextlib.suppress(Exception):  # the next warm-up fails, and counts
                self.engine = self._reopen()
