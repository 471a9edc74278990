"""Drawings: what is drawn in the cameras' pictures by the site in force, and was by those before.

What is drawn on the map, as nothing of it is to be kept, is in the pictures too.

A picture may wait to be stored while the site changes. It is painted by what is drawn then; where
its camera has left the site, or its preset the camera, by what was drawn there last.
"""

from __future__ import annotations

from vision.frames import Frame
from vision.geo.position import Position
from vision.registers.no_keep import Outline
from vision.site.camera import Camera
from vision.site.site import Site


class Drawings:
    """The drawings of a site's cameras. Any thread may ask while one follows a changed site.

    Args:
        site: the one in force.
    """

    def __init__(self, site: Site) -> None:
        self._cameras: dict[str, Camera] = {}
        self._at: dict[tuple[str, str | None], Camera] = {}
        self.follow(site)

    def follow(self, site: Site) -> None:
        """From now on this site is in force."""
        self._areas = site.areas
        now: dict[tuple[str, str | None], Camera] = {}
        for camera in site.cameras:
            names: list[str | None] = [preset.name for preset in camera.presets]
            now |= {(camera.id, name): camera.at(name) for name in names or [None]}
        self._at = self._at | now
        self._cameras = self._cameras | {camera.id: camera for camera in site.cameras}

    def keeps_clips(self, camera: str) -> bool:
        """Whether a clip of it may be kept, see `Camera.keeps_clips`."""
        known = self._cameras.get(camera)
        return known is None or known.keeps_clips

    def painted_out(
        self, camera: str, preset: str | None, frame: Frame, where: Position | None = None
    ) -> tuple[Outline, ...] | None:
        """What is painted out of a picture before it is stored; None where it may not be stored.

        Args:
            where: of what it is to show, where that is known.

        Raises:
            KeyError: no site has had the camera.
        """
        shown, areas = self.at(camera, preset), self._areas
        if not areas:
            return shown.privacy
        if where is not None and areas.touched_by(where):
            return None
        roams = self._cameras[camera].roams(preset)
        hidden = areas.in_picture(frame.pose or shown.homography, moves=roams)
        return None if hidden is None else (*shown.privacy, *hidden)

    def at(self, camera: str, preset: str | None) -> Camera:
        """The camera as one that always stands at this preset; see `Camera.at`.

        Raises:
            KeyError: no site has had it.
        """
        known = self._at.get((camera, preset))
        return known if known is not None else self._cameras[camera].at(preset)
