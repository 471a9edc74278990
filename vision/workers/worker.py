"""Worker: a process that watches its share of the cameras, as one pipeline.

Threads beside the pipeline's own: the receiver takes what the main process says, the reporter tells
it each second how things are. The end of the pipe is the end of the main process: then this one
ends too, in order and within seconds.
"""

from __future__ import annotations

import faulthandler
import itertools
import logging
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Event, Lock, Thread

from vision.engine_server import EngineAddress, ServedEngine
from vision.engines import Engine
from vision.episodes import EpisodeEvent
from vision.errors import StorageUnavailable, StreetwardenError
from vision.evidence import EvidenceItem, SecondLook
from vision.pipeline import Pipeline
from vision.pipeline.event_writer import Sink
from vision.site import Site
from vision.workers.lease import Leases
from vision.workers.messages import (
    Answer,
    Applied,
    Apply,
    Farewell,
    LookAgain,
    LookedAgain,
    Offer,
    Report,
    Show,
    Shown,
    Stop,
    ToMain,
    without_pixels,
)

_log = logging.getLogger(__name__)

Build = Callable[[Site, Sequence[str], Callable[[], Engine], Sink], Pipeline]
"""Puts the pipeline of some cameras of a site together in the worker's process, with an engine
opened so, and this sink. A function of a module, or a partial of one: a new interpreter finds it by
its name."""

BEAT_S = 1.0
"""Seconds between two reports."""
_SERVER_BACK_S = 120.0
"""Seconds to wait for an engine server that was lost: its owner starts it again, and says so."""
_LAST_S = 8.0
"""Seconds to end in order when the main process has ended, so that its successor need not wait."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is started with.

    Attributes:
        site: whose cameras they are.
        cameras: ids of those to watch.
        build: makes the pipeline.
        engine: where the engine server listens.
        leases: folder of the cameras' locks.
        patience_s: seconds without a sign of life, after which it is a hung process.
    """

    site: Site
    cameras: tuple[str, ...]
    build: Build
    engine: EngineAddress
    leases: Path
    patience_s: float


def run(order: Order, pipe: Connection) -> None:
    """Be a worker; the target of its process."""
    # Ctrl-C, a closed terminal and a service manager reach the whole group: the main process says
    # when to end.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    Worker(order, pipe).run()
    logging.shutdown()
    # Its cameras are another's only when it has ended, and taking the interpreter apart takes time.
    os._exit(0)


