"""What every command prints with: a Rich console, and logs on stderr (`vision.logs`).

Names come from outside: what in them would drive the terminal is written out, see
`vision.printable`.
"""

from __future__ import annotations

import errno
import os
import select
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from vision.logs import LogFormat, log_to_stderr
from vision.printable import harmless

__all__ = [
    "HarmlessConsole",
    "LogFormatOption",
    "copy_of_stdout",
    "count",
    "err",
    "log_to_stderr",
    "out",
    "reader_left",
]


class HarmlessConsole(Console):
    """A console that prints what is in a text and never does what it says."""

    def render_str(self, text: str, **how: Any) -> Text:
        """Rich makes every string that is printed, also a table's cells, a `Text` by this."""
        return super().render_str(harmless(text), **how)

    def on_broken_pipe(self) -> None:
        """Leave it to `main`: Rich's own would end only the thread that prints."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


LogFormatOption = Annotated[
    LogFormat | None,
    typer.Option(
        "--log-format",
        help="Form of the lines on stderr: text, or a JSON object each. "
        "By default what STREETWARDEN_LOG_FORMAT says, or text.",
        show_default=False,
    ),
]
"""An option of the commands that run for long."""
out = HarmlessConsole(highlight=False, soft_wrap=True)
err = HarmlessConsole(stderr=True, highlight=False, soft_wrap=True)


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
