"""Deciding: what the product's loop does with a look, on cameras that nobody drew zones for."""

from __future__ import annotations

from collections.abc import Sequence

from models.catalogue import ModelEntry
from vision.detections import Detections
from vision.frames import Frame
from vision.look import Look
from vision.rules import CameraRules, camera_rules
from vision.site import Camera, Site, SiteInfo
from vision.tracking import Tracker
from vision.view.health import View, ViewHealth


class Deciding:
    """View, tracker and rules of each camera, for every kind; events go nowhere.

    The state of trucks is not read, and no picture is stored.
    """

    def __init__(self, cameras: Sequence[Camera], model: ModelEntry) -> None:
        site = Site(site=SiteInfo(name="bench"), cameras=tuple(cameras))
        told = {"name": model.name, "version": model.version, "sha256": model.sha256}
        self._scenes = {
            camera.id: (
                Tracker(camera.id, fps=camera.analyse_fps),
                ViewHealth(fixed=True),
                CameraRules(camera_rules(site, camera, threshold=model.threshold), model=told),
            )
            for camera in site.cameras
        }

    def __call__(self, frame: Frame, detections: Detections) -> None:
        """Take in a look."""
        tracker, health, rules = self._scenes[frame.camera]
        tracked = tracker.update(frame, Look.of(detections).on(detections))
        if health.look(frame, "") is View.CLEAR:
            for event in rules.look(frame, tracked):
                rules.stored(event.episode)  # nowhere, but it is not to be reported again
