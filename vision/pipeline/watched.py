"""Watched: the run-time state of one camera: reader, view, presets, and a scene for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Condition
from zoneinfo import ZoneInfo

from vision.detections import Detections
from vision.frames import Frame
from vision.kinds import catalogue
from vision.look import Look
from vision.pipeline.gap_book import GapBook
from vision.pipeline.live_view import LiveView
from vision.pipeline.recent_looks import RecentLooks
from vision.rules import CameraRules
from vision.site import Camera, SiteInfo
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.ring import Ring
from vision.sources.source import open_source
from vision.tracking import Tracker
from vision.view.health import ViewHealth
from vision.view.key_pictures import KeyPictures
from vision.view.preset_finder import PresetFinder
from vision.view.registration import Registration
from vision.view.stillness import Stillness

TURNED = "the camera turned away"


@dataclass(frozen=True, slots=True)
class Scene:
    """The tracker and rules of a camera, or of one of its presets."""

    tracker: Tracker
    rules: CameraRules


class Watched:
    """One camera: its reader, mailbox, view, scenes and latest look.

    `scenes` are by preset, or a single one under None. `last` is the latest frame with its
    detections and preset. `has_candidates`: after that frame, a rule there has a candidate.
    `turned_at` is when the camera last turned to the present preset, or away from one. `live` and
    `recent` are its looks for who wants to see them, and to try rules out on them.
    """

    def __init__(
        self,
        camera: Camera,
        scenes: Mapping[str | None, Scene],
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

        # Privacy zones must not be stored, and cannot be removed from a coded stream.
        keep = camera.clip and not camera.privacy and not any(p.privacy for p in camera.presets)
        self.ring = Ring(camera.clip.total_seconds()) if keep else None
        # A photo's EXIF time has no time zone: the site's is used.
        opener = partial(
            open_source,
            zone=zone,
            image_size=image_size,
            watching=watching,
            pace=self.looks_per_second,
            ring=self.ring,
        )
        self.reader = Reader(camera, self.mailbox, opener=opener, watching=watching)
        self.health = ViewHealth(fixed=camera.type == "cctv" and not camera.presets)
        self.gaps = GapBook(
            memory / "gaps.json" if memory is not None else None,
            timedelta(seconds=1 / camera.analyse_fps),
            watching,
        )
        rules = [rule for scene in self.scenes.values() for rule in scene.rules.rules]
        still = camera.type == "cctv" and not any(rule.every_look for rule in rules)
        self.stillness = Stillness() if still else None
        needs = {
            need
            for part in camera.watched_zones
            for kind in part.watch
            for need in catalogue().kind(kind).needs
            if camera.type == "drone"
        }
        surveys = "registration" in needs
        self.key_pictures = KeyPictures() if "key_pictures" in needs else None
        kept = memory / "reference.png" if memory is not None else None
        self.registration = Registration(kept) if surveys else None
        self.last: tuple[Frame, Detections, str | None] | None = None
        self.has_candidates = False
        self.turned_at: datetime | None = None
        self.live = LiveView(lambda: self.camera)
        self.recent = RecentLooks()

    def look(self, frame: Frame, detections: Detections) -> Look:
        """Return the `Look` of a frame (visit, registration); call it for every look, in order."""
        look = replace(Look.of(detections), visit=self.turned_at)
        if self.registration is not None:
            to = self.registration.to_reference(frame.small)
            look = replace(look, surveyed=True, to_reference=to)
        if self.key_pictures is not None:
            look = replace(look, laid=self.key_pictures.lay(frame.small))
        return look

    def shown(self, frame: Frame, detections: Detections) -> str | None:
        """Return the preset that a look shows; at a change, reset stillness and the clip ring."""
        if self.finder is None:
            return None
        before = self.last[2] if self.last is not None else None
        if self.last is not None and Look.of(detections).reused:
            return before  # the picture has not changed
        preset = self.finder.look(frame)
        if self.last is not None and preset != before:
            self.turned_at = frame.captured_at
            if self.stillness is not None:
                self.stillness.forget()
            if self.ring is not None:
                self.ring.forget(TURNED)
        return preset

    def looks_per_second(self) -> float:
        """How often it is looked at now."""
        wanted = self.camera.candidate_fps if self.has_candidates else None
        return wanted or self.camera.analyse_fps
