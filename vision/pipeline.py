"""Pipeline: the whole watch of a site, from sources to events with their evidence.

Reader threads leave due frames in mailboxes, one loop thread looks at them in batches, rules
decide in that thread (they cost microseconds), and a writer thread stores evidence and passes
events to the sinks. Nothing here knows of cases: a sink does.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Condition
from zoneinfo import ZoneInfo

import cv2

from vision.detections import TO_REFERENCE, Detections
from vision.engines import Engine, open_engine
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.event_writer import EventWriter, Sink
from vision.evidence import EvidenceItem, EvidenceStore, Recorder, annotate, mask, paint_privacy
from vision.frames import Frame
from vision.health import ADVICE, View, ViewHealth
from vision.loop import InferenceLoop, LoopCounters, LoopCounts
from vision.loop.stillness import Stillness
from vision.places.registration import Registration
from vision.preset_finder import PresetFinder
from vision.rules import CameraRules, camera_rules
from vision.site import Camera, Site, SiteInfo
from vision.sources.address import parse_address
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.ring import Recording, Ring
from vision.sources.source import open_source
from vision.sources.status import CameraState, CameraStatus
from vision.tracking import Tracker
from vision.truck_state import TruckStateReader

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a camera shows, by itself or at one preset: what is tracked and decided there."""

    tracker: Tracker
    rules: CameraRules


class _Watched:
    """One camera: its reader, its mailbox, what it shows, and the last look at it.

    `scenes` are by preset, or one alone under None. `last` is the latest frame with what was seen
    in it and the preset that it shows. `eager`: after it, some rule there has a candidate.
    """

    def __init__(
        self,
        camera: Camera,
        scenes: Mapping[str | None, _Scene],
        ready: Condition,
        site: SiteInfo,
        image_size: int,
        *,
        memory: Path | None,
    ) -> None:
        self.camera = camera
        self.scenes = dict(scenes)
        self.finder = PresetFinder(camera.presets) if camera.presets else None
        self.mailbox = Mailbox(camera.id, live=False, ready=ready)
        zone, holidays = ZoneInfo(site.timezone), site.holiday_dates

        def watching(moment: datetime) -> bool:
            local = moment.astimezone(zone)
            return any(part.watched_at(local, holidays) for part in camera.watched_zones)

        # What a privacy zone covers must not be stored, and cannot be cut out of what was sent.
        keep = camera.clip and not camera.privacy and not any(p.privacy for p in camera.presets)
        self.ring = Ring(camera.clip.total_seconds()) if keep else None
        # A photo's EXIF time has no zone of its own: it is the site's.
        opener = partial(
            open_source,
            zone=zone,
            image_size=image_size,
            watching=watching,
            pace=self._looks_per_second,
            ring=self.ring,
        )
        self.reader = Reader(camera, self.mailbox, opener=opener, watching=watching)
        self.health = ViewHealth(fixed=camera.type == "cctv" and not camera.presets)
        rules = [rule for scene in self.scenes.values() for rule in scene.rules.rules]
        still = camera.type == "cctv" and not any(rule.every_look for rule in rules)
        self.stillness = Stillness() if still else None
        surveys = camera.type == "drone" and any(
            "illegal_structure" in part.watch for part in camera.watched_zones
        )
        kept = memory / "reference.png" if memory is not None else None
        self.registration = Registration(kept) if surveys else None
        self.last: tuple[Frame, Detections, str | None] | None = None
        self.eager = False

    def _looks_per_second(self) -> float:
        wanted = self.camera.candidate_fps if self.eager else None
        return wanted or self.camera.analyse_fps

    def recording(self, event: EpisodeEvent) -> Recording | None:
        """What the camera sent of late, where this event goes into a case."""
        put_to_people = event.episode.stage in {EpisodeStage.CONFIRMED, EpisodeStage.CLEARED}
        return self.ring.recording() if self.ring is not None and put_to_people else None


