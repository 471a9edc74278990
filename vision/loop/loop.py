"""InferenceLoop: one thread owns the model and runs inference on every camera's due frames."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from threading import Condition, Event, Thread, current_thread

from vision.detections import Detections
from vision.engines.engine import Engine
from vision.errors import EngineError
from vision.frames import Frame
from vision.loop.attributes import AttributeReader, Attributes
from vision.loop.batch import Batch
from vision.loop.changes import Changes
from vision.loop.collection import Collector, Taken
from vision.loop.drops import ENGINE_FAILED, LOOP_ENDED, REMOVED
from vision.loop.metrics import LoopCounters, LoopObserver, Step, age_s
from vision.loop.restarts import Restarts
from vision.loop.standing import Standing
from vision.loop.supervised_engine import SupervisedEngine
from vision.sources.mailbox import Mailbox
from vision.throttled_log import ThrottledLog

log = logging.getLogger(__name__)

Deliver = Callable[[Frame, Detections], None]


class InferenceLoop:
    """Collects due frames across cameras, batches, infers, delivers; see README.md here.

    Frames of a camera are delivered in the order of its mailbox, each once. What fails for one
    frame is reported to the observer and touches no other. An engine with which nothing works is
    started again, at most `max_restarts` times in ten minutes (`SupervisedEngine`); then the loop
    ends and `failed` says why. `ended` is set when no frame will be looked at any more, because it
    failed or was stopped.

    Args:
        engine: the loop's thread owns it from `start` to the end; closing it is the caller's.
        mailboxes: one per camera, all made with `ready`.
        deliver: called in the loop's thread with each frame and its detections; what it does
            delays every camera, except that the device goes on with the next batch meanwhile.
        ready: the condition that the mailboxes share.
        max_batch: most frames given to the engine at once; the engine's own batch by default.
        attributes: adds to the detections before delivery, for example what a truck carries;
            of all frames of a batch at once.
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
        self.observer: LoopObserver = observer if observer is not None else LoopCounters()
        self.failed: EngineError | None = None
        self._engine = SupervisedEngine(
            engine,
            tiled=tiled,
            observer=self.observer,
            fault=self._fault,
            reopen=reopen,
            restarts=Restarts(max_restarts),
            pause=pause if pause is not None else self._pause_or_stop,
            stopping=lambda: self._stopping,
        )
        self._collector = Collector(mailboxes, ready)
        self._deliver_to = deliver
        self._ready = ready
        self._max_batch = max_batch
        self._attributes = AttributeReader(attributes, self.observer, self._fault)
        self._needed = needed
        self._standing = Standing()
        self._faults = ThrottledLog(log)
        self._under_way: deque[Batch] = deque()
        self._changes = Changes()
        self._stopping = False
        self.ended = Event()
        self._thread = Thread(target=self._run, name="inference-loop", daemon=True)

    @property
    def engine(self) -> Engine:
        """What looks now; another one after a restart with `reopen`."""
        return self._engine.engine

    @property
    def trouble(self) -> str | None:
        """Why no frame is looked at now; None where frames are."""
        return str(self.failed) if self.failed is not None else self._engine.trouble

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
        self._standing.forget(mailbox)

    @property
    def looks(self) -> bool:
        """Whether its thread looks: it was started and has not ended."""
        return self._thread.is_alive() and not self.ended.is_set()

    def between_looks(self, change: Callable[[], None]) -> Future[None]:
        """Have something done when no look is under way: in the loop's thread, between two looks.

        It is done here and now where nobody looks.

        Returns:
            Done when it is; with its exception, which ends nothing. It can be cancelled before.
        """
        with self._ready:
            looks, done = self.looks, self._changes.put(change)
            self._ready.notify_all()
        if not looks:
            self._changes.make()
        return done

    def _run(self) -> None:
        try:
            self._engine.revive()
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
        self.failed = error
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
        self._changes.make()

    def _step(self) -> None:
        """Give the engine one more batch if there is one; take one back if it has enough."""
        limit = self._max_batch or self.engine.batch  # which falls where memory is short
        if not self._under_way:
            self._collector.wait(
                limit, self._engine.window_s, lambda: self._stopping or self._changes.wait
            )
        self._changes.make()
        taken = [] if self._stopping else self._collector.take(limit)
        if taken:
            self._under_way.append(self._submit(taken))
        if self._under_way and (not taken or len(self._under_way) >= self.engine.depth):
            self._settle(self._under_way.popleft())

    def _submit(self, taken: Sequence[Taken]) -> Batch:
        batch = Batch(taken, [self._needs_look(one.frame) for one in taken])
        frames = batch.frames
        return replace(batch, asked=self._engine.submit(frames)) if frames else batch

    def _needs_look(self, frame: Frame) -> bool:
        try:
            return self._needed(frame)
        except Exception as error:  # noqa: BLE001 - one camera's trouble must not stop the others
            self._fault(frame.camera, "whether a look is needed could not be told", error)
            return True

    def _settle(self, batch: Batch) -> None:
        """Wait for a batch, deliver it, and account for its frames."""
        results = self._engine.results(batch.asked) if batch.asked is not None else ()
        found = iter(self._attributes.add(batch.frames, results))
        for taken, needed in zip(batch.taken, batch.needed, strict=True):
            detections = self._standing.seen(taken, next(found)) if needed else self._again(taken)
            if detections is None:
                taken.mailbox.drop(ENGINE_FAILED)
            elif self._collector.serves(taken.mailbox):
                try:
                    self._deliver(taken.frame, detections)
                finally:
                    taken.mailbox.analysed()
            else:
                self._standing.forget(taken.mailbox)
                taken.mailbox.drop(REMOVED)
        with self._ready:
            self._ready.notify_all()  # for `wait_until_drained`
        if results and all(detections is None for detections in results):
            self._engine.revive()

    def _pause_or_stop(self, seconds: float) -> None:
        with self._ready:
            self._ready.wait_for(lambda: self._stopping, seconds)

    def _fault(self, camera: str, what: str, error: Exception) -> None:
        """Count a frame's failure, and log it once per kind and minute."""
        self.observer.failed(camera, error)
        self._faults.traced(f"{camera}: {what}", error)

    def _again(self, taken: Taken) -> Detections | None:
        """What was seen before, for a frame that needs no look; looked at where nothing stands."""
        before = self._standing.again(taken)
        if before is None:
            [found] = self._attributes.add([taken.frame], [self._engine.alone(taken.frame)])
            return self._standing.seen(taken, found)
        self.observer.reused(taken.frame.camera)
        return before

    def _deliver(self, frame: Frame, detections: Detections) -> None:
        started = time.perf_counter()
        try:
            self._deliver_to(frame, detections)
        except Exception as error:  # noqa: BLE001 - one camera's trouble must not stop the others
            self._fault(frame.camera, "a delivery failed", error)
        else:
            self.observer.spent(Step.DELIVER, time.perf_counter() - started)
            self.observer.delivered(frame.camera, age_s(frame))
