"""The process of a trial: reads an `Order`, answers with `Message`s until it is done, and ends.

    python -m vision.trial.child <order >messages      # both pickled; `apart` starts it

What rules print goes with the errors: standard output is for messages alone.
"""

from __future__ import annotations

import logging
import os
import pickle
import sys
from typing import BinaryIO

from vision.trial.order import Answer, Failed, Logged, Message, Order
from vision.trial.trial import Trial, try_out


def main() -> None:
    """Do one trial."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as pipe:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        logging.getLogger().addHandler(_Told(pipe))
        _say(pipe, _done(pipe))


def _done(pipe: BinaryIO) -> Message:
    try:
        order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301 - of the process that started this
        return Answer(_tried(order, pipe), whole=True)
    except Exception as error:  # noqa: BLE001 - whoever asked is told
        return Failed(_plain(error))


def _tried(order: Order, pipe: BinaryIO) -> Trial:
    looks = [look for look in order.looks.unpacked() if order.preset in (None, look[0])]
    return try_out(
        looks,
        order.camera,
        proposed=order.proposed,
        in_force=order.in_force,
        threshold=order.threshold,
        folders=order.folders,
        longest_s=order.longest_s,
        tell=lambda trial: _say(pipe, Answer(trial, whole=False)),
    )


def _plain(error: Exception) -> Exception:
    """The error as it arrives; in words, where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - made here
    except Exception:  # noqa: BLE001 - anything may be in it
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


class _Told(logging.Handler):
    """Passes on what is logged."""

    def __init__(self, pipe: BinaryIO) -> None:
        super().__init__(logging.WARNING)
        self._pipe = pipe

    def emit(self, record: logging.LogRecord) -> None:
        _say(self._pipe, Logged(record.levelno, self.format(record)))


def _say(pipe: BinaryIO, message: Message) -> None:
    pickle.dump(message, pipe)
    pipe.flush()


if __name__ == "__main__":
    main()
