"""What every command prints with: a Rich console, and logs as plain lines on stderr."""

from __future__ import annotations

import logging
import os
import sys

from rich.console import Console


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `main`: Rich's own would end only the thread that prints."""
        raise BrokenPipeError


out = _Console(highlight=False, soft_wrap=True)
err = _Console(stderr=True, highlight=False, soft_wrap=True)


def log_to_stderr(*, verbose: bool = False) -> None:
    """Send the packages' logs to stderr: warnings, or everything with `verbose`."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )


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
