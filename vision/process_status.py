"""ProcessStatus: how one of the processes that share the work is doing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """A snapshot of one process beside the main one.

    Attributes:
        name: for example `worker-1`.
        up: whether it does its work now.
        restarts: how often it was started again, since the main process started.
        detail: what it does, or why it does not, in plain words.
        cameras: number of cameras that it watches; None where that is not its work.
    """

    name: str
    up: bool
    restarts: int
    detail: str
    cameras: int | None = None
