"""Keeper: keeps the worker of one share of the cameras running.

A worker that ends is started again, after longer pauses where that happens again and again; there
is no last time. Another one is never started before the one before is gone.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from enum import Enum
from threading import Event, Lock, Thread

from vision.engine_server.back_off import BackOff
from vision.evidence import SecondLook
from vision.loop import LoopCounts
from vision.process_status import ProcessStatus
from vision.site import Site
from vision.sources.address import parse_address
from vision.sources.status import CameraState, CameraStatus
from vision.workers import totals
from vision.workers.costs import measured
from vision.workers.messages import Applied, Farewell, Offer, Report, ToMain
from vision.workers.worker import Order
from vision.workers.worker_process import WorkerProcess

_log = logging.getLogger(__name__)

MEASURED_S = 60.0
"""Seconds of work over which costs are measured, at least."""


class State(Enum):
    """What a keeper's worker is doing."""

    STARTING = "is starting"
    UP = "runs"
    DOWN = "is down"
    ENDED = "has ended"
    """As it was asked to."""


class Keeper:
    """Keeps one worker running; a thread of its own hears it.

    Args:
        name: of the worker's process, in logs and in `/readyz`.
        order: what to start it with.
        offered: called with each event that it offers, to be answered by `WorkerProcess.send`.
        changed: called when something is known that was not.
    """

    def __init__(
        self,
        name: str,
        order: Order,
        *,
        offered: Callable[[WorkerProcess, Offer], None],
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.state = State.STARTING
        self.why: str | None = None
        """Why the last worker ended; None before one has, and once another is up."""
        self.dark_since: float | None = None
        """Since when none is up (monotonic seconds); None before the first has ended, too."""
        self.hopeless = False
        """No worker has ever been up, and the last one said what the user has to mend."""
        self.restarts = 0
        self.report = Report()
        """The latest of the worker that is up; an empty one where none is."""
        self._order = order
        self._begun_with = order.cameras
        self._unfit: str | None = None
        self._offered = offered
        self._changed = changed
        self._stopping = Event()
        self._lock = Lock()
        self._process: WorkerProcess | None = None
        self._up_since: float | None = None
        self._was_up = False
        self._before: dict[str, CameraStatus] = {}
        self._loops_before = LoopCounts()
        self._thread = Thread(target=self._keep, name=f"keeper-{name}", daemon=True)

    def start(self) -> None:
        """Start the worker."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let the worker end in order, and start no other."""
        self._stopping.set()
        with self._lock:
            process = self._process
        if process is not None:
            process.stop()

    def join(self, timeout: float) -> None:
        """Wait for its end; kill it after so many seconds."""
        self._thread.join(timeout)
        with self._lock:
            process = self._process
        if self._thread.is_alive() and process is not None:
            _log.error("%s does not end in order within %.0f s and is killed", self.name, timeout)
            process.kill()
            self._thread.join(timeout)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Ids of those that its worker watches."""
        return self._order.cameras

    def apply(self, site: Site, cameras: tuple[str, ...]) -> None:
        """Have these cameras of a changed site watched from now on.

        Waits for the worker, if it is up. One that is not is started with them, and so is one in
        the place of a worker that cannot take them over.
        """
        with self._lock:
            self._order = replace(self._order, site=site, cameras=cameras)
            process, up = self._process, self.state is State.UP
        if process is not None:
            process.apply(site, cameras, wait=up)

    @property
    def pid(self) -> int | None:
        """Process id of the worker; None where none runs."""
        with self._lock:
            return self._process.pid if self._process is not None else None

    def status(self) -> list[CameraStatus]:
        """The status of its cameras, counted over all the workers that they had."""
        with self._lock:
            latest = {status.camera: status for status in self.report.cameras}
            before = dict(self._before)
        waiting = None if self.state is State.UP else f"{self.name} {self._in_words}"
        found = []
        for camera in (c for c in self._order.site.cameras if c.id in self.cameras):
            now = latest.get(camera.id)
            if now is None and self.state is State.ENDED and camera.id in before:
                found.append(before[camera.id])  # its worker's last word
                continue
            if now is None:
                state = CameraState.RETRYING if self.why else CameraState.CONNECTING
                state = CameraState.STOPPED if self.state is State.ENDED else state
                shown = parse_address(camera.source).shown
                now = CameraStatus(camera.id, shown, state, error=waiting)
            found.append(totals.since(before.get(camera.id), now))
        return found

    def loop(self) -> LoopCounts:
        """What the loops of all its workers have done."""
        with self._lock:
            return totals.of_loops((self._loops_before, self.report.loop))

    def process(self) -> ProcessStatus:
        """How its process is doing."""
        return ProcessStatus(
            name=self.name,
            up=self.state is State.UP,
            restarts=self.restarts,
            cameras=len(self.cameras),
            detail=self._in_words,
        )

    def costs(self) -> dict[str, float]:
        """What its cameras cost, in cores; nothing before the worker has settled."""
        up_since, report = self._up_since, self.report
        seconds = time.monotonic() - up_since if up_since is not None else 0.0
        if seconds <= MEASURED_S:
            return {}
        # What came later was not watched for all of that time.
        return {
            camera: cost
            for camera, cost in measured(report.cameras, report.loop, seconds).items()
            if camera in self._begun_with
        }

    def snapshot(self, camera: str) -> bytes | None:
        """A camera's latest picture; None where there is none."""
        with self._lock:
            process = self._process if self.state is State.UP else None
        return process.snapshot(camera) if process is not None else None

    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook:
        """See `Pipeline.look_again`."""
        with self._lock:
            process = self._process if self.state is State.UP else None
        if process is None:
            why = f"{self.name}, which watches camera {camera}, {self._in_words}"
            return SecondLook(why=why)
        return process.look_again(camera, episode, after)

    @property
    def _in_words(self) -> str:
        return self.state.value + (f": {self.why}" if self.why else "")

    def _keep(self) -> None:
        back_off = BackOff()
        while not self._stopping.is_set():
            farewell = self._run_one()
            if self._stopping.is_set():
                break
            pause = back_off.after_death()
            self.dark_since = self.dark_since or time.monotonic()
            self.hopeless = farewell.mendable and not self._was_up
            self._show(State.DOWN, self._unfit or farewell.why or "it ended unasked")
            _log.error("%s is down: %s; it is started again in %g s", self.name, self.why, pause)
            self._stopping.wait(pause)
            self.restarts += 1
        self._show(State.ENDED, None)

    def _run_one(self) -> Farewell:
        """Start a worker, hear it until it is gone, and close its accounts."""
        self._up_since = self._unfit = None
        order = self._order
        try:
            process = WorkerProcess(self.name, order)
        except Exception as error:  # noqa: BLE001 - no memory, too many processes
            return Farewell(f"it cannot be started ({type(error).__name__}: {error})")
        with self._lock:
            self._process, now, self._begun_with = process, self._order, order.cameras
        if now is not order:  # it was changed in the middle of the start
            process.apply(now.site, now.cameras, wait=False)
        if self.state is not State.STARTING:
            self._show(State.STARTING, self.why)
        if self._stopping.is_set():  # asked before there was anybody to tell
            process.stop()
        farewell = process.hear(lambda message: self._heard(process, message))
        with self._lock:
            self._process = None
            for status in self.report.cameras:
                before = self._before.get(status.camera)
                self._before[status.camera] = totals.since(before, totals.closed(status))
            self._loops_before = totals.of_loops((self._loops_before, self.report.loop))
            ended = self._stopping.is_set()
            self.report = Report(drained=self.report.drained) if ended else Report()
        return farewell

    def _heard(self, process: WorkerProcess, message: ToMain) -> None:
        if isinstance(message, Offer):
            self._offered(process, message)
        elif isinstance(message, Applied) and message.fault is not None:
            _log.error("%s is started again by the changed site: %s", self.name, message.fault)
            self._unfit = message.fault
            process.stop()
        elif isinstance(message, Report):
            with self._lock:
                self.report = message
            if message.ready and self.state is not State.UP:
                self._up_since, self.dark_since, self._was_up = time.monotonic(), None, True
                self._show(State.UP, None)
            self._changed()

    def _show(self, state: State, why: str | None) -> None:
        self.state, self.why = state, why
        self._changed()
