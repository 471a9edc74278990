"""Which cameras of a site somebody sees."""

from __future__ import annotations

from api.access.roles import Principal
from vision.site import Camera, Site


def visible_cameras(site: Site, who: Principal) -> list[Camera]:
    """The cameras that somebody's scope holds, by their id and by where they stand."""
    return [
        camera
        for camera in site.cameras
        if who.sees_camera(camera.id) and who.sees_division(site.division_of(camera))
    ]
