"""InferenceLoop: one thread owns the model and runs inference on every camera's due frames."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import compress, islice
from threading import Condition, Event, Thread, current_thread

from vision.detections import Detections
from vision.engines.engine import Engine, Pending
from vision.errors import EngineError
from vision.frames import Clock, Frame
from vision.look import Look
from vision.loop.collection import Collector, Taken
from vision.loop.metrics import LoopCounters, LoopObserver, Step
from vision.loop.restarts import Restarts
from vision.loop.views import Views
from vision.sources.mailbox import Mailbox
from vision.throttled_log import ThrottledLog

log = logging.getLogger(__name__)

Deliver = Callable[[Frame, Detections], None]
Attributes = Callable[[Frame, Detections], Detections]

ENGINE_FAILED = "engine_failed"
"""Reason of a drop: the engine could not infer this frame, not even alone."""
REMOVED = "camera_removed"
"""Reason of a drop: the camera was removed while the loop had the frame."""
LOOP_ENDED = "loop_ended"
"""Reason of a drop: the loop ended on an error while it had the frame."""
WINDOW_SHARE = 0.1
"""An idle device waits for a fuller batch for this share of the time that its last batch took."""
LONGEST_WINDOW_S = 0.005
"""And no longer than this, in seconds."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Frames taken, those of them given to the engine, and its pending result or error.

    A frame that was not given to the engine reuses the detections of its camera's frame before.
    """

    taken: Sequence[Taken]
    asked: Sequence[bool]
    given: Sequence[Views]
    pending: Pending | Exception | None
    started: float


class InferenceLoop:
    """Collects due frames across cameras, batches, infers, delivers; see README.md here.

    Frames of a camera are delivered in the order of its mailbox, each once. A failure of one frame
    is reported to the observer and affects no other: a batch that fails is retried picture by
    picture. If not even a blank picture works, the engine is restarted, at most `max_restarts`
    times in ten minutes, with increasing pauses; then the loop ends and `failed` says why.
    `trouble` says why from the first failure until a picture works again. `ended` is set when no
    frame will be analysed any more, because the loop failed or was stopped.

    Args:
        engine: the loop's thread owns it from `start` to the end; closing it is the caller's.
        mailboxes: one per camera, all made with `ready`.
        deliver: called in the loop's thread with each frame and its detections; what it does
            delays every camera, except that the device goes on with the next batch meanwhile.
        ready: the condition that the mailboxes share.
        max_batch: most frames given to the engine at once; the engine's own batch by default.
        attributes: adds to the detections before delivery, for example what a truck carries.
        tiled: whether the engine sees a camera's frames in tiles too, because objects are small.
        needed: whether a camera's next frame needs inference; if not, the detections of the frame
            before are delivered again, marked `Look.reused`.
        observer: receives the loop's events; counters by default.
        reopen: makes a new engine after a failure; without it the old one is retried.
        max_restarts: see above.
        pause: waits these seconds before a restart; the loop's own wait, which `stop` ends.
    """

    def __init__(
        self,
        engine: Engine,
        mailboxes: Sequence[Mailbox],
        deliver: Deliver,
        *,
        ready: Condition,
        max_batch: int | None = None,
        attributes: Attributes | None = None,
        tiled: Callable[[Frame], bool] = lambda _: False,
        needed: Callable[[Frame], bool] = lambda _: True,
        observer: LoopObserver | None = None,
        reopen: Callable[[], Engine] | None = None,
        max_restarts: int = 3,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        self.engine = engine
        self.observer: LoopObserver = observer if observer is not None else LoopCounters()
        self.failed: EngineError | None = None
        self.trouble: str | None = None
        self._collector = Collector(mailboxes, ready)
        self._deliver_to = deliver
        self._ready = ready
        self._max_batch = max_batch
        self._window_s = LONGEST_WINDOW_S
        self._attributes = attributes
        self._tiled = tiled
        self._needed = needed
        self._standing: dict[Mailbox, Detections] = {}
        self._reopen = reopen
        self._restarts = Restarts(max_restarts)
        self._pause = pause if pause is not None else self._pause_or_stop
        self._faults = ThrottledLog(log)
        self._under_way: deque[_Batch] = deque()
        self._stopping = False
        self.ended = Event()
        self._thread = Thread(target=self._run, name="inference-loop", daemon=True)

    def start(self) -> None:
        """Warm the engine up, then run. A loop runs once; make a new one to start again."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> bool:
        """Stop: batches in the engine are still delivered, frames in mailboxes are dropped.

        Args:
            timeout: seconds to wait for the end; None waits until it is reached, 0 not at all.

        Returns:
            Whether the loop has ended.
        """
        with self._ready:
            self._stopping = True
            self._ready.notify_all()
        if self._thread.ident is not None and self._thread is not current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def wait_until_drained(self, timeout: float | None = None) -> bool:
        """Wait until every camera has finished and all its frames were delivered or dropped.

        Returns:
            False when that took longer than `timeout` seconds.

        Raises:
            EngineError: the loop ended because the engine failed for good.
        """
        with self._ready:
            done = self._ready.wait_for(
                lambda: self.ended.is_set() or self._collector.drained, timeout
            )
        if self.failed is not None:
            raise self.failed
        return done

    def add(self, mailbox: Mailbox) -> None:
        """Serve another camera; ValueError if one of its name is served already."""
        self._collector.add(mailbox)
        if self.ended.is_set():
            mailbox.close()

    def remove(self, camera: str) -> None:
        """Serve a camera no longer and close its mailbox; KeyError if it is not served.

        A delivery that is under way may still end; none begins afterwards.
        """
        mailbox = self._collector.remove(camera)
        mailbox.close()
        self._standing.pop(mailbox, None)

    def _run(self) -> None:
        try:
            self._revive()
            while not self._stopping:
                self._step()
            while self._under_way:
                self._settle(self._under_way.popleft())
        except EngineError as error:
            self._give_up(error)
        except Exception as error:  # noqa: BLE001 - a thread that dies silently would hang its readers
            failed = EngineError(
                f"The inference loop ended on an error of its own ({type(error).__name__}: "
                f"{error}). Restart the program, and report this if it happens again."
            )
            failed.__cause__ = error
            self._faults.traced("inference loop", error)
            self._give_up(failed)
        finally:
            self._end()

    def _give_up(self, error: EngineError) -> None:
        self.failed, self.trouble = error, str(error)
        log.error("%s", error)

    def _end(self) -> None:
        """Release readers that wait for room, and account for every frame that was taken."""
        in_hand = {t.mailbox for batch in self._under_way for t in batch.taken}
        self._under_way.clear()
        with self._ready:
            self.ended.set()
            for mailbox in in_hand.union(self._collector.mailboxes):
                mailbox.close()
                if left := mailbox.counts().pending:
                    mailbox.drop(LOOP_ENDED, left)
            self._ready.notify_all()

    def _step(self) -> None:
        """Give the engine one more batch if there is one; take one back if it has enough."""
        limit = self._max_batch or self.engine.batch  # which falls where memory is short
        if not self._under_way:
            self._collector.wait(limit, self._window_s, lambda: self._stopping)
        taken = [] if self._stopping else self._collector.take(limit)
        if taken:
            self._under_way.append(self._submit(taken))
        if self._under_way and (not taken or len(self._under_way) >= self.engine.depth):
            self._settle(self._under_way.popleft())

    def _submit(self, taken: Sequence[Taken]) -> _Batch:
        asked = [self._asks(one.frame) for one in taken]
        given = [self._views(one.frame) for one in compress(taken, asked)]
        pending: Pending | Exception | None = None
        if given:
            started = time.perf_counter()
            try:
                pending = self.engine.submit([p for views in given for p in views.pictures()])
            except Exception as error:  # noqa: BLE001 - whatever a bad picture makes a library raise
                pending = error
            self._spent(Step.SUBMIT, started)
        return _Batch(taken, asked, given, pending, time.perf_counter())

    def _asks(self, frame: Frame) -> bool:
        try:
            return self._needed(frame)
        except Exception as error:  # noqa: BLE001 - one camera's trouble must not stop the others
            self._fault(frame.camera, "whether a look is needed could not be told", error)
            return True

    def _views(self, frame: Frame) -> Views:
        return Views.of(frame, side=self.engine.image_size if self._tiled(frame) else None)

    def _settle(self, batch: _Batch) -> None:
        """Wait for a batch, deliver it, and account for its frames."""
        results = self._results(batch)
        found = iter(results)
        for taken, asked in zip(batch.taken, batch.asked, strict=True):
            detections = self._seen(taken, next(found)) if asked else self._again(taken)
            if detections is None:
                taken.mailbox.drop(ENGINE_FAILED)
            elif self._collector.serves(taken.mailbox):
                try:
                    self._deliver(taken.frame, detections)
                finally:
                    taken.mailbox.analysed()
            else:
                self._standing.pop(taken.mailbox, None)
                taken.mailbox.drop(REMOVED)
        with self._ready:
            self._ready.notify_all()  # for `wait_until_drained`
        if results and all(detections is None for detections in results):
            self._revive()

    def _results(self, batch: _Batch) -> Sequence[Detections | None]:
        """Detections per frame given to the engine; None for one that cannot be inferred."""
        if batch.pending is None:
            return []
        try:
            found = self._wait(batch)
        except Exception:  # noqa: BLE001 - see _submit; told apart picture by picture
            return [self._alone(views) for views in batch.given]
        lasted = time.perf_counter() - batch.started
        self._window_s = min(LONGEST_WINDOW_S, WINDOW_SHARE * lasted)
        self.observer.batched(len(found))
        self.observer.spent(Step.INFER, lasted)
        pictures = iter(found)
        return [self._joined(views, list(islice(pictures, views.count))) for views in batch.given]

    def _joined(self, views: Views, found: Sequence[Detections]) -> Detections | None:
        try:
            return views.joined(found)
        except Exception as error:  # noqa: BLE001 - see _submit
            self._fault(views.frame.camera, "what was seen in its tiles could not be joined", error)
            return None

    def _wait(self, batch: _Batch) -> list[Detections]:
        if isinstance(batch.pending, Exception):
            raise batch.pending
        assert batch.pending is not None
        found = batch.pending.result()
        wanted = sum(views.count for views in batch.given)
        if len(found) != wanted:
            raise EngineError(
                f"Engine {self.engine.name} gave {len(found)} results for {wanted} pictures; this "
                "is a fault in the engine."
            )
        return found

    def _alone(self, views: Views) -> Detections | None:
        started = time.perf_counter()
        try:
            found = views.joined(self.engine.infer(views.pictures()))
        except Exception as error:  # noqa: BLE001 - see _submit
            self._fault(views.frame.camera, "a frame could not be inferred", error)
            return None
        self.observer.batched(views.count)
        self._spent(Step.INFER, started)
        return found

    def _revive(self) -> None:
        """Ensure that the engine works: at the start, and after a batch that failed completely.

        Raises:
            EngineError: it does not work, and has been restarted too often.
        """
        while not self._stopping:
            try:
                self.engine.warm_up()
            except Exception as error:  # noqa: BLE001 - see _submit
                self._restart(error)
            else:
                self.trouble = None
                return

    def _restart(self, error: Exception) -> None:
        pause = self._restarts.next_pause()
        if pause is None:
            raise EngineError(
                f"Engine {self.engine.name} failed again after {self._restarts.most} restarts "
                f"({error}). No camera is looked at any more: see to the device, or choose another "
                "engine in the site file's `model`, and start again."
            ) from error
        self.trouble = (
            f"Engine {self.engine.name} failed ({error}); it is started again in {pause:g} s. "
            "No camera is looked at until then."
        )
        self._faults.traced(f"engine {self.engine.name}", error)
        log.warning("engine %s is started again in %g s", self.engine.name, pause)
        self._pause(pause)
        if self._stopping:
            return
        self._restarts.count()
        self.observer.restarted(error)
        if self._reopen is not None:
            with contextlib.suppress(Exception):  # it is broken already
                self.engine.close()
            with contextlib.suppress(Exception):  # the next warm-up fails, and counts
                self.engine = self._reopen()

    def _pause_or_stop(self, seconds: float) -> None:
        with self._ready:
            self._ready.wait_for(lambda: self._stopping, seconds)

    def _fault(self, camera: str, what: str, error: Exception) -> None:
        """Count a frame's failure, and log it once per kind and minute."""
        self.observer.failed(camera, error)
        self._faults.traced(f"{camera}: {what}", error)

    def _seen(self, taken: Taken, detections: Detections | None) -> Detections | None:
        """Return the engine's detections with their attributes; kept to be reused."""
        if detections is None:
            self._standing.pop(taken.mailbox, None)
            return None
        if self._attributes is not None:
            started = time.perf_counter()
            try:
                detections = self._attributes(taken.frame, detections)
            except Exception as error:  # noqa: BLE001 - without attributes is better than not at all
                self._fault(taken.frame.camera, "its attributes could not be read", error)
            self._spent(Step.ATTRIBUTES, started)
        self._standing[taken.mailbox] = detections
        return detections

    def _again(self, taken: Taken) -> Detections | None:
        """Return the reused detections of an unchanged scene; infer if they are lost."""
        before = self._standing.get(taken.mailbox)
        if before is None:
            return self._seen(taken, self._alone(self._views(taken.frame)))
        self.observer.reused(taken.frame.camera)
        return replace(Look.of(before), reused=True).on(before)

    def _deliver(self, frame: Frame, detections: Detections) -> None:
        started = time.perf_counter()
        try:
            self._deliver_to(frame, detections)
        except Exception as error:  # noqa: BLE001 - one camera's trouble must not stop the others
            self._fault(frame.camera, "a delivery failed", error)
        else:
            self._spent(Step.DELIVER, started)
            self.observer.delivered(frame.camera, _age_s(frame))

    def _spent(self, step: Step, since: float) -> None:
        self.observer.spent(step, time.perf_counter() - since)


def _age_s(frame: Frame) -> float | None:
    if frame.clock in (Clock.MEDIA, Clock.PHOTO):
        return None
    # A camera's own clock may be ahead of ours.
    return max(0.0, (datetime.now(UTC) - frame.captured_at).total_seconds())
