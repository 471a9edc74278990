"""Watched: the run-time state of one camera: reader, view, presets, and a scene for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path
from threading import Condition, Event
from zoneinfo import ZoneInfo

from vision.detections import Detections
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.evidence import paint_privacy
from vision.frames import Frame, Pixels
from vision.gateways.opening import open_camera
from vision.kinds import catalogue
from vision.look import Look
from vision.pipeline.gap_book import GapBook
from vision.pipeline.live_view import LiveView
from vision.pipeline.recent_looks import RecentLooks
from vision.registers.no_keep import NoKeepAreas
from vision.rules import CameraRules
from vision.site import Camera, SiteInfo
from vision.sources.mailbox import Counts, Mailbox
from vision.sources.reader import Reader
from vision.sources.ring import Ring
from vision.sources.source import Source
from vision.sources.status import CameraStatus
from vision.tracking import Tracker
from vision.view.health import View, ViewHealth
from vision.view.key_pictures import KeyPictures
from vision.view.preset_finder import PresetFinder
from vision.view.registration import Registration
from vision.view.stillness import Stillness

TURNED = "the camera turned away"
PRIVATE = "a privacy zone was drawn, which cannot be painted out of what was sent"


@dataclass(frozen=True, slots=True)
class Scene:
    """The tracker and rules of a camera, or of one of its presets.

    `key` identifies what the rules remember, see `vision.pipeline.memory.remembered_as`.
    """

    tracker: Tracker
    rules: CameraRules
    key: tuple[str, ...] = ()


class Watched:
    """One camera: its reader, mailbox, view, scenes and latest look.

    `scenes` are by preset, or a single one under None; `decide` sets them. `last` is the latest
    frame with its detections and preset. `has_candidates`: after that frame, a rule there has a
    candidate. `turned_at` is when the camera last turned to the present preset, or away from one.
    `live` and `recent` are its looks for who wants to see them, and to try rules out on them.
    `opened` is the camera as its reader opens it. `areas` are those of which nothing is kept.
    """

    def __init__(
        self,
        camera: Camera,
        ready: Condition,
        site: SiteInfo,
        image_size: int,
        *,
        memory: Path | None,
        areas: NoKeepAreas,
    ) -> None:
        self.areas = areas
        self.opened = self.camera = self._decided = camera
        self.scenes: dict[str | None, Scene] = {}
        self.finder: PresetFinder | None = None
        self.mailbox = Mailbox(camera.id, live=False, ready=ready)
        self._mailboxes: tuple[Mailbox, ...] = (self.mailbox,)
        self._clock = (ZoneInfo(site.timezone), site.holiday_dates)
        self._image_size = image_size
        self._ring = Ring(camera.clip.total_seconds() if camera.keeps_clips else 0.0)
        self.reader = Reader(camera, self.mailbox, opener=self._open, watching=self._watching)
        self.health = ViewHealth(fixed=self._fixed)
        self.memory = memory
        self.gaps = GapBook(
            memory / "gaps.json" if memory is not None else None,
            timedelta(seconds=1 / camera.analyse_fps),
            self._watching,
        )
        self.stillness: Stillness | None = None
        self.key_pictures: KeyPictures | None = None
        self.registration: Registration | None = None
        self.last: tuple[Frame, Detections, str | None] | None = None
        self.has_candidates = False
        self.turned_at: datetime | None = None
        self.live = LiveView(lambda: self.camera, lambda: self.areas)
        self.recent = RecentLooks()

    @property
    def ring(self) -> Ring | None:
        """Keeps the last seconds as they were sent; None where no clips are kept."""
        return self._ring if self.camera.keeps_clips else None

    def status(self, reused: int) -> CameraStatus:
        """How it is.

        Args:
            reused: how many of its frames needed no look.
        """
        counts = reduce(Counts.plus, (mailbox.counts() for mailbox in self._mailboxes))
        return replace(
            self.reader.status(),
            read=counts.read,
            analysed=counts.analysed,
            dropped=counts.dropped,
            reused=reused,
            view=self.health.view,
            preset=self.last[2] if self.last else None,
        )

    def redraw(self, camera: Camera, site: SiteInfo, areas: NoKeepAreas) -> None:
        """Show, store and wait by a changed site file's camera from now on; any thread may call.

        What its rules decide by follows with `decide`. What `opened` was opened by may not differ.
        """
        self.camera, self.areas = camera, areas
        self._clock = (ZoneInfo(site.timezone), site.holiday_dates)
        self._ring.keep(camera.clip.total_seconds() if camera.keeps_clips else 0.0, PRIVATE)

    def decide(
        self, camera: Camera, scenes: Mapping[str | None, Scene], finder: PresetFinder | None
    ) -> None:
        """Look with these scenes from the next look on; the looking thread's, or before it looks.

        Args:
            camera: as the scenes' rules know it.
            finder: finds their presets, where there are any.
        """
        redrawn = _outlines(camera) != _outlines(self._decided)
        if self.health.fixed != self._fixed or (redrawn and self.health.view is View.MOVED):
            self.health = ViewHealth(fixed=self._fixed)  # what is seen now was drawn in
        self._decided = camera
        self.scenes, self.finder = dict(scenes), finder
        self.gaps.look_every(timedelta(seconds=1 / camera.analyse_fps))
        rules = [rule for scene in scenes.values() for rule in scene.rules.rules]
        still = camera.type == "cctv" and not any(rule.every_look for rule in rules)
        self.stillness = (self.stillness or Stillness()) if still else None
        needs = {
            need
            for part in camera.watched_zones
            for kind in part.watch
            for need in catalogue().kind(kind).needs
            if camera.type == "drone"
        }
        laid, surveys = "key_pictures" in needs, "registration" in needs
        self.key_pictures = (self.key_pictures or KeyPictures()) if laid else None
        kept = self.memory / "reference.png" if self.memory is not None else None
        self.registration = (self.registration or Registration(kept)) if surveys else None

    def follow(self, before: Watched) -> None:
        """Go on in the place of another one, whose camera was opened by other means.

        Counts go on too: what reads them takes one that falls for a restart.
        """
        self._mailboxes = (*before._mailboxes, self.mailbox)
        if before.memory == self.memory:
            self.gaps = before.gaps
            self.gaps.opened_anew(self._watching)
        else:
            before.gaps.close()

    def look(self, frame: Frame, detections: Detections) -> Look:
        """Return the `Look` of a frame (visit, registration); call it for every look, in order."""
        look = replace(Look.of(detections), visit=self.turned_at)
        if self.registration is not None:
            kept = self._kept(frame)  # the first one is, on disk
            to = self.registration.to_reference(kept) if kept is not None else None
            look = replace(look, surveyed=True, to_reference=to)
        if self.key_pictures is not None:
            look = replace(look, laid=self.key_pictures.lay(frame.small))
        return look

    def may_become(self, event: EpisodeEvent) -> bool:
        """Whether an episode may become a case: it touches no area of which nothing is kept.

        What a moving camera does not place may lie in one. What ends is told in any case: it is
        nothing to whoever has no such case, and shows nothing (`Recorder`).
        """
        stages = EpisodeStage.OPENED, EpisodeStage.CONFIRMED, EpisodeStage.SUPPLEMENTED
        if not self.areas or event.episode.stage not in stages:
            return True
        where = event.episode.where
        if where is None:
            return not self.camera.moves
        return not self.areas.touched_by(where)

    def _kept(self, frame: Frame) -> Pixels | None:
        hidden = self.areas.in_picture(frame.pose, moves=self.camera.moves)
        return None if hidden is None else paint_privacy(frame.small, hidden)

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

    @property
    def _fixed(self) -> bool:
        return self.camera.type == "cctv" and not self.camera.presets

    def _open(self, _: Camera, *, stop: Event) -> Source:
        """Open its source as it is in the site file by now."""
        return open_camera(
            self.camera,
            stop=stop,
            zone=self._clock[0],  # a photo's EXIF time has none
            image_size=self._image_size,
            watching=self._watching,
            pace=self.looks_per_second,
            ring=self._ring,
        )

    def _watching(self, moment: datetime) -> bool:
        zone, holidays = self._clock
        local = moment.astimezone(zone)
        return any(part.watched_at(local, holidays) for part in self.camera.watched_zones)

    def looks_per_second(self) -> float:
        """How often it is looked at now."""
        making_sure = self.has_candidates and self.mailbox.live
        wanted = self.camera.candidate_fps if making_sure else None
        return wanted or self.camera.analyse_fps


def _outlines(camera: Camera) -> list[object]:
    """What its rules find their places by."""
    return [[zone.polygon for zone in camera.zones], camera.ground, camera.presets]
