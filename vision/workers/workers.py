"""Workers: the main process's side of the camera workers; to the rest of it, a pipeline."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Condition, Event, Lock, Thread

from models.catalogue import ModelEntry
from vision.engine_server import EngineServerProcess, Phase, ServerCounts
from vision.engines import Engine, ModelChoice, open_engine
from vision.errors import EngineError, NotWatched, StreetwardenError
from vision.evidence import SecondLook
from vision.loop import LoopCounts
from vision.pipeline import Pipeline
from vision.pipeline.event_writer import Sink
from vision.pipeline.live_view import Picture
from vision.pipeline.quarantine import Quarantine
from vision.pipeline.remembered import remembered_episodes
from vision.pipeline.sight import Sight
from vision.process_status import ProcessStatus
from vision.redaction import REDACTION, secrets_of
from vision.site import Site
from vision.sources.status import CameraStatus
from vision.trial import Trial
from vision.workers import totals
from vision.workers.costs import Costs
from vision.workers.intake import Intake
from vision.workers.keeper import Keeper
from vision.workers.placement import place, share_out
from vision.workers.worker import Build, Order

_log = logging.getLogger(__name__)

PATIENCE_S = 15.0
"""Seconds without a sign of life after which a worker is killed."""
BLIND_S = 60.0
"""Seconds without any worker up after which watching has failed for good."""
SERVER = "engine-server"
_SIGHT_S = 1.0
_TELLING_S, _STORING_S = 5.0, 30.0
"""Seconds to wait for what a worker tells, and for what it stores first."""
_END = "No camera is looked at any more: see to that, and start again."
STOP_S = 30.0
"""Seconds that workers have to end in order."""


class Workers:
    """Watches a site by processes that share its cameras; to be used as a `Pipeline` is.

    Args:
        site: what to watch.
        model: whose weights they use.
        count: number of processes.
        build: makes the pipeline of each, in its process.
        sink: takes events with their evidence.
        leases: folder of the cameras' leases.
        memory: folder of the rules' state; `quarantine`: of events that cannot be stored. Those
            that `build` gives to the pipelines.
        patience_s: seconds without a sign of life after which a worker is killed.
        blind_s: seconds without any worker, or the engine server, after which watching has failed
            for good.
        opener: opens the engine, in the server's process; see `EngineServerProcess`.

    Raises:
        EngineError: this system can have no engine server.
    """

    def __init__(
        self,
        site: Site,
        model: ModelEntry,
        *,
        count: int,
        build: Build,
        sink: Sink,
        leases: Path,
        memory: Path,
        quarantine: Path,
        patience_s: float = PATIENCE_S,
        blind_s: float = BLIND_S,
        opener: Callable[[ModelChoice], Engine] = open_engine,
    ) -> None:
        self.site = site
        self.failed: EngineError | None = None
        """Why watching has ended; None while it goes on."""
        self.blind = Event()
        """Set when no camera is watched any more, for good or because it was stopped."""
        self.held = remembered_episodes(site, model, memory, quarantine)
        """Ids of the episodes that went on when this was made; see `Pipeline.held`."""
        self._quarantine = quarantine
        self._blind_s = blind_s
        self._intake = Intake(sink)
        self._changed = Condition()
        self._server = EngineServerProcess(site.model, opener=opener)
        self._served_at: float | None = None
        self._costs = Costs(memory / "costs.json")
        shares = share_out(self._costs.of(site.cameras), count)
        self._homes = {camera: n for n, share in enumerate(shares) for camera in share}
        self._from_start = {"storage": site.storage, "model": site.model}
        self._applying = Lock()
        self._keepers = [
            Keeper(
                f"worker-{number}",
                Order(_told(site), share, build, self._server.address, leases, patience_s),
                offered=self._intake.put,
                changed=self._tell,
            )
            for number, share in enumerate(shares, start=1)
        ]
        self._sight = Thread(target=self._look_for_sight, name="workers-sight", daemon=True)

    def start(self) -> None:
        """Start the engine server and the workers, which wait until it is ready."""
        self._intake.start()
        self._server.start()
        for keeper in self._keepers:
            keeper.start()
        self._sight.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all sources have ended and all frames are analysed; False on timeout.

        Raises:
            EngineError: watching has failed for good.
        """
        with self._changed:
            done = self._changed.wait_for(lambda: self.blind.is_set() or self._drained, timeout)
        if self.failed is not None:
            raise self.failed
        return done

    def stop(self) -> None:
        """End the workers in order, all at the same time, and then the server."""
        self.blind.set()
        self._tell()
        for keeper in self._keepers:
            keeper.ask_to_stop()
        until = time.monotonic() + STOP_S
        for keeper in self._keepers:
            keeper.join(max(1.0, until - time.monotonic()))
        self._server.stop()
        self._intake.stop()

    def apply(self, site: Site) -> None:
        """See `Pipeline.apply`; each worker takes over what is its own.

        A camera stays with its worker, also when it comes back after it had left. A new one is
        given to the worker that has the least to do. One that cannot take over what is asked of it,
        such as the lease of a new camera, is started again and says why.
        """
        REDACTION.hide(secrets_of(site))
        with self._applying:
            costs = self._costs.of(site.cameras)
            self._homes = place(costs, len(self._keepers), self._homes)
            shares = [
                tuple(camera for camera in costs if self._homes[camera] == number)
                for number in range(len(self._keepers))
            ]
            told = _told(site.model_copy(update=self._from_start))
            self.site = site
            with ThreadPoolExecutor(len(self._keepers)) as at_once:
                for done in [
                    at_once.submit(keeper.apply, told, share)
                    for keeper, share in zip(self._keepers, shares, strict=True)
                ]:
                    done.result()
        self._tell()

    @property
    def problem(self) -> str | None:
        """Why watching or storing fails now; None while all is well.

        One worker that is down, among others, is told by `processes`.
        """
        if self.failed is not None:
            return str(self.failed)
        told = (self._server.state.problem, *(k.report.problem for k in self._keepers))
        problem = next((problem for problem in told if problem is not None), None)
        if problem is None and all(k.dark_since is not None for k in self._keepers):
            return f"no camera worker runs; {self._keepers[0].name}: {self._keepers[0].why}"
        return problem

    @property
    def processes(self) -> Sequence[ProcessStatus]:
        """The engine server and the workers."""
        server = self._server.state
        return [
            ProcessStatus(
                SERVER, server.phase is Phase.READY, server.restarts, server.problem or "runs"
            ),
            *(keeper.process() for keeper in self._keepers),
        ]

    @property
    def engine_server(self) -> ServerCounts:
        """What the engine server has done so far."""
        return self._server.counts

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the engine server and the workers that run, by name."""
        found = {SERVER: self._server.state.process, **{k.name: k.pid for k in self._keepers}}
        return {name: pid for name, pid in found.items() if pid is not None}

    @property
    def quarantined(self) -> int:
        """Number of episodes with events in quarantine, all workers' together."""
        return Quarantine(self._quarantine, self.site).count

    def status(self) -> list[CameraStatus]:
        """The status of each camera, in the site's order."""
        found = {s.camera: s for keeper in self._keepers for s in keeper.status()}
        return [found[camera.id] for camera in self.site.cameras if camera.id in found]

    def last_seen(self, camera: str, episode: str) -> datetime | None:
        """When a look last showed a confirmed episode that goes on (UTC); None for any other.

        A second old at most; of the worker that offers an event as it decided on it.
        """
        try:
            return self._keeper_of(camera).report.sightings.get(camera, {}).get(episode)
        except NotWatched:
            return None

    def loop(self) -> LoopCounts:
        """What the loops of all workers have done so far."""
        return totals.of_loops(keeper.loop() for keeper in self._keepers)

    @property
    def device_memory(self) -> int | None:
        """Bytes of a device's own memory that the engine holds; None where it shares ours."""
        return self._server.counts.device_memory

    def picture(
        self, camera: str, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Picture | None]:
        """See `Pipeline.picture`; its future may have NotWatched, too."""
        return self._keeper_of(camera).ask(Pipeline.picture, camera, after, wait_s, clean=clean)

    def sight(self, camera: str) -> Sight | None:
        """See `Pipeline.sight`; NotWatched also where no answer comes."""
        keeper = self._keeper_of(camera)
        asked: Future[Sight | None] = keeper.ask(Pipeline.sight, camera)
        return keeper.answered(asked, camera, _TELLING_S)

    def try_out(self, camera: str, proposed: Site, preset: str | None = None) -> Future[Trial]:
        """See `Pipeline.try_out`; its future has what that raises."""
        return self._keeper_of(camera).ask(Pipeline.try_out, camera, _told(proposed), preset)

    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook:
        """See `Pipeline.look_again`; its worker stores what it sees."""
        try:
            keeper = self._keeper_of(camera)
            asked: Future[SecondLook] = keeper.ask(Pipeline.look_again, camera, episode, after)
            return keeper.answered(asked, camera, _STORING_S)
        except StreetwardenError as error:
            return SecondLook(why=str(error))

    @property
    def _drained(self) -> bool:
        return all(keeper.report.drained for keeper in self._keepers)

    def _keeper_of(self, camera: str) -> Keeper:
        for keeper in self._keepers:
            if camera in keeper.cameras:
                return keeper
        raise NotWatched(f"camera {camera} is not watched here")

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _look_for_sight(self) -> None:
        """Fail when nothing can look any more; measure meanwhile what looking costs."""
        while not self.blind.is_set():
            with self._changed:
                self._changed.wait_for(self.blind.is_set, _SIGHT_S)
            for keeper in self._keepers:
                self._costs.learn(keeper.costs())
            why = self._blind_because(time.monotonic())
            if why is not None and not self.blind.is_set():
                self._fail(why)

    def _blind_because(self, now: float) -> str | None:
        """Why watching has failed for good: too long no server or no worker, or it never began."""
        server = self._server.state
        if server.phase is Phase.READY:
            self._served_at = now
        elif server.phase is Phase.DOWN and self._served_at is None:
            return server.problem  # such as a device that is not there
        elif self._served_at is not None and now - self._served_at > self._blind_s:
            return f"The engine server has not run for {self._blind_s:g} s. {server.problem} {_END}"
        dark = [since for k in self._keepers if (since := k.dark_since) is not None]
        if len(dark) < len(self._keepers):
            return None
        if all(keeper.hopeless for keeper in self._keepers):
            return "\n".join(dict.fromkeys(str(keeper.why) for keeper in self._keepers))
        if now - max(dark) > self._blind_s:
            whys = "; ".join(f"{keeper.name}: {keeper.why}" for keeper in self._keepers)
            return f"No camera worker has run for {self._blind_s:g} s ({whys}). {_END}"
        return None

    def _fail(self, why: str) -> None:
        self.failed = EngineError(why)
        _log.error("%s", why)
        self.blind.set()
        self._tell()


def _told(site: Site) -> Site:
    """The site without receivers' secrets and, as workers write files only, the storage's."""
    storage = site.storage.model_copy(update={"s3": None})
    return site.model_copy(update={"webhooks": (), "storage": storage})
