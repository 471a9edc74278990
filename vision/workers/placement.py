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
    owner = place(costs, workers, {})
    return [tuple(name for name in costs if owner[name] == n) for n in range(workers)]


def place(costs: Mapping[str, float], workers: int, homes: Mapping[str, int]) -> dict[str, int]:
    """Give cameras to workers as above, but leave those where they are that have one.

    Args:
        homes: by camera the number of its worker, also of such as `costs` does not have: they are
            watched no longer, and would come back to it.

    Returns:
        All homes by now.
    """
    owner = dict(homes)
    loads = [
        sum(cost for name, cost in costs.items() if owner.get(name) == n) for n in range(workers)
    ]
    fresh = [name for name in costs if name not in homes]
    for camera in sorted(fresh, key=lambda name: -costs[name]):  # stable: ties in their order
        now = {name: number for name, number in owner.items() if name in costs}
        owner[camera] = min(range(workers), key=lambda n: (loads[n], _count(now, n), n))
        loads[owner[camera]] += costs[camera]
    return owner


def _count(owner: Mapping[str, int], worker: int) -> int:
    return sum(one == worker for one in owner.values())
