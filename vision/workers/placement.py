"""Placement: how many workers there are, and which of them watches which camera."""

from __future__ import annotations

import os
from collections.abc import Mapping

from vision.site import Site

_SMALL = 4
"""Cores up to which one process does it all: engine and readers fill so few by themselves."""


def workers_for(site: Site, *, cores: int | None = None) -> int:
    """Number of worker processes for a site; 1: the main process watches by itself.

    There are never more than cameras.
    """
    wanted = site.workers
    if wanted == "auto":
        wanted = auto_workers(cores or os.cpu_count() or 1)
    return max(1, min(wanted, len(site.cameras)))


def auto_workers(cores: int) -> int:
    """What `auto` means on a machine of so many cores, whatever the number of cameras."""
    return 1 if cores <= _SMALL else cores - 1


def share_out(costs: Mapping[str, float], workers: int) -> list[tuple[str, ...]]:
    """Give each camera to a worker, the dearest first, each to the one that has least to do.

    Args:
        costs: by camera.
        workers: how many there are.

    Returns:
        The cameras of each worker, in the order of `costs`.
    """
    loads, owner = [0.0] * workers, dict[str, int]()
    for camera in sorted(costs, key=lambda name: -costs[name]):  # stable: ties in their order
        owner[camera] = min(range(workers), key=lambda n: (loads[n], _count(owner, n), n))
        loads[owner[camera]] += costs[camera]
    return [tuple(name for name in costs if owner[name] == n) for n in range(workers)]


def _count(owner: Mapping[str, int], worker: int) -> int:
    return sum(one == worker for one in owner.values())
