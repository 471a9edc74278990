"""VideoWatch: one video through the same rules as a camera, and what its single pictures say.

Rules of what stands at a place need a view that stands: they look while the camera does, and a new
view is a seam to them (`Frame.part`), as between two parts of a recording. Whether a truck drives
is told by a camera that stands firm, or by a drone's pictures laid over one another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from models.catalogue import ModelEntry
from vision.audit.derivative import sure
from vision.audit.findings import find, seen
from vision.audit.videos.matter import Matter, Save
from vision.audit.videos.matters import Matters
from vision.audit.videos.motion import Standing, Traced
from vision.detections import Detections
from vision.frames import Frame
from vision.kinds import catalogue
from vision.look import Look
from vision.rules import CameraRules, camera_rules
from vision.site import Camera, Site, Zone
from vision.tracking import Tracker
from vision.view.health import View, ViewHealth
from vision.view.key_pictures import KeyPictures

LOOKS_PER_SECOND = 5.0
"""As bare sources are watched: a passing truck needs several looks."""
_HELD = 0.05
"""Of the picture, by which a view may sway under the rules of what stands: as far as a hand does,
and as `vision.view.health` leaves unnoticed."""
_FIRM = 0.01
"""The same for what drives: a truck of the least size that is read has not moved by half of itself
when the camera has swayed by twice that."""


@dataclass(slots=True, eq=False)
class _Group:
    """Rules that look at the same times; `standing` is None where they look always."""

    rules: CameraRules
    standing: Standing | None = None


class VideoWatch:
    """Watches one video, look by look, in order.

    Args:
        source: address of the video.
        camera: the id that its frames carry.
        drone: it may have telemetry, and flies.
        fps: of the video, 0 where nobody knows: one that has fewer pictures a second than it is
            looked at, as a time lapse has, is no camera that drops out.
        model: whose detections they are.
        save: draws and stores a shot.
    """

    def __init__(
        self, source: str, camera: str, *, drone: bool, fps: float, model: ModelEntry, save: Save
    ) -> None:
        site = Site.for_sources([], Path())
        rate = min(fps or LOOKS_PER_SECOND, LOOKS_PER_SECOND)
        self.camera = Camera(
            id=camera,
            source=source,
            type="drone" if drone else "cctv",
            analyse_fps=rate,
            pace="fast",
        )
        self.looks = 0
        self.seen = Counter[str]()
        """Of each class, the most that one look showed."""
        self.moving_s = 0.0
        """Seconds for which the camera moved too much for the rules of what stands."""
        self.settings = {kind: site.kind_settings(kind) for kind in _kinds(passing=None)}
        self._site, self._model = site, model
        self._tracker = Tracker(camera, fps=rate)
        self._health = ViewHealth(fixed=False)
        self._held = Standing(_HELD)
        self._key_pictures = KeyPictures() if drone else None
        firm = None if drone else Standing(_FIRM)
        self._groups = (
            _Group(self._rules(_kinds(passing=False)), self._held),
            _Group(self._rules(_kinds(passing=True)), firm),
        )
        self._matters = Matters(
            model.threshold, 1 / rate, lambda kind: self.settings[kind].looks or 1, save
        )
        self._before: tuple[Traced, Frame] | None = None
        self._began: datetime | None = None

    def offset_s(self, at: datetime) -> float:
        """Seconds from the first look to a moment."""
        began = self._began or at
        return round(max(0.0, (at - began).total_seconds()), 3)

    def look(self, frame: Frame, detections: Detections) -> None:
        """Take in the next look.

        Args:
            frame: it.
            detections: in pixels of the frame, all of them, trucks read where they are read at all.
        """
        at = frame.captured_at
        self._began = self._began or at
        offset = self.offset_s(at)
        traced, before = Traced.of(frame.small), self._before
        step = before[0].to(traced) if before and before[1].part == frame.part else None
        tracked = self._tracker.update(frame, detections)
        strong = sure(tracked, self._model.threshold)
        self.looks += 1
        self.seen |= Counter(seen(strong))
        self._matters.look(offset, frame, tracked, find(strong), step)
        clear = self._health.look(frame) is View.CLEAR
        if self._key_pictures is not None:
            laid = self._key_pictures.lay(frame.small)
            tracked = replace(Look.of(tracked), laid=laid).on(tracked)
        for group in self._groups:
            stands = group.standing is None or group.standing.look(traced, step, at)
            if group.standing is self._held and not stands and before is not None:
                self.moving_s += (at - before[1].captured_at).total_seconds()
            if stands and clear:
                view = group.standing.part if group.standing is not None else 0
                seamed = replace(frame, part=frame.part + view)
                for event in group.rules.look(seamed, tracked):
                    self._matters.told(event)
        self._before = traced, frame

    def matters(self) -> list[Matter]:
        """What there is to report, at the end; call it once."""
        for group in self._groups:
            self._matters.update(list(group.rules.going_on.values()))
        return self._matters.all(self.looks)

    def _rules(self, kinds: tuple[str, ...]) -> CameraRules:
        zones = (Zone(name="whole picture", watch=kinds),)
        camera = self.camera.model_copy(update={"zones": zones})
        rules = camera_rules(self._site, camera, threshold=self._model.threshold)
        told: Mapping[str, str] = {
            "name": self._model.name,
            "version": self._model.version,
            "sha256": self._model.sha256,
        }
        return CameraRules(rules, model=told)


def _kinds(*, passing: bool | None) -> tuple[str, ...]:
    """Kinds that can be decided without a baseline: of all, or of those that pass or stand."""
    return tuple(
        kind.name
        for kind in catalogue().kinds
        if "registration" not in kind.needs
        and not kind.only_in_zones
        and (passing is None or (kind.place == "pass") is passing)
    )
