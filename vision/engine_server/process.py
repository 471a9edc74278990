"""EngineServerProcess: an engine server in a process of its own, and what keeps it alive."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing.connection import wait
from threading import Condition, Event, Thread

from vision.engine_server.address import EngineAddress
from vision.engine_server.back_off import BackOff
from vision.engine_server.status_page import ServerCounts, Stage, StatusPage
from vision.engines import Engine, open_engine
from vision.errors import EngineError
from vision.logs import Logs, running, set_up
from vision.model_choice import ModelChoice

log = logging.getLogger(__name__)

HUNG_AFTER_S = 20.0
"""Silence after which a server that was ready is taken to hang: twenty times what a batch takes on
a slow processor. Between batches it gives signs of life."""
LOAD_WITHIN_S = 600.0
"""Time to load the model, which is converted at first use."""
ENDS_WITHIN_S = 10.0
"""Time to end in order before it is killed."""
_LOOK_S = 0.25


class Phase(StrEnum):
    """What a server does now."""

    LOADING = "loading"
    READY = "ready"
    DOWN = "down"
    """It has died or was killed as hung; it is started again after a pause."""
    STOPPED = "stopped"
    """It was not started yet, or was stopped."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """For `/readyz`.

    Attributes:
        phase: what it does now.
        problem: why it is not ready, in plain words; None where it is, and where it was stopped.
        process: its process id; None where it has none.
        restarts: so far.
    """

    phase: Phase
    problem: str | None
    process: int | None
    restarts: int


class EngineServerProcess:
    """Starts an engine server, starts it again when it dies or hangs, and stops it.

    Every process that is to use the engine is given `address`, which stays the same over restarts
    and can be pickled, and opens `ServedEngine(address)`. The server ends by itself when the
    process that owns it is gone.

    Args:
        choice: what the server opens.
        opener: how; a function that a new process can import.
        hung_after_s: silence after which a ready server is killed.
        load_within_s: time to load.

    Raises:
        EngineError: this system cannot do it (Linux alone can).
    """

    def __init__(
        self,
        choice: ModelChoice,
        *,
        opener: Callable[[ModelChoice], Engine] = open_engine,
        hung_after_s: float = HUNG_AFTER_S,
        load_within_s: float = LOAD_WITHIN_S,
    ) -> None:
        self.address = EngineAddress.new()
        self._choice = choice
        self._opener = opener
        self._hung_after_s = hung_after_s
        self._load_within_s = load_within_s
        # Here and not in the server, so that clients wait in it while there is none.
        self._listener = self.address.listen()
        self._page = StatusPage()
        self._changed = Condition()
        self._state = ServerState(Phase.STOPPED, None, None, 0)
        self._stop = Event()
        self._ends_within_s = ENDS_WITHIN_S
        self._back_off = BackOff()
        self._thread = Thread(target=self._run, name="engine-server", daemon=True)

    def start(self) -> None:
        """Start the server and return; `wait_until_ready` waits. It can be started once."""
        self._tell(Phase.LOADING, "The engine server loads its model.", None)
        self._thread.start()

    def wait_until_ready(self, timeout: float | None = None) -> bool:
        """Wait until the server takes pictures; False if it does not within `timeout` seconds.

        Raises:
            EngineError: it has ended meanwhile, which at the start says that it cannot open the
                engine. It is tried again all the same, until `stop`.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._state.phase is not Phase.LOADING, timeout)
            state = self._state
        if state.phase is Phase.DOWN and state.problem is not None:
            raise EngineError(state.problem)
        return state.phase is Phase.READY

    @property
    def state(self) -> ServerState:
        """What the server does now, and what is wrong with it."""
        with self._changed:
            return self._state

    @property
    def counts(self) -> ServerCounts:
        """What it has done so far."""
        return self._page.counts(self.state.restarts)

    def stop(self, timeout: float = ENDS_WITHIN_S) -> None:
        """End it in order: what is under way is finished. Killed if it takes longer than this."""
        self._ends_within_s = timeout
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        """Start the server again and again until `stop`."""
        restarts = 0
        while not self._stop.is_set():
            problem = self._serve(restarts)
            if self._stop.is_set():
                break
            pause = self._back_off.after_death()
            log.error("%s It is started again in %g s.", problem, pause)
            self._tell(Phase.DOWN, problem, None, restarts)
            self._stop.wait(pause)
            restarts += 1
        self._tell(Phase.STOPPED, None, None, restarts)

    def _serve(self, restarts: int) -> str:
        """Run one server to its end; why it ended."""
        self._page.begin()
        process = multiprocessing.get_context("spawn").Process(
            target=_server_main,
            args=(self._choice, self._opener, self._listener, self._page, running()),
            name="engine-server",
            daemon=True,
        )
        try:
            process.start()
        except Exception as error:  # noqa: BLE001 - no memory, no process, nothing to hand over
            return f"The engine server could not be started ({type(error).__name__}: {error})."
        self._tell(Phase.LOADING, "The engine server loads its model.", process.pid, restarts)
        hung = None
        while not self._stop.is_set() and not wait([process.sentinel], _LOOK_S):
            if self.state.phase is Phase.LOADING and self._page.stage is Stage.READY:
                self._tell(Phase.READY, None, process.pid, restarts)
            hung = self._hung()
            if hung is not None:
                process.kill()
                break
        if self._stop.is_set():
            process.terminate()
            process.join(self._ends_within_s)
            if process.is_alive():
                log.error("the engine server did not end in time and was killed")
                process.kill()
        process.join()
        # What it said itself comes first: one that then took long to end was killed as hung, too.
        ended = self._page.trouble or hung or _ended_by(process.exitcode)
        process.close()
        return ended

    def _hung(self) -> str | None:
        silent, stage = self._page.silent_s, self._page.stage
        if stage is Stage.LOADING and silent > self._load_within_s:
            return f"The engine server has not loaded its model within {self._load_within_s:g} s."
        if stage is not Stage.LOADING and silent > self._hung_after_s:
            return f"The engine server, or its device, hung for {self._hung_after_s:g} s."
        return None

    def _tell(
        self, phase: Phase, problem: str | None, process: int | None, restarts: int = 0
    ) -> None:
        with self._changed:
            self._state = ServerState(phase, problem, process, restarts)
            self._changed.notify_all()


