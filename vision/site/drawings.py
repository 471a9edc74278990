"""Drawings: what is drawn in the cameras' pictures by the site in force, and was by those before.

A picture may wait to be stored while the site changes. It is painted by what is drawn then; where
its camera has left the site, or its preset the camera, by what was drawn there last.
"""

from __future__ import annotations

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

    def at(self, camera: str, preset: str | None) -> Camera:
        """The camera as one that always stands at this preset; see `Camera.at`.

        Raises:
            KeyError: no site has had it.
        """
        known = self._at.get((camera, preset))
        return known if known is not None else self._cameras[camera].at(preset)