class Pipeline:
    """Watches every camera of a site until each has ended or `stop` is called."""

    def __init__(
        self,
        site: Site,
        engine: Engine,
        sinks: Sequence[Sink],
        *,
        evidence: EvidenceStore | None = None,
        memory: Path | None = None,
        truck_state: TruckStateReader | None = None,
    ) -> None:
        self.site = site
        self.engine = engine
        ready = Condition()
        self._cameras = {
            c.id: _Watched(
                c,
                self._scenes(c, memory),
                ready,
                site.site,
                engine.image_size,
                memory=_memory_of(c, memory),
            )
            for c in site.cameras
        }
        recorder = Recorder(evidence, site) if evidence else None
        self._writer = EventWriter(recorder, [*sinks, self._stored])
        self._counters = LoopCounters()
        self._loop = InferenceLoop(
            engine,
            [w.mailbox for w in self._cameras.values()],
            self._look,
            ready=ready,
            attributes=truck_state,
            tiled=lambda frame: self._cameras[frame.camera].camera.tiles,
            needed=self._needed,
            observer=self._counters,
            reopen=partial(open_engine, site.model),
        )

    def start(self) -> None:
        """Start the writer, the loop and every reader."""
        self._writer.start()
        self._loop.start()
        for watched in self._cameras.values():
            watched.reader.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until every source has ended and all its frames were looked at; False on timeout.

        Raises:
            EngineError: the loop gave up.
        """
        return self._loop.wait_until_drained(timeout)

    def stop(self) -> None:
        """Stop readers first, so that nothing new comes; then look at and store what is left."""
        for watched in self._cameras.values():
            watched.reader.stop(timeout=0)
        for watched in self._cameras.values():
            watched.reader.stop(timeout=10)
        self._loop.stop()
        self._writer.stop()
        for watched in self._cameras.values():
            if watched.reader.status().state is CameraState.ENDED:
                for scene in watched.scenes.values():
                    scene.rules.forget()

    @property
    def problem(self) -> str | None:
        """What stands in the way of watching or storing, in plain words; None while all is well."""
        return str(self._loop.failed) if self._loop.failed else self._writer.problem

    def status(self) -> list[CameraStatus]:
        """How each camera is doing."""
        stood = self._counters.counts().stood
        return [self._status(w, stood.get(w.camera.id, 0)) for w in self._cameras.values()]

    def loop(self) -> LoopCounts:
        """What the loop has done so far, and how long it took."""
        return self._counters.counts()

    @property
    def device_memory(self) -> int | None:
        """Bytes of a device's own memory that the engine holds; None where it shares ours."""
        return self._loop.engine.device_memory

    def snapshot(self, camera: str) -> bytes | None:
        """The latest look at a camera as a masked, annotated JPEG; None before the first look."""
        watched = self._cameras.get(camera)
        last = watched.last if watched else None
        if watched is None or last is None:
            return None
        frame, detections, preset = last
        clean = paint_privacy(frame.pixels, watched.camera.at(preset).privacy)
        drawn = annotate(mask(clean, detections), detections, (), ())
        done, encoded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, 80])
        return encoded.tobytes() if done else None

    def _status(self, watched: _Watched, stood: int) -> CameraStatus:
        counts = watched.mailbox.counts()
        return replace(
            watched.reader.status(),
            read=counts.read,
            analysed=counts.analysed,
            dropped=counts.dropped,
            stood=stood,
            view=watched.health.view,
            preset=watched.last[2] if watched.last else None,
        )

    def _needed(self, frame: Frame) -> bool:
        stillness = self._cameras[frame.camera].stillness
        return stillness is None or stillness.changed(frame)

    def _look(self, frame: Frame, detections: Detections) -> None:
        watched = self._cameras[frame.camera]
        if watched.registration is not None:
            matrix = watched.registration.to_reference(frame.small)
            told = matrix.tolist() if matrix is not None else None
            detections = replace(detections, metadata={**detections.metadata, TO_REFERENCE: told})
        preset = watched.finder.look(frame) if watched.finder is not None else None
        if watched.last is not None and watched.last[2] != preset and watched.stillness is not None:
            watched.stillness.forget()
        scene = watched.scenes.get(preset)
        if scene is not None:
            detections = scene.tracker.update(frame, detections)
        watched.last = (frame, detections, preset)
        shows = self._shows(watched, frame, preset)
        if scene is None or not shows:
            return  # neither presence nor absence: rules pause instead of lying
        for event in scene.rules.look(frame, detections):
            if event.episode.stage is EpisodeStage.CONFIRMED:
                log.info("%s: %s confirmed", frame.camera, event.episode.kind)
            recording = watched.recording(event)
            self._writer.put(replace(event, recording=recording, preset=preset))
        watched.eager = scene.rules.eager

    def _scenes(self, camera: Camera, memory: Path | None) -> dict[str | None, _Scene]:
        presets: list[str | None] = [p.name for p in camera.presets]
        return {
            preset: _Scene(
                Tracker(camera.id, fps=camera.analyse_fps),
                self._rules(camera.at(preset), _memory_of(camera, memory, preset)),
            )
            for preset in presets or [None]
        }

    def _rules(self, camera: Camera, memory: Path | None) -> CameraRules:
        model = self.engine.model
        return CameraRules(
            camera_rules(self.site, camera, threshold=model.threshold, memory=memory),
            model={"name": model.name, "version": model.version, "sha256": model.sha256},
            file=memory / "rules.json" if memory is not None else None,
        )

    def _stored(self, event: EpisodeEvent, _: Sequence[EvidenceItem]) -> None:
        self._cameras[event.episode.camera].scenes[event.preset].rules.stored(event.episode)

    @staticmethod
    def _shows(watched: _Watched, frame: Frame, preset: str | None) -> bool:
        """Whether the camera shows what it is there to show; what changes is logged."""
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


def _memory_of(camera: Camera, memory: Path | None, preset: str | None = None) -> Path | None:
    """Where a camera's rules remember: what was seen of another source or preset is not theirs."""
    if memory is None:
        return None
    source = parse_address(camera.source).shown  # a new password is no new source
    source += f" {preset}" if preset is not None else ""
    return memory / f"{camera.id}-{sha256(source.encode()).hexdigest()[:12]}"
