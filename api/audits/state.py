"""State: where an audit stands; and what bounds one."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where an audit stands."""

    UPLOADING = "uploading"
    """Its files are being uploaded; it waits to be started."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OVER = frozenset({State.DONE, State.FAILED, State.CANCELLED})
"""Nothing happens to it any more."""

_GIB = 2**30
LARGEST_FILE = 64 * _GIB
"""Bytes: two hours of 4K video, the orthophoto of a district."""
LARGEST_AUDIT = 256 * _GIB
MOST_FILES = 20_000
"""Files of one audit, a zip counted once."""
MOST_UNFINISHED = 20
"""Audits of one key or user that are not over."""
