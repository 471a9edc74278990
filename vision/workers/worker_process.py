"""WorkerProcess: one worker's process as the main process sees it, from its start to its end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from multiprocessing import get_context
from threading import Lock
from typing import Any, Concatenate, ParamSpec

from vision.errors import NotWatched
from vision.pipeline import Pipeline
from vision.site import Site
from vision.workers.messages import (
    Applied,
    Apply,
    Ask,
    Farewell,
    Stop,
    Told,
    ToMain,
    ToWorker,
)
from vision.workers.worker import Order, run

P = ParamSpec("P")
_CONTEXT = get_context("spawn")  # a fork would copy the locks that this process's threads hold
FIRST_S = 120.0
"""Seconds in which a new process says its first word: a busy machine takes its time to load it."""
_DYING_S = 1.0
"""Seconds in which an ended process is waited for before it is killed (again)."""


class WorkerProcess:
    """A worker's process. One thread calls `hear`; any may call the rest.

    Args:
        name: of the process.
        order: what it is to do.
    """

    def __init__(self, name: str, order: Order) -> None:
        self.name = name
        self._patience_s = order.patience_s
        self._pipe, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=run, args=(order, theirs), name=name, daemon=True)
        self._sending = Lock()
        self._lock = Lock()
        self._asking: dict[int, Future[Any]] = {}
        self._asked = 0
        self._gone = False
        self._farewell: Farewell | None = None
        try:
            self._process.start()
        finally:
            theirs.close()  # so that the pipe ends with the worker

    @property
    def pid(self) -> int | None:
        """Its process id."""
        return self._process.pid

    def hear(self, tell: Callable[[ToMain], None]) -> Farewell:
        """Pass on all that it says until it is gone, and return why it ended.

        One that says nothing for as long as its order allows is killed. Returns only when the
        kernel has buried the process.
        """
        hung = self._hear(tell)
        if hung:
            self.kill()
        self._bury()
        if self._farewell is not None:
            return self._farewell
        code = self._process.exitcode
        if hung:
            return Farewell(f"it gave no sign of life for {self._patience_s:g} s and was killed")
        how = f"signal {-code}" if code is not None and code < 0 else f"code {code}"
        return Farewell(f"it ended with {how}")

    def _hear(self, tell: Callable[[ToMain], None]) -> bool:
        """Until the pipe ends, or nothing comes: whether it is that."""
        patience_s = max(FIRST_S, self._patience_s)
        while True:
            try:
                if not self._pipe.poll(patience_s):
                    return True
                message = self._pipe.recv()
                patience_s = self._patience_s
            except (EOFError, OSError):
                return False
            if isinstance(message, Told):
                self._take(message)
            elif isinstance(message, Farewell):
                self._farewell = message
            else:
                if isinstance(message, Applied):
                    self._take(Told(message.number))
                tell(message)

    def send(self, message: ToWorker) -> None:
        """Say something; in vain if it has ended."""
        try:
            with self._sending:
                self._pipe.send(message)
        except OSError:
            return  # `hear` sees why

    def stop(self) -> None:
        """Ask it to end in order."""
        self.send(Stop())

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()

    def ask(
        self,
        what: Callable[Concatenate[Pipeline, P], object],
        /,
        *given: P.args,
        **named: P.kwargs,
    ) -> Future[Any]:
        """Ask its pipeline by one of the methods of `Pipeline`.

        The future has what that returns or, where that is a future, what comes of it; or the
        StreetwardenError that it came to, NotWatched if the process ends before. Who waits for it
        no longer cancels it.
        """
        return self._question(lambda number: Ask(number, what, given, named))

    def apply(self, site: Site, cameras: tuple[str, ...]) -> Future[Any]:
        """Have it watch by a changed site; done when it does, or cannot, which `hear` passes on.

        It takes one that it cannot take at once as soon as it can.
        """
        return self._question(lambda number: Apply(number, site, cameras))

    def _question(self, question: Callable[[int], Ask | Apply]) -> Future[Any]:
        answer: Future[Any] = Future()
        with self._lock:
            if self._gone:
                answer.set_exception(NotWatched(f"{self.name} has ended"))
                return answer
            self._asked += 1
            number = self._asked
            self._asking[number] = answer
        answer.add_done_callback(lambda _: self._asking.pop(number, None))
        self.send(question(number))
        return answer

    def _take(self, told: Told) -> None:
        answer = self._asking.get(told.number)  # else it comes too late
        if answer is None or not answer.set_running_or_notify_cancel():
            return
        if told.error is not None:
            answer.set_exception(told.error)
        else:
            answer.set_result(told.answer)

    def _bury(self) -> None:
        self._process.join(_DYING_S)
        while self._process.is_alive():  # it closed its pipe and lives on, or the kernel holds it
            self.kill()
            self._process.join(_DYING_S)
        with self._lock:
            self._gone = True
            unanswered = list(self._asking.values())
        for answer in unanswered:
            if answer.set_running_or_notify_cancel():
                answer.set_exception(NotWatched(f"{self.name} has ended"))
        with self._sending:
            self._pipe.close()
