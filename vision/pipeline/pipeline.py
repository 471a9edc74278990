"""Pipeline: runs a site from sources to episode events with their evidence.

Reader threads leave due frames in mailboxes, one loop thread runs inference on them in batches,
rules decide in that thread, and a writer thread stores evidence and passes events to the sinks.
Nothing here knows of cases: a sink does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Condition, Event, Lock

from vision.detections import Detections
from vision.engine_server.status_page import ServerCounts
from vision.engines import Engine, open_engine
from vision.engines.truck_state import TruckStateReader
from vision.episodes import Episode, EpisodeEvent, EpisodeStage
from vision.errors import EngineError, NotWatched
from vision.evidence import EvidenceStore, Recorder, SecondLook
from vision.frames import Frame
from vision.loop import InferenceLoop, LoopCounters, LoopCounts
from vision.pipeline.changes import Plan, WatchedCameras
from vision.pipeline.clips import Clips
from vision.pipeline.event_writer import EventWriter, Sink
from vision.pipeline.live_view import Picture
from vision.pipeline.quarantine import Quarantine
from vision.pipeline.second_look import look_again
from vision.pipeline.sight import Sight, sight_of
from vision.pipeline.spool import Spool
from vision.pipeline.trials import Trials
from vision.pipeline.trucks import Trucks, TruckStates
from vision.pipeline.watched import Watched
from vision.process_status import ProcessStatus
from vision.redaction import REDACTION, secrets_of
from vision.rules.looks import unseen
from vision.site import Site
from vision.sources.status import CameraState, CameraStatus
from vision.trial import Trial
from vision.view.health import ADVICE, View

log = logging.getLogger(__name__)
_BETWEEN_LOOKS_S = 5.0
"""Seconds to wait for the moment between two looks in which a change is made."""
_READERS_S = 10.0
"""Seconds for all readers to end; one that the system holds is left to itself."""


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
            {name: Spool(folder) for name, folder in _spools(plan).items()},
            lambda event: self._writer.put(event, holds_pixels=False),
        )
        self._stores = evidence is not None
        self._recorder = Recorder(evidence, site) if evidence else None
        self._writer = EventWriter(
            self._recorder,
            [self._clips.keep, *sinks] if evidence else sinks,
            quarantine=Quarantine(quarantine, site, cameras=cameras) if quarantine else None,
            stored=self._stored,
        )
        self._trials = Trials()
        self._counters = LoopCounters()
        self._loop = InferenceLoop(
            engine,
            [],
            self._deliver,
            ready=ready,
            attributes=self._trucks,
            tiled=self._tiled,
            needed=self._needed,
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
        for watched in self._cameras.values():
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
        for watched in self._cameras.values():
            watched.reader.stop(timeout=0)
        until = time.monotonic() + _READERS_S  # of all: any number of them may hang
        for watched in self._cameras.values():
            watched.reader.stop(timeout=max(0.0, until - time.monotonic()))
        self._writer.hasten()  # else the loop would wait for the writer, and it for the storage
        if not self._loop.stop(timeout=30):
            log.error("the inference loop did not end; what it still has is dropped")
        self._clips.stop()
        for watched in self._cameras.values():
            watched.reader.stop(timeout=0)  # one that a change added meanwhile
            watched.gaps.close()
        self._writer.stop()
        for watched in self._cameras.values():
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
        return [self._status(w, reused.get(w.camera.id, 0)) for w in self._cameras.values()]

    @property
    def held(self) -> frozenset[str]:
        """Ids of the confirmed episodes that go on, or of which something is yet to be stored.

        That is what rules hold, and what lies in quarantine and will be tried again.
        """
        scenes = [scene for w in self._cameras.values() for scene in w.scenes.values()]
        return self._writer.held.union(*(scene.rules.held for scene in scenes))

    def last_seen(self, camera: str, episode: str) -> datetime | None:
        """When a look last showed a confirmed episode that goes on (UTC); None for any other."""
        watched = self._cameras.get(camera)
        scenes = watched.scenes.values() if watched is not None else ()
        return next((at for s in scenes if (at := s.rules.last_seen(episode)) is not None), None)

    def sightings(self) -> dict[str, dict[str, datetime]]:
        """By camera, the confirmed episodes that go on, with when a look last showed each (UTC)."""
        return {
            name: {
                e.id: e.last_seen_at
                for s in watched.scenes.values()
                for e in s.rules.going_on.values()
            }
            for name, watched in self._cameras.items()
        }

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
        return self._watched(camera).live.picture(after, wait_s, clean=clean)

    def sight(self, camera: str) -> Sight | None:
        """What a camera sees and its rules have under way now; None before the first look."""
        return sight_of(self._watched(camera))

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
            self._watched(camera),
            proposed=proposed,
            in_force=self.site,
            threshold=self.engine.model.threshold,
            preset=preset,
        )

    def _watched(self, camera: str) -> Watched:
        watched = self._cameras.get(camera)
        if watched is None:
            raise NotWatched(f"camera {camera} is not watched here")
        return watched

    def look_again(self, camera: str, episode: str, after: datetime) -> SecondLook:
        """Store the newest look at a camera if it was after `after` and shows this episode."""
        watched = self._cameras.get(camera)
        if watched is None or self._recorder is None:
            return SecondLook(why=f"camera {camera} is not watched here")
        return look_again(watched, self._recorder, episode, after)

    @property
    def _cameras(self) -> Mapping[str, Watched]:
        return self._watching.now

    def _commit(self, plan: Plan) -> None:
        self._watching.commit(
            plan, self._loop, self._tell, lambda: self._loop.looks and not self._stopping
        )
        for name, folder in _spools(plan).items():
            self._clips.serve(name, Spool(folder), self._unstored)

    def _tell(self, watched: Watched, preset: str | None, over: Sequence[Episode]) -> None:
        """Pass on what is over because nobody watches it any more; no look shows that."""
        for episode in over:
            frame, detections = unseen(episode)
            gaps = watched.gaps.between(episode.opened_at, frame.captured_at)
            event = EpisodeEvent(episode, frame, detections, preset=preset, gaps=gaps)
            self._writer.put(event, holds_pixels=False)

    def _tiled(self, frame: Frame) -> bool:
        watched = self._cameras.get(frame.camera)  # it may have left the site meanwhile
        return watched is not None and watched.camera.tiles

    def _status(self, watched: Watched, reused: int) -> CameraStatus:
        counts = watched.mailbox.counts()
        return replace(
            watched.reader.status(),
            read=counts.read,
            analysed=counts.analysed,
            dropped=counts.dropped,
            reused=reused,
            view=watched.health.view,
            preset=watched.last[2] if watched.last else None,
        )

    def _needed(self, frame: Frame) -> bool:
        stillness = self._cameras[frame.camera].stillness
        return stillness is None or stillness.changed(frame)

    def _deliver(self, frame: Frame, detections: Detections) -> None:
        self._look(frame, detections)
        watched = self._cameras.get(frame.camera)
        if watched is not None and watched.last is not None:  # which is as tracked
            frame, detections, preset = watched.last
            scene = watched.scenes.get(preset)
            noted = scene.rules.noted if scene is not None else {}
            watched.live.publish(frame, detections, preset, noted)

    def _look(self, frame: Frame, detections: Detections) -> None:
        watched = self._cameras[frame.camera]
        preset = watched.shown(frame, detections)
        scene = watched.scenes.get(preset)
        if scene is not None:
            look = watched.look(frame, detections)
            detections = scene.tracker.update(frame, look.on(detections))
        watched.last = (frame, detections, preset)
        shows = self._shows(watched, frame, preset)
        watched.gaps.see(frame, watched.health, watched.reader.reconnects)
        if scene is None or not shows:
            watched.has_candidates = False
            return  # neither presence nor absence: the rules pause
        watched.recent.add(preset, frame, detections)
        for event in scene.rules.look(frame, detections):
            if event.episode.stage is EpisodeStage.CONFIRMED:
                log.info("%s: %s confirmed", frame.camera, event.episode.kind)
            gaps = watched.gaps.between(event.episode.opened_at, frame.captured_at)
            shown = replace(event, preset=preset, gaps=gaps)
            self._writer.put(self._clips.begin(shown, watched) if self._stores else shown)
        watched.has_candidates = scene.rules.has_candidates

    @property
    def _unstored(self) -> frozenset[str]:
        """Ids of the episodes whose confirmed event is yet to be stored."""
        scenes = [scene for w in self._cameras.values() for scene in w.scenes.values()]
        return self._writer.held.union(*(scene.rules.unconfirmed for scene in scenes))

    def _stored(self, event: EpisodeEvent) -> None:
        self._clips.stored(event)
        self._watching.stored(event.episode)

    @staticmethod
    def _shows(watched: Watched, frame: Frame, preset: str | None) -> bool:
        """Whether the camera's view is clear; changes are logged."""
        before = watched.health.view
        has_presets = watched.finder is not None
        view = watched.health.look(frame, preset if has_presets else "")
        if view is not before and watched.stillness is not None:
            watched.stillness.forget()
        if view is not before and view is View.CLEAR:
            log.info("%s: its view is clear again", frame.camera)
        elif view is not before:
            log.warning("%s: %s; its rules pause", frame.camera, ADVICE[view])
        return view is View.CLEAR


def _spools(plan: Plan) -> dict[str, Path]:
    folders = {name: watched.memory for name, watched in plan.cameras.items()}
    return {name: folder / "clips" for name, folder in folders.items() if folder is not None}
