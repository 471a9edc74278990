"""Pipeline: runs a site from sources to episode events with their evidence.

Reader threads leave due frames in mailboxes, one loop thread runs inference on them in batches,
rules decide in that thread, and a writer thread stores evidence and passes events to the sinks.
Nothing here knows of cases: a sink does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Condition, Event, Lock

from vision.engine_server.status_page import ServerCounts
from vision.engines import Engine, open_engine
from vision.engines.truck_state import TruckStateReader
from vision.episodes import EpisodeEvent
from vision.errors import EngineError
from vision.evidence import EvidenceStore, Recorder, SecondLook
from vision.loop import InferenceLoop, LoopCounters, LoopCounts
from vision.pipeline.changes import Plan, WatchedCameras
from vision.pipeline.clips import Clips
from vision.pipeline.event_writer import EventWriter, Sink
from vision.pipeline.live_view import Picture
from vision.pipeline.looking import Looking
from vision.pipeline.quarantine import Quarantine
from vision.pipeline.second_look import look_again
from vision.pipeline.sight import Sight, sight_of
from vision.pipeline.spool import Spool
from vision.pipeline.trials import Trials
from vision.pipeline.trucks import Trucks, TruckStates
from vision.plates.subject import SubjectPlates
from vision.process_status import ProcessStatus
from vision.redaction import REDACTION, secrets_of
from vision.site import Site
from vision.sources.status import CameraState, CameraStatus
from vision.trial import Trial

log = logging.getLogger(__name__)
_BETWEEN_LOOKS_S = 5.0
"""Seconds to wait for the moment between two looks in which a change is made."""


class Pipeline:
    """Watches cameras of a site until each has ended or `stop` is called.

    Args:
        site: what to watch.
        engine: runs inference.
        sinks: take events with their evidence.
        evidence: where pictures are stored; nowhere if None.
        memory: folder for the rules' state across restarts; nowhere if None.
        quarantine: folder of events that could not be stored and are retried; nowhere if None. It
            must be used with these sinks only: other sinks would mark its events as stored.
        truck_state: reads the state of trucks.
        cameras: ids of those to watch, where other processes watch the others; all by default.
        reopen: makes another engine when this one has failed; as the site's `model` by default.
    """

    looking: type[Looking] = Looking  # a bench has one that measures

    def __init__(
        self,
        site: Site,
        engine: Engine,
        sinks: Sequence[Sink],
        *,
        evidence: EvidenceStore | None = None,
        memory: Path | None = None,
        quarantine: Path | None = None,
        truck_state: TruckStateReader | None = None,
        cameras: Collection[str] | None = None,
        reopen: Callable[[], Engine] | None = None,
    ) -> None:
        self.site = site
        self.engine = engine
        ready = Condition()
        self._trucks = TruckStates(
            truck_state, site.model, Trucks.of(site, engine.model.threshold, cameras)
        )
        self._watching = WatchedCameras(engine.model, engine.image_size, memory, ready)
        plan = self._watching.plan(site, cameras)
        self._clips = Clips(
            {name: Spool(folder) for name, folder in plan.clips.items()},
            lambda event: self._writer.put(event, holds_pixels=False),
        )
        plates = SubjectPlates.where(wanted=site.plates.read)
        self._recorder = Recorder(evidence, site, plates=plates) if evidence else None
        self._writer = EventWriter(
            self._recorder,
            [self._clips.keep, *sinks] if evidence else sinks,
            quarantine=Quarantine(quarantine, site, cameras=cameras) if quarantine else None,
            stored=self._stored,
        )
        self._looking = self.looking(
            self._watching, self._writer, self._clips.begin if evidence else None
        )
        self._trials = Trials()
        self._counters = LoopCounters()
        self._loop = InferenceLoop(
            engine,
            [],
            self._looking.deliver,
            ready=ready,
            attributes=self._trucks,
            tiled=self._looking.tiled,
            needed=self._looking.needed,
            observer=self._counters,
            reopen=reopen or partial(open_engine, site.model),
        )
        self._applying = Lock()
        self._stopping = False
        self._pending = self._loop.between_looks(partial(self._commit, plan))
        self._pending.result()

    def start(self) -> None:
        """Start the writer, the loop and every reader."""
        self._clips.start(self._unstored)
        self._writer.start()
        self._loop.start()
        for watched in self._watching.now.values():
            watched.reader.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all sources have ended and all frames are analysed; False on timeout.

        Raises:
            EngineError: the loop gave up.
        """
        return self._loop.wait_until_drained(timeout)

    def stop(self) -> None:
        """Stop the readers first, so that nothing new comes; then analyse and store what is left.

        What cannot be stored at once goes into quarantine, so this returns even if storage is down.
        """
        self._stopping = True
        self._trials.stop()
        self._watching.stop_readers()
        self._writer.hasten()  # else the loop would wait for the writer, and it for the storage
        if not self._loop.stop(timeout=30):
            log.error("the inference loop did not end; what it still has is dropped")
        self._clips.stop()
        for watched in self._watching.now.values():
            watched.reader.stop(timeout=0)  # one that a change added meanwhile
            watched.gaps.close()
        self._writer.stop()
        for watched in self._watching.now.values():
            if watched.reader.status().state is CameraState.ENDED:
                for scene in watched.scenes.values():
                    scene.rules.forget()

    def apply(self, site: Site, cameras: Collection[str] | None = None) -> None:
        """Watch by a changed site from the next look on, without a restart.

        A camera of which nothing has changed does not notice; see `vision.pipeline.changes` for
        what becomes of the others. Model, storage and number of workers count from the next start.
        Waits for the next moment between two looks, but not for long: where the loop waits for the
        storage, or for its engine to start again, what is decided changes when it looks again.

        Args:
            site: the whole of it, validated.
            cameras: as for the pipeline itself.

        Raises:
            StreetwardenError: something that it names cannot be read or opened; nothing is changed.
        """
        REDACTION.hide(secrets_of(site))
        with self._applying:
            if not self._pending.cancel():
                wait_for([self._pending], _BETWEEN_LOOKS_S)
            plan = self._watching.plan(site, cameras)
            self._trucks.follow(Trucks.of(site, self.engine.model.threshold, cameras))
            self.site = site
            self._writer.follow(site, cameras=cameras)
            self._watching.redraw(site)
            self._clips.withhold({c.id for c in site.cameras if not c.keeps_clips})
            self._pending = self._loop.between_looks(partial(self._commit, plan))
            try:
                self._pending.result(_BETWEEN_LOOKS_S)
            except TimeoutError:
                log.warning("the changed site is decided by when the loop looks again")

    @property
    def problem(self) -> str | None:
        """Why watching or storing fails now, in plain words; None while all is well."""
        return self._loop.trouble or self._writer.problem

    @property
    def failed(self) -> EngineError | None:
        """Why inference has ended; None while it runs."""
        return self._loop.failed

    @property
    def blind(self) -> Event:
        """Set when the inference loop has ended, for good or because it was stopped."""
        return self._loop.ended

    @property
    def quarantined(self) -> int:
        """Number of episodes with events in quarantine."""
        return self._writer.quarantined

    def status(self) -> list[CameraStatus]:
        """Return the status of each camera."""
        reused = self._counters.counts().reused
        return [w.status(reused.get(w.camera.id, 0)) for w in self._watching.now.values()]

    @property
    def held(self) -> frozenset[str]:
        """Ids of the confirmed episodes that go on, or of which something is yet to be stored.

        That is what rules hold, and what lies in quarantine and will be tried again.
        """
        return self._writer.held | self._watching.held

    def last_seen(self, camera: str, episode: str) -> datetime | None:
        """When a look last showed a confirmed episode that goes on (UTC); None for any other."""
        return self._watching.last_seen(camera, episode)

    def sightings(self) -> dict[str, dict[str, datetime]]:
        """By camera, the confirmed episodes that go on, with when a look last showed each (UTC)."""
        return self._watching.sightings()

    @property
    def processes(self) -> Sequence[ProcessStatus]:
        """Other processes that do the watching: none."""
        return ()

    @property
    def engine_server(self) -> ServerCounts | None:
        """What an engine server has done for it: nobody asks it here, but for camera workers."""
        return None

    def loop(self) -> LoopCounts:
        """What the loop has done so far, and how long it took."""
        return self._counters.counts()

    @property
    def device_memory(self) -> int | None:
        """Bytes of a device's own memory that the engine holds; None where it shares ours."""
        return self._loop.engine.device_memory

    def picture(
        self, camera: str, after: int | None = None, wait_s: float = 0.0, *, clean: bool = False
    ) -> Future[Picture | None]:
        """The newest look at a camera, masked; see `LiveView.picture`."""
        return self._watching.of(camera).live.picture(after, wait_s, clean=clean)

    def sight(self, camera: str) -> Sight | None:
        """What a camera sees and its rules have under way now; None before the first look."""
        return sight_of(self._watching.of(camera))

    def try_out(self, camera: str, proposed: Site, preset: str | None = None) -> Future[Trial]:
        """Give the latest looks at a camera to its rules as proposed, and as they are.

        Args:
            proposed: the site as it would be, with this camera.
            preset: only the looks that show it; all by default.

        Raises:
            NotWatched: the camera is not watched here.
            TrialRuns: another trial of this camera runs.
        """
        return self._trials.start(
            self._watching.of(camera),
            proposed=proposed,
            in_force=self.site,
            threshold=self.engine.model.threshold,
            preset=preset,
        )

    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook:
        """Store the newest look at a camera if it was after `after` and shows this episode."""
        watched = self._watching.now.get(camera)
        if watched is None or self._recorder is None:
            return SecondLook(why=f"camera {camera} is not watched here")
        return look_again(watched, self._recorder, episode, after)

    def _commit(self, plan: Plan) -> None:
        gone = self._watching.now.keys() - plan.cameras.keys()
        self._watching.commit(
            plan, self._loop, self._looking.tell, lambda: self._loop.looks and not self._stopping
        )
        self._counters.forget(gone)
        for name, folder in plan.clips.items():
            self._clips.serve(name, Spool(folder), self._unstored)

    @property
    def _unstored(self) -> frozenset[str]:
        """Ids of the episodes whose confirmed event is yet to be stored."""
        return self._writer.held | self._watching.unconfirmed

    def _stored(self, event: EpisodeEvent) -> None:
        self._clips.stored(event)
        self._watching.stored(event.episode)
