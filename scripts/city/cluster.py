"""Cluster: the machines of a Ray cluster, and processes on them; all that knows Ray but the audit.

Ray is asked for what it is good at: processes with their resources on machines that come and go.
Whether a camera is watched is not asked of it but of the leases (`scripts.city.lease`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from scripts.city.machines import Machine, Need
from scripts.city.shard import Applied, Ended, Order, Shard
from vision.errors import StreetwardenError
from vision.site import Site

_log = logging.getLogger(__name__)

_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_DEDUP_LOGS": "0",  # a line of ours is a line
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


class Running(Protocol):
    """A shard that was started somewhere."""

    def ended(self) -> Ended | None:
        """Why it is over; None while it is not. It waits for nothing."""

    def apply(self, site: Site, cameras: Sequence[str]) -> None:
        """Ask it, once it watches, to watch these cameras of a changed site; waits for nothing."""

    def applied(self) -> Applied | None:
        """Its answer to the latest `apply`; None while there is none. It waits for nothing."""

    def stop(self) -> None:
        """Ask it to end in order."""

    def kill(self) -> None:
        """End it, where it can be reached; a machine that is cut off ends it by itself."""


class Cluster(Protocol):
    """Machines on which shards can be started; see `RayCluster`."""

    def machines(self) -> list[Machine]:
        """Those that are up."""

    def start(self, order: Order, machine: Machine, need: Need) -> Running:
        """Start a shard."""


class RayCluster:
    """A cluster that runs already.

    Args:
        address: of its head, `HOST:PORT`; `auto`: what `RAY_ADDRESS` names, or the one that this
            machine is part of.

    Raises:
        ModuleNotFoundError: Ray is not installed (extra `city`).
        StreetwardenError: no cluster answers there, or one of another version.
    """

    def __init__(self, address: str) -> None:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        import ray

        self._ray: Any = ray
        try:
            ray.init(
                address=address,
                logging_level=logging.WARNING,
                log_to_driver=True,
                namespace="streetwarden",
            )
        except (ConnectionError, TimeoutError) as error:
            raise StreetwardenError(
                f"no Ray cluster answers at {address}: start one with `ray start --head`, join the "
                "other machines with `ray start --address HOST:6379`, and run this on one of them"
            ) from error
        except (RuntimeError, ValueError) as error:
            raise StreetwardenError(
                f"the Ray cluster at {address} cannot be used: {error}; every machine needs the "
                "same versions of Python, Ray and Streetwarden"
            ) from error

    def machines(self) -> list[Machine]:
        """The machines that Ray takes to be up."""
        return [
            Machine(
                node["NodeID"],
                node["NodeManagerAddress"],
                node["Resources"].get("CPU", 0.0),
                node["Resources"].get("GPU", 0.0),
            )
            for node in self._ray.nodes()
            if node["Alive"]
        ]

    def start(self, order: Order, machine: Machine, need: Need) -> Running:
        """Start a shard on this machine, and on no other."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        actor = self._ray.remote(Shard).options(
            num_cpus=need.cores,
            num_gpus=need.gpus,
            max_restarts=0,
            max_concurrency=3,  # it watches, takes a changed site over, and is told to stop
            scheduling_strategy=NodeAffinitySchedulingStrategy(machine.id, soft=False),
        )
        return _Actor(self._ray, actor.remote(order))

    def close(self) -> None:
        """Leave the cluster; what this process has started there ends."""
        self._ray.shutdown()


class _Actor:
    def __init__(self, ray: Any, handle: Any) -> None:
        self._ray, self._handle = ray, handle
        self._watch = handle.watch.remote()
        self._applied: Any = None

    def ended(self) -> Ended | None:
        done, _ = self._ray.wait([self._watch], timeout=0)
        if not done:
            return None
        try:
            found = self._ray.get(self._watch)
        except self._ray.exceptions.RayTaskError as error:
            _log.error("a shard ended on an error of its own; report this: %s", error)
            return Ended(str(error.cause))
        except self._ray.exceptions.RayError as error:
            return Ended(f"its process is gone ({type(error).__name__})", wordless=True)
        assert isinstance(found, Ended)
        return found

    def apply(self, site: Site, cameras: Sequence[str]) -> None:
        self._applied = self._handle.apply.remote(site, tuple(cameras))

    def applied(self) -> Applied | None:
        done, _ = self._ray.wait([self._applied], timeout=0)
        if not done:
            return None
        try:
            found = self._ray.get(self._applied)
        except self._ray.exceptions.RayError:
            return None  # its process is gone: `ended` says so
        assert isinstance(found, Applied)
        return found

    def stop(self) -> None:
        with suppress(self._ray.exceptions.RayError):
            self._handle.stop.remote()

    def kill(self) -> None:
        with suppress(self._ray.exceptions.RayError):
            self._ray.kill(self._handle)
