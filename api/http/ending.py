"""Ending: the end of a serving process, asked for once, in bounded time whatever hangs."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, main_thread
from types import FrameType
from typing import NoReturn, Self

LOG = logging.getLogger("streetwarden.ending")
WITHIN_S = 60.0
"""Seconds from the first signal until the process is gone. Open requests have 5 of them, what runs
beside the requests 15, the cameras' readers 10, workers 30; each is done in seconds where nothing
hangs. Service managers have to wait a little longer than this before they kill."""
LEAVES_S = 5.0
"""Seconds for the interpreter to end when all work is over: threads that wait for a database or a
disk which never answers are not waited for."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Ending:
    """Ends the process in order when it is asked to, and by force when that takes too long.

    By force only while `on_signals` holds: the process of who serves without it is not its to end.

    Ending by force loses nothing that was stored or queued: all of it is on the disk before anybody
    is told, so that it withstands a power cut; see `api/storage` and `vision/pipeline`.

    Args:
        within_s: seconds from the first asking until the process is ended by force, with code 1.

    Attributes:
        asked: set once it is to end.
        doing: what is being ended now, for the log.
    """

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self.asked = Event()
        self.doing = "requests and what runs beside them"
        self._within_s = within_s
        self._over = Event()
        self._over.set()
        self._signals = 0

    @contextmanager
    def on_signals(self) -> Iterator[Self]:
        """End at SIGTERM, SIGINT or SIGHUP, and at once at the second; for the main thread.

        A signal that is ignored, as SIGHUP is under `nohup`, stays so.
        """
        self._over.clear()
        before = {number: signal.getsignal(number) for number in SIGNALS}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, self._signalled)
        try:
            yield self
        finally:
            self._over.set()
            for number, handler in before.items():
                signal.signal(number, handler)

    def when(self, event: Event) -> None:
        """Ask for the end when this event is set."""

        def wait() -> None:
            event.wait()
            self.ask()

        Thread(target=wait, name="ends-serving", daemon=True).start()

    def ask(self) -> None:
        """Ask for the end; asking again changes nothing."""
        if not self.asked.is_set():
            self.asked.set()
            Thread(target=self._see_to_it, name="ending", daemon=True).start()

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals > 1:  # a handler may interrupt itself: nothing here may take a lock
            os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, b"asked twice: ends now\n")
            os._exit(128 + number)
        self.ask()

    def _see_to_it(self) -> None:
        if self._over.wait(self._within_s):
            return
        LOG.error(
            "has not ended within %g s (%s) and is ended by force; what was stored and queued is "
            "taken up by the next start. Where its threads hang:",
            self._within_s,
            self.doing,
        )
        faulthandler.dump_traceback(sys.__stderr__ or 2, all_threads=True)
        logging.shutdown()
        os._exit(1)


def leave(code: str | int | None) -> NoReturn:
    """`sys.exit`, after which the process is gone within `LEAVES_S`, also where a thread hangs.

    Where somebody catches that, as an embedding program or a test may, nothing happens to it.
    """
    number = code if isinstance(code, int) else int(code is not None)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()

    def see_to_it() -> None:
        main_thread().join()  # over when the interpreter begins to end, before it waits for others
        time.sleep(LEAVES_S)
        os._exit(number)

    Thread(target=see_to_it, name="leaving", daemon=True).start()
    sys.exit(code)