def _ended_by(code: int | None) -> str:
    if code is not None and code < 0:
        return f"The engine server was killed ({signal.Signals(-code).name})."
    return f"The engine server ended with exit status {code}."


def _server_main(
    choice: ModelChoice,
    opener: Callable[[ModelChoice], Engine],
    listener: socket.socket,
    page: StatusPage,
    logs: Logs,
) -> None:
    """The server's process, from start to end."""
    from vision.engine_server.server import EngineServer  # noqa: PLC0415 - needed here alone

    set_up(logs)
    for number in (signal.SIGINT, signal.SIGHUP):  # go to all; the owner ends us in order
        signal.signal(number, signal.SIG_IGN)
    ending = Event()
    Thread(target=_follow, args=(ending,), daemon=True).start()
    code = 0
    try:
        engine = opener(choice)
        page.beat()
        signal.signal(signal.SIGTERM, lambda *_: ending.set())  # while it loads, it just ends
        EngineServer(engine, listener, page, ending.is_set).run()
        engine.close()
        page.end()
    except EngineError as error:
        page.end(str(error))
        log.error("%s", error)  # noqa: TRY400 - the message says it all
        code = 1
    except Exception as error:
        page.end(f"The engine server ended on an error ({type(error).__name__}: {error}).")
        log.exception("the engine server ended on an error")
        code = 1
    logging.shutdown()
    os._exit(code)  # taking the interpreter and its libraries apart costs seconds and gains nothing


def _follow(ending: Event) -> None:
    """End when the owner does; a server that hangs then has nobody else to kill it."""
    owner = multiprocessing.parent_process()
    assert owner is not None
    owner.join()
    ending.set()
    time.sleep(ENDS_WITHIN_S)
    os._exit(1)
