"""SiteInForce: the site as it is now, for all who would else keep it as it was at the start."""

from __future__ import annotations

from threading import Lock

from vision.site import Camera, Site

FOLLOWED = frozenset(
    (
        *("cameras", "gateways", "permits", "assets", "silences", "inhibit", "defaults"),
        *("matters", "baseline"),
    )
)
"""The parts of a site that count as soon as they change; all others count from the next start."""


class SiteInForce:
    """Holds the site in force; any thread may read or replace it.

    Who needs a part of it asks `now` each time, and keeps nothing of it.
    """

    def __init__(self, site: Site) -> None:
        self._now = site
        self._cameras = {camera.id: camera for camera in site.cameras}
        self._lock = Lock()

    @classmethod
    def of(cls, site: Site | SiteInForce) -> SiteInForce:
        """A holder as it is; a site in a holder of its own, where nothing will replace it."""
        return site if isinstance(site, SiteInForce) else cls(site)

    @property
    def now(self) -> Site:
        """The site in force."""
        return self._now

    def camera(self, name: str) -> Camera | None:
        """A camera by its id; one that was removed as it was last, until the next start.

        What it saw may still be on its way.
        """
        return self._cameras.get(name)

    def follow(self, site: Site) -> list[str]:
        """Take over the parts of a newer site that are followed; give the others that differ.

        These count from the next start: who holds a port, a database or a queue keeps it.
        """
        with self._lock:
            now = self._now
            followed = {name: getattr(site, name) for name in FOLLOWED}
            self._cameras = self._cameras | {camera.id: camera for camera in site.cameras}
            self._now = now.model_copy(update=followed)
        return [
            name
            for name in Site.model_fields
            if name not in FOLLOWED and getattr(site, name) != getattr(now, name)
        ]
