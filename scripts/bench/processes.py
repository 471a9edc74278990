"""Processes: what some of them take of the machine together. One that has ended takes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import psutil


def spent_s(processes: Sequence[psutil.Process]) -> float:
    """Processor seconds so far."""
    spent = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            spent += sum(process.cpu_times()[:2])
    return spent


def memory_mb(processes: Sequence[psutil.Process]) -> float:
    """Memory, in 2^20 bytes.

    What several processes share is divided among those who do (PSS), where the system tells.
    """
    held = 0.0
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            full = process.memory_full_info()
            held += getattr(full, "pss", full.rss)
    return held / 2**20