class Worker:
    """The worker of a process."""

    def __init__(self, order: Order, pipe: Connection) -> None:
        self._order = order
        self._pipe = pipe
        self._sending = Lock()
        self._numbers = itertools.count()
        self._answers: dict[int, Answer] = {}
        self._answered = Condition()
        self._changes = SimpleQueue[Apply]()
        self._pipeline: Pipeline | None = None
        self._leases: Leases | None = None
        self._reporter = Thread(target=self._report_on, name="reporter", daemon=True)
        self._over = Event()
        self._orphaned = False

    def run(self) -> None:
        """Watch until the main process says stop or has ended, or the loop has failed for good."""
        Thread(target=self._receive, name="receiver", daemon=True).start()
        self._reporter.start()
        why, mendable = None, False
        try:
            self._watch()
        except StreetwardenError as error:
            why, mendable = str(error), self._pipeline is None
        except Exception as error:  # noqa: BLE001 - the main process says it, and starts another
            _log.exception("the worker ends on an error of its own; report this")
            why = f"{type(error).__name__}: {error}"
        self._stop_reporting()
        self._send(Farewell(why, mendable=mendable))
        self._pipe.close()

    def _watch(self) -> None:
        self._leases = Leases(self._order.leases, self._order.cameras)
        opener = partial(
            ServedEngine,
            self._order.engine,
            stopping=self._over.is_set,
            return_within_s=_SERVER_BACK_S,
        )
        pipeline = self._order.build(self._order.site, self._order.cameras, opener, self._offer)
        pipeline.start()
        self._pipeline = pipeline
        Thread(target=self._until_blind, args=(pipeline,), name="ends-worker", daemon=True).start()
        Thread(target=self._apply_on, args=(pipeline,), name="applies", daemon=True).start()
        self._over.wait()
        self._stop_reporting()
        if self._orphaned:
            _log.error("the main process has ended: what cannot be stored goes into quarantine")
            faulthandler.dump_traceback_later(_LAST_S, exit=True)
        pipeline.stop()
        self._send(self._report())
        if pipeline.failed is not None:
            raise pipeline.failed

    def _stop_reporting(self) -> None:
        self._over.set()
        self._reporter.join()
        faulthandler.cancel_dump_traceback_later()

    def _until_blind(self, pipeline: Pipeline) -> None:
        pipeline.blind.wait()
        self._over.set()

    def _receive(self) -> None:
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                self._orphaned = True
                self._end()
                return
            if isinstance(message, Answer):
                with self._answered:
                    self._answers[message.number] = message
                    self._answered.notify_all()
            elif isinstance(message, Show):
                self._send(Shown(message.number, self._picture(message.camera)))
            elif isinstance(message, LookAgain):
                self._send(LookedAgain(message.number, self._look_again(message)))
            elif isinstance(message, Apply):
                self._changes.put(message)  # by a thread of its own: this one has to hear answers
            elif isinstance(message, Stop):
                self._end()

    def _end(self) -> None:
        if self._pipeline is None:
            os._exit(0)  # there is nothing to store yet, and starting takes its time
        self._over.set()
        with self._answered:
            self._answered.notify_all()

    def _apply_on(self, pipeline: Pipeline) -> None:
        while not self._over.is_set():
            asked = self._changes.get()
            fault = self._apply(pipeline, asked)
            self._send(self._report())  # of the cameras that it has now
            self._send(Applied(asked.number, fault))

    def _apply(self, pipeline: Pipeline, asked: Apply) -> str | None:
        assert self._leases is not None
        try:
            self._leases.add(asked.cameras)
            pipeline.apply(asked.site, asked.cameras)
        except StreetwardenError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 - the main process starts another worker then
            _log.exception("a changed site could not be taken over; report this")
            return f"{type(error).__name__}: {error}"
        return None

    def _picture(self, camera: str) -> bytes | None:
        try:
            return self._pipeline.snapshot(camera) if self._pipeline is not None else None
        except Exception:  # noqa: BLE001 - it is only a picture
            _log.exception("%s: its picture could not be drawn", camera)
            return None

    def _look_again(self, asked: LookAgain) -> SecondLook:
        if self._pipeline is None:
            return SecondLook(why=f"camera {asked.camera} is not watched yet")
        try:
            return self._pipeline.look_again(asked.camera, asked.episode, asked.after)
        except Exception as error:  # noqa: BLE001 - this thread has to hear the main process
            _log.exception("%s: it could not be looked at again; report this", asked.camera)
            return SecondLook(why=f"{type(error).__name__}: {error}")

    def _report_on(self) -> None:
        while not self._over.is_set():
            # Not by a thread of Python's, which would hang as well; says where all threads are.
            faulthandler.dump_traceback_later(self._order.patience_s, exit=True)
            self._send(self._report())
            self._over.wait(BEAT_S)

    def _report(self) -> Report:
        pipeline = self._pipeline
        if pipeline is None:
            return Report()
        return Report(
            ready=True,
            cameras=pipeline.status(),
            loop=pipeline.loop(),
            sightings=pipeline.sightings(),
            problem=pipeline.problem,
            device_memory=pipeline.device_memory,
            drained=pipeline.failed is None and pipeline.wait(0),
        )

    def _offer(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        """The pipeline's sink: the main process's, which answers when it has stored."""
        number = next(self._numbers)
        if self._pipeline is not None:
            self._send(self._report())  # so that it knows what is seen when it decides
        self._send(Offer(number, without_pixels(event), items))
        with self._answered:
            self._answered.wait_for(lambda: number in self._answers or self._orphaned)
            answer = self._answers.pop(number, None)
        if answer is None:
            raise StorageUnavailable("the main process, which stores, has ended")
        if answer.fault is not None:
            raise (StorageUnavailable if answer.waits else StreetwardenError)(answer.fault)

    def _send(self, message: ToMain) -> None:
        try:
            with self._sending:
                self._pipe.send(message)
        except OSError:
            return  # the receiver has seen, or will see, that the main process has ended
