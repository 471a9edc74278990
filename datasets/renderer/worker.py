"""Worker processes that render: they end when the process that started them has ended."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Call it at a worker's start: SIGTERM or SIGKILL ends the parent alone.

    A worker holds both ends of the pipe that it takes its work from, so it would wait for more for
    ever, after it has rendered to the end what nobody wants any more.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="parent", daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)
