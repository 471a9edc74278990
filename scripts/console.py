"""What every command prints with: a Rich console, and logs as plain lines on stderr.

Names come from outside: what in them would drive the terminal is written out, see
`vision.printable`.
"""

from __future__ import annotations

import logging
import os
import sys
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
        raise BrokenPipeError


out = HarmlessConsole(highlight=False, soft_wrap=True)
err = HarmlessConsole(stderr=True, highlight=False, soft_wrap=True)


class _OneLine(logging.Formatter):
    """A message is one line, whatever names it holds; only a traceback follows below."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        record.message = printable(record.message)
        return super().formatMessage(record)


def log_to_stderr(*, verbose: bool = False) -> None:
    """Send the packages' logs to stderr: warnings, or everything with `verbose`."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        _OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    )
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])


def reader_left() -> bool:
    """Whether who read stdout has ended, as `head` does; then nothing more is written to it."""
    stdout = sys.__stdout__  # typer may have put something before `sys.stdout`
    if stdout is None or stdout.closed:
        return False
    try:
        stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
        return True
    return False
