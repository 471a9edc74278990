"""What every command prints with: a Rich console, and logs as plain lines on stderr.

Names come from outside: what in them would drive the terminal is written out, see
`vision.printable`.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import sys
from multiprocessing import parent_process
from typing import Any

from rich.console import Console
from rich.text import Text

from vision.printable import harmless, printable


class HarmlessConsole(Console):
    """A console that prints what is in a text and never does what it says."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Rich makes every string that is printed, also a table's cells, a `Text` by this."""
        return super().render_str(harmless(text), **how)

    def on_broken_pipe(self) -> None:
        """Leave it to `main`: Rich's own would end only the thread that prints."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


out = HarmlessConsole(highlight=False, soft_wrap=True)
err = HarmlessConsole(stderr=True, highlight=False, soft_wrap=True)


class _OneLine(logging.Formatter):
    """A message is one line, whatever names it holds; only a traceback follows below."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = printable(record.message)
        return super().formatMessage(record)


def log_to_stderr(*, verbose: bool = False) -> None:
    """Send the packages' logs to stderr: warnings, or everything with `verbose`.

    The lines of another process than the main one bear its name.
    """
    handler = logging.StreamHandler()
    who = "" if parent_process() is None else "%(processName)s "
    handler.setFormatter(
        _OneLine(f"%(asctime)s {who}%(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    )
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])


def count(number: int, what: str) -> str:
    """For example `1 camera`, `3 cameras`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def copy_of_stdout() -> int | None:
    """A file descriptor for `reader_left`; None where there is no such file."""
    try:
        return os.dup(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return None


def reader_left(stdout: int | None) -> bool:
    """Whether who read stdout has ended, as `head` does; then nothing more goes there.

    Typer and Rich have their own ways with that, which end in code 1 as any failure does, so the
    pipe itself is asked, through a copy (`copy_of_stdout`) that they do not know.
    """
    if stdout is None:
        return False
    poll = select.poll()
    poll.register(stdout, 0)
    left = any(event & select.POLLERR for _, event in poll.poll(0))
    if left and sys.__stdout__ is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno())
    return left
