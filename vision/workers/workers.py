"""Workers: the main process's side of the camera workers; to the rest of it, a pipeline."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Condition, Event, Thread

from models.catalogue import ModelEntry
from vision.episodes import EpisodeStage
from vision.errors import EngineError, StorageUnavailable
from vision.loop import LoopCounts
from vision.pipeline.event_writer import Sink
from vision.pipeline.quarantine import Quarantine
from vision.pipeline.remembered import remembered_episodes
from vision.process_status import ProcessStatus
from vision.site import Site
from vision.sources.status import CameraStatus
from vision.throttled_log import ThrottledLog
from vision.workers import totals
from vision.workers.keeper import Keeper
from vision.workers.messages import Answer, Offer
from vision.workers.placement import shares_of
from vision.workers.worker import Build, Order
from vision.workers.worker_process import WorkerProcess

_log = logging.getLogger(__name__)

PATIENCE_S = 15.0
"""Seconds without a sign of life after which a worker is killed."""
BLIND_S = 60.0
"""Seconds without any worker up after which watching has failed for good."""
STOP_S = 30.0
"""Seconds that workers have to end in order."""


class Workers:
    """Watches a site by processes that share its cameras; to be used as a `Pipeline` is.

    Their events go to one sink, one after the other, in a thread of this process. A worker that
    was killed before it knew that an event was stored offers it again, and the sink is not asked
    twice.

    Args:
        site: what to watch.
        model: whose weights they use.
        count: number of processes.
        build: makes the pipeline of each, in its process.
        sink: takes events with their evidence.
        evidence: folder of the evidence, which all share; beside it lie the cameras' leases.
        memory: folder of the rules' state; `quarantine`: of events that cannot be stored. Those
            that `build` gives to the pipelines.
        patience_s: seconds without a sign of life after which a worker is killed.
        blind_s: seconds without any worker up after which watching has failed for good.
    """

    def __init__(
        self,
        site: Site,
        model: ModelEntry,
        *,
        count: int,
        build: Build,
        sink: Sink,
        evidence: Path,
        memory: Path,
        quarantine: Path,
        patience_s: float = PATIENCE_S,
        blind_s: float = BLIND_S,
    ) -> None:
        self.site = site
        self.failed: EngineError | None = None
        """Why watching has ended; None while it goes on."""
        self.blind = Event()
        """Set when no camera is watched any more, for good or because it was stopped."""
        self.held = remembered_episodes(site, model, memory, quarantine)
        """Ids of the episodes that went on when this was made; see `Pipeline.held`."""
        self._sink = sink
        self._quarantine = quarantine
        self._blind_s = blind_s
        self._offers: SimpleQueue[tuple[Keeper, WorkerProcess, Offer] | None] = SimpleQueue()
        self._taken: dict[Keeper, tuple[str, EpisodeStage]] = {}
        self._changed = Condition()
        self._faults = ThrottledLog(_log)
        told = site.model_copy(update={"webhooks": ()})  # workers need no receiver's secret
        self._keepers = [
            Keeper(
                f"worker-{number}",
                Order(told, share, build, evidence.parent / "leases", patience_s),
                offered=lambda *offer: self._offers.put(offer),
                changed=self._tell,
            )
            for number, share in enumerate(shares_of(site.cameras, count), start=1)
        ]
        self._intake = Thread(target=self._take_in, name="workers-intake", daemon=True)
        self._sight = Thread(target=self._look_for_sight, name="workers-sight", daemon=True)

    def start(self) -> None:
        """Start the workers."""
        self._intake.start()
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
        """End the workers in order, all at the same time, and take in their last events."""
        self.blind.set()
        self._tell()
        for keeper in self._keepers:
            keeper.ask_to_stop()
        until = time.monotonic() + STOP_S
        for keeper in self._keepers:
            keeper.join(max(1.0, until - time.monotonic()))
        self._offers.put(None)
        self._intake.join()

    @property
    def problem(self) -> str | None:
        """Why watching or storing fails now; None while all is well.

        One worker that is down, among others, is told by `processes`.
        """
        if self.failed is not None:
            return str(self.failed)
        told = (k.report.problem for k in self._keepers)
        problem = next((problem for problem in told if problem is not None), None)
        if problem is None and all(k.dark_since is not None for k in self._keepers):
            return f"no camera worker runs; {self._keepers[0].name}: {self._keepers[0].why}"
        return problem

    @property
    def processes(self) -> Sequence[ProcessStatus]:
        """The workers' processes."""
        return [keeper.process() for keeper in self._keepers]

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the workers that run, by name."""
        return {k.name: pid for k in self._keepers if (pid := k.pid) is not None}

    @property
    def quarantined(self) -> int:
        """Number of episodes with events in quarantine, all workers' together."""
        return Quarantine(self._quarantine, self.site).count

    def status(self) -> list[CameraStatus]:
        """The status of each camera, in the site's order."""
        found = {s.camera: s for keeper in self._keepers for s in keeper.status()}
        return [found[camera.id] for camera in self.site.cameras]

    def last_seen(self, camera: str, episode: str) -> datetime | None:
        """When a look last showed a confirmed episode that goes on (UTC); None for any other.

        A second old at most; of the worker that offers an event as it decided on it.
        """
        keeper = self._keeper_of(camera)
        return keeper.report.sightings.get(camera, {}).get(episode) if keeper else None

    def loop(self) -> LoopCounts:
        """What the loops of all workers have done so far."""
        return totals.of_loops(keeper.loop() for keeper in self._keepers)

    @property
    def device_memory(self) -> int | None:
        """Bytes of a device's own memory that the workers hold; None where they hold none."""
        told = [m for k in self._keepers if (m := k.report.device_memory) is not None]
        return sum(told) if told else None

    def snapshot(self, camera: str) -> bytes | None:
        """The latest look at a camera as a masked, annotated JPEG; None before the first look."""
        keeper = self._keeper_of(camera)
        return keeper.snapshot(camera) if keeper else None

    @property
    def _drained(self) -> bool:
        return all(keeper.report.drained for keeper in self._keepers)

    def _keeper_of(self, camera: str) -> Keeper | None:
        return next((k for k in self._keepers if camera in k.cameras), None)

    def _tell(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _take_in(self) -> None:
        while (given := self._offers.get()) is not None:
            keeper, process, offer = given
            process.send(self._taken_in(keeper, offer))

    def _taken_in(self, keeper: Keeper, offer: Offer) -> Answer:
        """Ask the sink; a worker's last event, offered again because the answer was lost, not."""
        episode = offer.event.episode
        key = (episode.id, episode.stage)
        if self._taken.get(keeper) == key:
            return Answer(offer.number)
        try:
            self._sink(offer.event, offer.items)
        except StorageUnavailable as error:
            return Answer(offer.number, str(error), waits=True)
        except Exception as error:  # noqa: BLE001 - the worker tries again, then keeps it
            self._faults.traced(f"taking in an event of {episode.camera}", error)
            return Answer(offer.number, f"{type(error).__name__}: {error}")
        self._taken[keeper] = key
        return Answer(offer.number)

    def _look_for_sight(self) -> None:
        """Fail when no worker has been up for too long, or when none ever was and each says why."""
        while not self.blind.is_set():
            with self._changed:
                self._changed.wait_for(self.blind.is_set, 1.0)
            dark = [since for k in self._keepers if (since := k.dark_since) is not None]
            if len(dark) < len(self._keepers):
                continue
            if all(keeper.hopeless for keeper in self._keepers):
                self._fail("\n".join(dict.fromkeys(str(k.why) for k in self._keepers)))
            elif time.monotonic() - max(dark) > self._blind_s:
                self._fail(
                    f"No camera worker has run for {self._blind_s:g} s; the last one of each: "
                    + "; ".join(f"{k.name}: {k.why}" for k in self._keepers)
                    + ". No camera is looked at any more: see to that and start again."
                )

    def _fail(self, why: str) -> None:
        self.failed = EngineError(why)
        _log.error("%s", why)
        self.blind.set()
        self._tell()
