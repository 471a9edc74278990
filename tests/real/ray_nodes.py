"""Ray nodes on this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

ENV = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


@pytest.fixture(autouse=True)
def rays_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Ray's processes on this machine take from it."""
    monkeypatch.setenv("PYTHONPATH", ENV["PYTHONPATH"])
    monkeypatch.setenv("RAY_worker_niceness", "0")  # others test on this machine meanwhile


@contextmanager
def ray_cluster(nodes: int, cores: int) -> Iterator[Cluster]:
    """Ray's own cluster for tests: every node has a raylet, a store and workers of its own."""
    from ray.cluster_utils import Cluster

    node = {"num_cpus": cores, "object_store_memory": 80_000_000, "include_dashboard": False}
    made = Cluster(initialize_head=True, head_node_args=node)
    try:
        for _ in range(nodes - 1):
            made.add_node(num_cpus=cores, object_store_memory=80_000_000)
        yield made
    finally:
        made.shutdown()
