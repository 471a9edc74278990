"""WorkerProcess: one worker's process as the main process sees it, from its start to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from multiprocessing import get_context
from threading import Condition, Lock

from vision.evidence import SecondLook
from vision.site import Site
from vision.workers.messages import (
    Applied,
    Apply,
    Farewell,
    LookAgain,
    LookedAgain,
    Show,
    Shown,
    Stop,
    ToMain,
    ToWorker,
)
from vision.workers.worker import Order, run

_CONTEXT = get_context("spawn")  # a fork would copy the locks that this process's threads hold
_SHOWING_S = 5.0
"""Seconds to wait for a picture."""
_APPLYING_S = 20.0
"""Seconds to wait until a changed site is watched by: a camera's lease may take as long."""
_Answered = Shown | LookedAgain | Applied
_STORING_S = 30.0
"""Seconds to wait for one that is stored first."""
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
        self._shown = Condition()
        self._asking: set[int] = set()
        self._pictures: dict[int, _Answered] = {}
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
            if isinstance(message, _Answered):
                self._take_answer(message)
            if isinstance(message, Shown | LookedAgain):
                continue
            if isinstance(message, Farewell):
                self._farewell = message
            else:
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

    def snapshot(self, camera: str) -> bytes | None:
        """A camera's latest picture; None where there is none, or no answer comes."""
        answer = self._ask(lambda number: Show(number, camera), _SHOWING_S)
        return answer.picture if isinstance(answer, Shown) else None

    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook:
        """See `Pipeline.look_again`; it says so where no answer comes."""
        answer = self._ask(lambda number: LookAgain(number, camera, episode, after), _STORING_S)
        if isinstance(answer, LookedAgain):
            return answer.look
        return SecondLook(why=f"{self.name}, which watches camera {camera}, does not answer")

    def apply(self, site: Site, cameras: tuple[str, ...], *, wait: bool = True) -> None:
        """Have it watch by a changed site; wait for its answer, which `hear` passes on, or not.

        It takes one that it does not take at once as soon as it can.
        """
        self._ask(lambda number: Apply(number, site, cameras), _APPLYING_S if wait else 0.0)

    def _ask(
        self, question: Callable[[int], Show | LookAgain | Apply], seconds: float
    ) -> _Answered | None:
        with self._shown:
            self._asked += 1
            number = self._asked
            self._asking.add(number)
        self.send(question(number))
        with self._shown:
            self._shown.wait_for(lambda: number in self._pictures or self._gone, seconds)
            self._asking.remove(number)
            return self._pictures.pop(number, None)

    def _take_answer(self, message: _Answered) -> None:
        with self._shown:
            if message.number in self._asking:  # else it comes too late
                self._pictures[message.number] = message
                self._shown.notify_all()

    def _bury(self) -> None:
        self._process.join(_DYING_S)
        while self._process.is_alive():  # it closed its pipe and lives on, or the kernel holds it
            self.kill()
            self._process.join(_DYING_S)
        with self._shown:
            self._gone = True
            self._shown.notify_all()
        with self._sending:
            self._pipe.close()
