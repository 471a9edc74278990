"""City: keeps every camera of a site watched by some machine of a cluster.

Whether it is, the leases say: a shard whose lease has ended does not watch any more, wherever it
is and whatever Ray knows of it, because its process ends itself before that.

A changed site is taken over by the shards as they run; one that cannot is ended and placed again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Event

from sqlalchemy import Connection
from sqlalchemy import Engine as DatabaseEngine
from ulid import ULID

from api.errors import DatabaseUnavailable
from api.storage.engine import explained
from models.catalogue import ModelEntry
from scripts.city.alone import be_alone, wait_until_unwatched
from scripts.city.cluster import Cluster, Running
from scripts.city.fitness import check_site
from scripts.city.lease import TTL_S, Held, held_leases
from scripts.city.machines import Need, machine_for
from scripts.city.memory import SharedMemory
from scripts.city.shard import Applied, Order
from scripts.city.share import Given, Share, alike
from vision.engines import Engine, ModelChoice, open_engine
from vision.errors import SiteError, StreetwardenError
from vision.logs import Logs
from vision.pipeline.remembered import remembered_episodes
from vision.site import Site
from vision.workers.costs import estimate
from vision.workers.placement import place

_log = logging.getLogger(__name__)

_LOOK_S = 0.25
START_S = 120.0
"""Seconds in which a shard takes its leases after it was placed, or a changed site over: a busy
machine loads slowly."""
DOUBTED_S = 60.0
"""Seconds for which a machine is the last choice where a shard ended without a word: whether it is
gone, Ray knows by then. (It took 15 s for a killed one, with Ray's own settings.)"""
STOP_S = 45.0
"""Seconds that shards have to end in order."""


class City:
    """Places the shares of a site's cameras on machines, and places again what is gone.

    Args:
        site: what to watch.
        database: of the city, with its tables made.
        cluster: where.
        shards: how many processes share the cameras, at most: never more than there are cameras.
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
        self._most = shards
        self._homes: dict[str, int] = {}
        self._shares: list[Share] = []
        self._changed = SimpleQueue[Site]()
        self._changing = False
        self._share_out()
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
            self._alone = be_alone(self._database)
        cameras = [camera.id for camera in self._site.cameras]
        wait_until_unwatched(self._database, cameras)
        here = SharedMemory(
            self._database, self._site.storage.folder / "memory", self._site, cameras
        )
        here.add_missing()
        with TemporaryDirectory(prefix="streetwarden-city-") as folder:
            root = Path(folder)
            SharedMemory(self._database, root, self._site, cameras).pull()
            return remembered_episodes(self._site, model, root, root / "quarantine")

    def apply(self, site: Site) -> None:
        """Watch by a changed site from now on, whose database, storage and model are as before.

        Any thread may call; it waits for nothing. `told` says when all shards watch by it.
        """
        self._changed.put(site)

    def run(self, stop: Event) -> None:
        """Watch until `stop`, or until all sources have ended; then end every shard in order.

        Raises:
            StreetwardenError: no shard ever watched, and the last ones said what has to be mended.
        """
        try:
            while not stop.is_set() and not self._done:
                try:
                    self._look(held_leases(self._database), time.monotonic())
                except DatabaseUnavailable as error:
                    _log.warning("what is watched is not known now: %s", error)
                stop.wait(_LOOK_S)
        finally:
            self._end()

    @property
    def _done(self) -> bool:
        """All recordings have been read. A site whose last camera has left waits for others."""
        return bool(self._site.cameras) and all(share.done for share in self._shares)

    def _look(self, held: Mapping[str, Held], now: float) -> None:
        """One look at all shares."""
        while not self._changed.empty():
            self._follow(self._changed.get())
        for share in self._shares:
            if share.running is None:
                continue
            ended = share.running.ended()
            if ended is None:
                self._look_at(share, share.running, held, now)
            elif ended.why is None:
                share.end(alike(share.given.site, self._site))
                if not share.rest:
                    self._told(f"{share.name} has nothing more to watch")
            else:
                doubted, mendable = ended.wordless, ended.mendable
                self._gone(share, ended.why, now, doubted=doubted, mendable=mendable)
        hopeless = [share.hopeless for share in self._shares if share.wanted]
        if hopeless and None not in hopeless:
            raise StreetwardenError("\n".join(dict.fromkeys(filter(None, hopeless))))
        self._place(now)
        if self._changing and all(s.done or (s.up and s.follows(self._site)) for s in self._shares):
            self._changing = False
            self._told("the changed site is in force in all shards")

    def _look_at(
        self, share: Share, running: Running, held: Mapping[str, Held], now: float
    ) -> None:
        """One look at a share whose shard has not ended, by what it knows."""
        holds = all(c in held and held[c].holder == share.holder for c in share.cameras)
        watches = holds and any(held[c].told for c in share.cameras)
        if watches:
            share.was_up, share.hopeless = True, None
        if holds and not share.up:
            share.up = True
            took = now - share.placed_at
            self._told(f"{share.name} watches {share} after {took:.1f} s")
        elif share.up and not holds:
            self._gone(share, f"it was silent for {TTL_S:g} s", now, doubted=True)
        elif not share.up and now - share.placed_at > START_S:
            self._gone(share, f"it did not start within {START_S:g} s", now, doubted=True)
        elif share.asked is not None:
            self._hear(share, running.applied(), *share.asked, now)
        elif watches and not share.follows(self._site):
            asked = Given(self._site, share.rest)
            share.asked = asked, now
            running.apply(*asked)

    def _hear(
        self, share: Share, applied: Applied | None, asked: Given, since: float, now: float
    ) -> None:
        """What a shard answers that was asked to take a changed site over."""
        if applied is None:
            if now - since > START_S:
                why = f"it did not take the changed site over within {START_S:g} s"
                self._gone(share, why, now, doubted=True)
        elif applied.fault is not None:
            why = f"it could not take the changed site over: {applied.fault}"
            self._gone(share, why, now, doubted=False)
        else:
            news = asked.cameras != share.cameras
            share.given, share.asked = asked, None
            if news and share.cameras:
                self._told(f"{share.name} watches {share} by the changed site")

    def _follow(self, site: Site) -> None:
        """Have a changed site watched, if a city can."""
        try:
            if site.cameras:
                check_site(site, len(self._cluster.machines()))
        except SiteError as error:
            _log.error("the cameras are watched as the site file had them before: %s", error)
            return
        same = alike(self._site, site)
        for share in self._shares:
            share.over &= same
        self._site, self._changing = site, True
        self._share_out()

    def _share_out(self) -> None:
        """Give each camera to a share; it stays there, also when it comes back after it had left.

        Cameras that come have shares of their own as long as there may be more.
        """
        costs = {camera.id: estimate(camera) for camera in self._site.cameras}
        while len(self._shares) < max(1, min(self._most, len(costs))):
            self._shares.append(Share(f"shard-{len(self._shares) + 1}", Given(self._site)))
        self._homes = place(costs, len(self._shares), self._homes)
        for number, share in enumerate(self._shares):
            share.wanted = tuple(camera for camera in costs if self._homes[camera] == number)

    def _gone(
        self, share: Share, why: str, now: float, *, doubted: bool, mendable: bool = False
    ) -> None:
        assert share.running is not None
        assert share.machine is not None
        share.running.kill()
        if doubted:
            self._doubted[share.machine.id] = now + DOUBTED_S
        share.not_before = now + share.back_off.after_death()
        share.running, share.asked, share.up = None, None, False
        share.hopeless = why if mendable and not share.was_up else None
        self._told(f"{share.name} is gone from {share.machine.address}: {why}")

    def _place(self, now: float) -> None:
        """Start what does not run, where there is room."""
        waiting = [s for s in self._shares if s.running is None and s.rest and now >= s.not_before]
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
            share.given = Given(self._site, share.rest)
            order = Order(*share.given, share.holder, node, self._opener, self._logs)
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
