"""City: keeps every camera of a site watched by some machine of a cluster.

Whether it is, the leases say: a shard whose lease has ended does not watch any more, wherever it
is and whatever Ray knows of it, because its process ends itself before that.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy import Engine as DatabaseEngine
from ulid import ULID

from api.errors import DatabaseUnavailable
from api.storage.engine import explained
from models.catalogue import ModelEntry
from scripts.city.cluster import Running
from scripts.city.lease import PATIENCE_S, TTL_S, Held, held_leases
from scripts.city.machines import Machine, Need, machine_for
from scripts.city.memory import SharedMemory
from scripts.city.shard import Order
from vision.engine_server.back_off import BackOff
from vision.engines import Engine, ModelChoice, open_engine
from vision.errors import StreetwardenError
from vision.logs import Logs
from vision.pipeline.remembered import remembered_episodes
from vision.site import Site
from vision.workers import share_out
from vision.workers.costs import estimate

_log = logging.getLogger(__name__)

_HEAD_LOCK = 0x5EE7A4E1
"""As `api.storage.database` has: any constant that every process of this project uses."""
_LOOK_S = 0.25
START_S = 120.0
"""Seconds in which a shard takes its leases after it was placed: a busy machine loads slowly."""
DOUBTED_S = 60.0
"""Seconds for which a machine is the last choice where a shard ended without a word: whether it is
gone, Ray knows by then. (It took 15 s for a killed one, with Ray's own settings.)"""
STOP_S = 45.0
"""Seconds that shards have to end in order."""


class Cluster(Protocol):
    """Machines on which shards can be started; see `scripts.city.cluster.RayCluster`."""

    def machines(self) -> list[Machine]:
        """Those that are up."""

    def start(self, order: Order, machine: Machine, need: Need) -> Running:
        """Start a shard."""


@dataclass(slots=True, eq=False)
class _Share:
    """One share of the cameras, and the shard that watches it.

    Attributes:
        up: its leases are held now.
        was_up: a shard of it has watched.
        hopeless: what has to be mended before one can: the last that ended said it.
    """

    name: str
    cameras: tuple[str, ...]
    running: Running | None = None
    holder: str = ""
    machine: Machine | None = None
    placed_at: float = 0.0
    up: bool = False
    was_up: bool = False
    hopeless: str | None = None
    over: bool = False
    not_before: float = 0.0
    back_off: BackOff = field(default_factory=BackOff)


class City:
    """Places the shares of a site's cameras on machines, and places again what is gone.

    Args:
        site: what to watch.
        database: of the city, with its tables made.
        cluster: where.
        shards: how many processes share the cameras.
        need: what each takes.
        logs: what they log and how.
        opener: opens their engines.
        told: called with a line when a shard is up or gone.
    """

    def __init__(
        self,
        site: Site,
        database: DatabaseEngine,
        cluster: Cluster,
        *,
        shards: int,
        need: Need,
        logs: Logs,
        opener: Callable[[ModelChoice], Engine] = open_engine,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._site, self._database, self._cluster = site, database, cluster
        self._need, self._logs, self._opener, self._told = need, logs, opener, told
        self._alone: Connection | None = None
        shares = share_out({camera.id: estimate(camera) for camera in site.cameras}, shards)
        self._shares = [_Share(f"shard-{n}", share) for n, share in enumerate(shares, start=1)]
        self._doubted: dict[str, float] = {}
        self._crowded = False

    def prepare(self, model: ModelEntry) -> frozenset[str]:
        """Take the site over, and say which episodes its rules hold; nobody watches it meanwhile.

        A city that takes over from one machine finds that one's memory in `storage.data`.

        Raises:
            StreetwardenError: another city runs, or a camera is still watched by one.
            DatabaseUnavailable: the database does not answer.
        """
        with explained(self._database):
            self._be_alone()
        self._wait_until_unwatched()
        cameras = [camera.id for camera in self._site.cameras]
        here = SharedMemory(
            self._database, self._site.storage.folder / "memory", self._site, cameras
        )
        here.add_missing()
        with TemporaryDirectory(prefix="streetwarden-city-") as folder:
            root = Path(folder)
            SharedMemory(self._database, root, self._site, cameras).pull()
            return remembered_episodes(self._site, model, root, root / "quarantine")

    def run(self, stop: Event) -> None:
        """Watch until `stop`, or until all sources have ended; then end every shard in order.

        Raises:
            StreetwardenError: no shard ever watched, and the last ones said what has to be mended.
        """
        try:
            while not stop.is_set() and not all(share.over for share in self._shares):
                try:
                    self._look(held_leases(self._database), time.monotonic())
                except DatabaseUnavailable as error:
                    _log.warning("what is watched is not known now: %s", error)
                stop.wait(_LOOK_S)
        finally:
            self._end()

    def _look(self, held: Mapping[str, Held], now: float) -> None:
        """One look at all shares."""
        for share in self._shares:
            if share.running is None:
                continue
            ended = share.running.ended()
            holds = all(c in held and held[c].holder == share.holder for c in share.cameras)
            if holds and any(held[c].told for c in share.cameras):
                share.was_up, share.hopeless = True, None
            if ended is not None and ended.why is None:
                share.running, share.over = None, True
                self._told(f"{share.name}: its sources have ended")
            elif ended is not None:
                self._gone(
                    share, str(ended.why), now, doubted=ended.wordless, mendable=ended.mendable
                )
            elif holds and not share.up:
                share.up = True
                took = now - share.placed_at
                self._told(f"{share.name} watches {_named(share)} after {took:.1f} s")
            elif share.up and not holds:
                self._gone(share, f"it was silent for {TTL_S:g} s", now, doubted=True)
            elif not share.up and now - share.placed_at > START_S:
                self._gone(share, f"it did not start within {START_S:g} s", now, doubted=True)
        hopeless = [share.hopeless for share in self._shares if share.hopeless is not None]
        if len(hopeless) == len(self._shares):
            raise StreetwardenError("\n".join(dict.fromkeys(hopeless)))
        self._place(now)

    def _gone(
        self, share: _Share, why: str, now: float, *, doubted: bool, mendable: bool = False
    ) -> None:
        assert share.running is not None
        assert share.machine is not None
        share.running.kill()
        if doubted:
            self._doubted[share.machine.id] = now + DOUBTED_S
        share.not_before = now + share.back_off.after_death()
        share.running, share.up = None, False
        share.hopeless = why if mendable and not share.was_up else None
        self._told(f"{share.name} is gone from {share.machine.address}: {why}")

    def _place(self, now: float) -> None:
        """Start what does not run, where there is room."""
        waiting = [
            s for s in self._shares if s.running is None and not s.over and now >= s.not_before
        ]
        if not waiting:
            return
        self._doubted = {machine: until for machine, until in self._doubted.items() if until > now}
        machines = self._cluster.machines()
        for share in waiting:
            placed = [s.machine.id for s in self._shares if s.running is not None and s.machine]
            machine = machine_for(machines, self._need, placed, self._doubted)
            if machine is None:
                if not self._crowded:
                    self._told(f"no machine has room for {share.name}: its cameras wait")
                self._crowded = True
                return
            share.holder, share.machine, share.placed_at = str(ULID()), machine, now
            node = f"{machine.address} ({machine.id[:8]})"
            order = Order(self._site, share.cameras, share.holder, node, self._opener, self._logs)
            share.running = self._cluster.start(order, machine, self._need)
        self._crowded = False

    def _end(self) -> None:
        for share in self._shares:
            if share.running is not None:
                share.running.stop()
        until = time.monotonic() + STOP_S
        for share in self._shares:
            while share.running is not None and share.running.ended() is None:
                if time.monotonic() > until:
                    _log.error("%s does not end in order and is killed", share.name)
                    share.running.kill()
                    break
                time.sleep(_LOOK_S)

    def close(self) -> None:
        """Let another city of this database run."""
        if self._alone is not None:
            self._alone.close()

    def _be_alone(self) -> None:
        """Hold a lock for as long as this process and its connection last.

        Two heads that both run cost no camera: the leases are what counts.
        """
        self._alone = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
        until = time.monotonic() + PATIENCE_S
        while not self._alone.execute(
            text("SELECT pg_try_advisory_lock(:key)"), {"key": _HEAD_LOCK}
        ).scalar_one():
            if time.monotonic() > until:
                raise StreetwardenError("another city of this database runs; stop that first")
            time.sleep(_LOOK_S)

    def _wait_until_unwatched(self) -> None:
        until = time.monotonic() + PATIENCE_S
        mine = {camera.id for camera in self._site.cameras}
        while watched := [h for c, h in held_leases(self._database).items() if c in mine]:
            if time.monotonic() > until:
                raise StreetwardenError(
                    f"{len(watched)} cameras are watched by another city, such as on "
                    f"{watched[0].node}; stop that first"
                )
            time.sleep(_LOOK_S)


def _named(share: _Share) -> str:
    """Its cameras and machine, for people."""
    assert share.machine is not None
    shown = ", ".join(share.cameras[:3]) + (", …" if len(share.cameras) > 3 else "")
    cameras = "camera" if len(share.cameras) == 1 else "cameras"
    return f"{len(share.cameras)} {cameras} ({shown}) on {share.machine.address}"
