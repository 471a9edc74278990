"""Apart: a trial in a process of its own, so that who looks at cameras is not slowed down by it.

The process is nicer by `NICER`, computes in one thread, and is killed where it does not end by
itself; then what it had told counts. It is no `multiprocessing` process: workers, which are daemons
of theirs, may have no such children.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Timer

from vision.trial.order import Answer, Failed, Logged, Message, Order
from vision.trial.trial import Trial

_log = logging.getLogger(__name__)
NICER = 10
"""By how much its priority is lower than ours."""
START_S = 8.0
"""Seconds beside the trial's own in which it is loaded and unpacks the looks; a busy machine takes
four."""
_DYING_S = 1.0
"""Seconds from the end of what it says to its own."""
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Process = subprocess.Popen[bytes]


def tried_apart(order: Order, started: Callable[[Process], object] = lambda _: None) -> Trial:
    """Do a trial in a process apart, and wait for it.

    Args:
        order: what is tried.
        started: is given the process, for who may have to end it.

    Raises:
        SiteError, PlaceError: as `camera_rules`.
        TimeoutError: it was killed before anything came: its time was over, or memory short.
        RuntimeError: the process ended otherwise.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "vision.trial.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | _ONE_THREAD | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
    ) as process:
        with suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, _niceness())
        over = Timer(max(0.0, order.longest_s) + START_S, process.kill)
        over.daemon = True
        over.start()
        try:
            started(process)
            last = _heard(process, order)
        finally:
            over.cancel()
            process.kill()
    if isinstance(last, Failed):
        raise last.error
    if last is not None:
        return last.trial
    if process.returncode == -signal.SIGKILL:  # by us, or where memory was short
        raise TimeoutError(f"the test of camera {order.camera} did not get as far as a look")
    raise RuntimeError(f"the test of camera {order.camera} ended with code {process.returncode}")


def _heard(process: Process, order: Order) -> Answer | Failed | None:
    """The last that it says of the trial; None where it says nothing."""
    assert process.stdin is not None
    assert process.stdout is not None
    with suppress(BrokenPipeError):  # its end says why
        pickle.dump(order, process.stdin)
        process.stdin.close()
    last: Answer | Failed | None = None
    while True:
        try:
            message: Message = pickle.load(process.stdout)  # noqa: S301 - of our own process
        except (EOFError, pickle.UnpicklingError):  # ended, perhaps within a message
            with suppress(subprocess.TimeoutExpired):
                process.wait(_DYING_S)
            return last
        if isinstance(message, Logged):
            _log.log(message.level, "%s", message.line)
            continue
        last = message
        if isinstance(message, Failed) or message.whole:
            return last


def _niceness() -> int:
    return min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICER)
