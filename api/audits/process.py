"""AuditProcess: the process of one audit, as who started it sees it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, BinaryIO

from api.audits.child import Order


class AuditProcess:
    """Runs from the moment it is made until it has ended or is killed.

    Args:
        order: what it is to do.
        lock: held for as long as the process or this object lives.
        ended: called, in a thread, when it has ended.

    Attributes:
        progress: how far it is; a new object each time.
        done: the report's counts, once it has succeeded.
        failed: why it has failed, once it has said so.
    """

    def __init__(self, order: Order, lock: BinaryIO, ended: Callable[[], None]) -> None:
        self._lock = lock
        self._ended = ended
        self.progress: dict[str, Any] = {}
        self.done: dict[str, Any] | None = None
        self.failed: str | None = None
        self.over = False
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-m", "api.audits.child", order.model_dump_json()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            process_group=0,  # to be killed whole; in our session, as `nice` counts within one
            pass_fds=(lock.fileno(),),  # so that nobody else runs the audit while it lives
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._read, name="audit-progress", daemon=True)
        self._reader.start()

    def kill(self) -> None:
        """End it and what it started; what it has done is in its journal."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._reader.join()

    def close(self) -> None:
        """Let go of the lock."""
        self._lock.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                told = json.loads(line)
                self.done = told.pop("done", self.done)
                self.failed = told.pop("failed", self.failed)
                self.progress = {**self.progress, **told}
        self._process.wait()
        self.over = True
        self._ended()
