"""What every command prints with: a Rich console, and logs as plain lines on stderr."""

from __future__ import annotations

import logging

from rich.console import Console

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def log_to_stderr(*, verbose: bool = False) -> None:
    """Send the packages' logs to stderr: warnings, or everything with `verbose`."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
    )
