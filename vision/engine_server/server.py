"""EngineServer: one thread that owns the engine and looks at the pictures of every client."""

from __future__ import annotations

import logging
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vision.detections import Detections
from vision.engine_server.address import peer
from vision.engine_server.records import Welcome, send_welcome
from vision.engine_server.ring import Layout, Ring
from vision.engine_server.session import Session, Waiting
from vision.engine_server.status_page import Stage, StatusPage
from vision.engines.engine import Engine, Pending
from vision.engines.window import LONGEST_WINDOW_S, window_after
from vision.errors import EngineError

log = logging.getLogger(__name__)

MOST_SLOTS = 128
"""Most pictures that one client has at the server: twice the largest batch that gains anything. At
640 pixels that is 158 MB of memory, which is taken when it is used, or pinned."""
_IDLE_S = 0.25
"""Between two signs of life of a server with nothing to do."""
_MEMORY_EVERY_S = 1.0
"""How often the device's memory is asked for."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Pictures given to the engine, and what it promised or how it refused."""

    taken: Sequence[Waiting]
    pending: Pending | Exception
    started: float


class EngineServer:
    """Takes clients and their pictures, batches across clients, answers each.

    One picture per client in turn, and the turn goes on where the last batch stopped. The engine's
    `depth` batches are under way at once; what comes meanwhile waits and makes the next batch. An
    engine with nothing to do waits for a fuller batch as the loop does (`window_after`). A client
    can have as many pictures here as its ring has slots, so one that gives much or reads nothing
    delays itself.

    A batch that fails is tried again picture by picture, so that a bad one costs only itself. If
    none works, and no blank one either, `run` ends with that error: a new process with a new
    device context is what helps then.

    Args:
        engine: this thread's from here on; closing it is the caller's.
        listener: takes connections; does not block.
        page: where it counts and gives signs of life.
        stopping: whether to end: asked between batches, and four times a second.
    """

    def __init__(
        self,
        engine: Engine,
        listener: socket.socket,
        page: StatusPage,
        stopping: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._listener = listener
        self._page = page
        self._stopping = stopping
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, None)
        self._sessions: deque[Session] = deque()
        self._under_way: deque[_Batch] = deque()
        self._window_s = LONGEST_WINDOW_S
        self._memory_at = 0.0

    def run(self) -> None:
        """Serve until `stopping`; then finish what is under way and refuse the rest.

        Raises:
            EngineError: the engine works no longer.
        """
        self._engine.warm_up()
        self._page.fields.stage = Stage.READY
        try:
            while not self._stopping():
                self._turn()
            while self._under_way:
                self._settle(self._under_way.popleft())
            self._poll(0)
            for session in self._sessions:
                session.refuse(EngineError("The engine server is ending, as it was asked to."))
        finally:
            for session in self._sessions:
                session.part("the server ends")
            self._selector.close()

    def _turn(self) -> None:
        """Give the engine one more batch if there is one; take one back if it has enough."""
        limit = self._engine.batch  # which falls where memory is short
        if self._under_way:
            self._poll(0)
        else:
            self._wait(limit)
        taken = self._take(limit)
        if taken:
            self._under_way.append(self._submit(taken))
        if self._under_way and (not taken or len(self._under_way) >= self._engine.depth):
            self._settle(self._under_way.popleft())

    def _wait(self, limit: int) -> None:
        """Wait for a picture, then for a fuller batch: a full one, or one of every client."""
        while not self._pictures_waiting():
            self._poll(_IDLE_S)
            if self._stopping():
                return
        until = time.monotonic() + self._window_s
        while self._pictures_waiting() < limit and not all(s.waiting for s in self._sessions):
            left = until - time.monotonic()
            if left <= 0:
                return
            self._poll(left)

    def _pictures_waiting(self) -> int:
        return sum(len(session.waiting) for session in self._sessions)

    def _poll(self, timeout_s: float) -> None:
        """Take what clients ask and who comes; wait for it no longer than this."""
        for key, _ in self._selector.select(timeout_s):
            if key.data is None:
                self._meet()
            else:
                key.data.read()
                self._forget_if_gone(key.data)
        self._report()

    def _meet(self) -> None:
        """Take a new client: make its ring and say what runs here."""
        engine = self._engine
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it has gone again
            return
        connection.settimeout(0)
        process, ours = peer(connection)
        if not ours:
            log.warning("process %d of another user wanted the engine; refused", process)
            connection.close()
            return
        slots = min(MOST_SLOTS, engine.batch * (engine.depth + 1))
        layout = Layout(slots, engine.image_size)
        welcome = Welcome(engine.name, engine.model, engine.batch, engine.depth, layout)
        try:
            ring = Ring.create(layout)
        except OSError as error:
            log.warning("process %d gets no memory for its pictures: %s", process, error)
            connection.close()
            return
        # A device with memory of its own reads pinned memory directly; the others share ours.
        pinned = engine.device is not None and engine.device_memory is not None
        session = Session(connection, process, ring, pinned=pinned)
        try:
            send_welcome(connection, welcome, ring)
        except OSError as error:
            session.part(f"it has gone again ({error})")
            return
        self._selector.register(connection, selectors.EVENT_READ, session)
        self._sessions.append(session)

    def _forget_if_gone(self, session: Session) -> None:
        if session.gone and session in self._sessions:
            self._selector.unregister(session.connection)
            self._sessions.remove(session)

    def _take(self, limit: int) -> list[Waiting]:
        """Up to `limit` pictures that wait now, one per client in turn, in order for each."""
        taken: list[Waiting] = []
        without = 0
        while len(taken) < limit and without < len(self._sessions):
            session = self._sessions[0]
            self._sessions.rotate(-1)
            if session.waiting:
                taken.append(session.take())
                without = 0
            else:
                without += 1
        return taken

    def _submit(self, taken: Sequence[Waiting]) -> _Batch:
        started = time.perf_counter()
        pending: Pending | Exception
        try:
            pending = self._engine.submit([waiting.picture for waiting in taken])
        except Exception as error:  # noqa: BLE001 - whatever a bad picture makes a library raise
            pending = error
        return _Batch(taken, pending, started)

    def _settle(self, batch: _Batch) -> None:
        """Wait for a batch and answer its clients; EngineError if the engine works no longer."""
        found = self._found(batch)
        lasted = time.perf_counter() - batch.started
        self._window_s = window_after(lasted)
        failed = sum(isinstance(one, EngineError) for one in found)
        answers: dict[Session, list[tuple[Waiting, Detections | EngineError]]] = {}
        for waiting, one in zip(batch.taken, found, strict=True):
            answers.setdefault(waiting.session, []).append((waiting, one))
        for session, own in answers.items():
            session.settle(own)
            self._forget_if_gone(session)
        self._page.batched(len(found), failed, lasted)
        if failed == len(found):
            self._engine.warm_up()  # else it is the engine, not the pictures

    def _found(self, batch: _Batch) -> Sequence[Detections | EngineError]:
        try:
            return self._result(batch)
        except Exception:  # noqa: BLE001 - see _submit; told apart picture by picture
            return [self._alone(waiting) for waiting in batch.taken]

    def _result(self, batch: _Batch) -> list[Detections]:
        if isinstance(batch.pending, Exception):
            raise batch.pending
        found = batch.pending.result()
        if len(found) != len(batch.taken):
            raise EngineError(
                f"Engine {self._engine.name} gave {len(found)} results for {len(batch.taken)} "
                "pictures; this is a fault in the engine."
            )
        return found

    def _alone(self, waiting: Waiting) -> Detections | EngineError:
        self._page.beat()
        try:
            [found] = self._engine.infer([waiting.picture])
        except EngineError as error:
            return error
        except Exception as error:  # noqa: BLE001 - see _submit
            what = f"{type(error).__name__}: {error}"
            return EngineError(f"Engine {self._engine.name} failed on a picture ({what}).")
        return found

    def _report(self) -> None:
        """A sign of life, and what is to be seen from outside now."""
        page, now = self._page, time.monotonic()
        page.beat()
        page.fields.clients = len(self._sessions)
        page.fields.waiting = self._pictures_waiting()
        if now - self._memory_at >= _MEMORY_EVERY_S:
            self._memory_at = now
            page.fields.device_memory = self._engine.device_memory or 0
