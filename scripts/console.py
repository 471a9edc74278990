"""What every command prints with: a Rich console, and logs as plain lines on stderr."""

from __future__ import annotations

import errno
import logging
import os
import select
import sys

from rich.console import Console


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to `main`: Rich's own would end only the thread that prints."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


out = _Console(highlight=False, soft_wrap=True)
err = _Console(stderr=True, highlight=False, soft_wrap=True)


def log_to_stderr(*, verbose: bool = False) -> None:
    """Send the packages' logs to stderr: warnings, or everything with `verbose`."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )


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
