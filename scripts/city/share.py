"""Share: one share of a city's cameras, and how it stands with the shard that watches it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import NamedTuple

from scripts.city.cluster import Running
from scripts.city.machines import Machine
from vision.engine_server.back_off import BackOff
from vision.pipeline.decided_by import opened_by
from vision.site import Site


class Given(NamedTuple):
    """What a shard is to watch: these cameras of this site."""

    site: Site
    cameras: tuple[str, ...] = ()


@dataclass(slots=True, eq=False)
class Share:
    """One share of the cameras, and the shard that watches it.

    Attributes:
        wanted: ids of its cameras by the site in force.
        over: those of which all has been read: recordings.
        given: what its shard watches, or is to when it has started.
        asked: what that was asked to take over since then, and when; None where it has answered.
        up: its leases are held now.
        was_up: a shard of it has watched.
        hopeless: what has to be mended before one can: the last that ended said it.
    """

    name: str
    given: Given
    wanted: tuple[str, ...] = ()
    over: frozenset[str] = frozenset()
    running: Running | None = None
    asked: tuple[Given, float] | None = None
    holder: str = ""
    machine: Machine | None = None
    placed_at: float = 0.0
    up: bool = False
    was_up: bool = False
    hopeless: str | None = None
    not_before: float = 0.0
    back_off: BackOff = field(default_factory=BackOff)

    @property
    def cameras(self) -> tuple[str, ...]:
        """Ids of those that its shard watches."""
        return self.given.cameras

    @property
    def rest(self) -> tuple[str, ...]:
        """Ids of its cameras of which there is still something to watch."""
        return tuple(camera for camera in self.wanted if camera not in self.over)

    @property
    def done(self) -> bool:
        """Nothing is watched, and nothing is left to be."""
        return self.running is None and not self.rest

    def follows(self, site: Site) -> bool:
        """Its shard was given what there is to watch of this very site.

        One that is equal may name files that are others now.
        """
        return self.given.site is site and self.cameras == self.rest

    def end(self, same: Collection[str]) -> None:
        """Its shard has ended in order: all that it had to read was read.

        `same`: ids of cameras that are opened by the site in force as they were by its own. One
        that it had been asked to add, or to watch no longer, may not have been what it read.
        """
        asked = self.asked[0].cameras if self.asked is not None else self.cameras
        self.over |= {camera for camera in self.cameras if camera in asked and camera in same}
        self.running, self.asked, self.up = None, None, False

    def __str__(self) -> str:
        """Its cameras and machine, for people."""
        assert self.machine is not None
        shown = ", ".join(self.cameras[:3]) + (", …" if len(self.cameras) > 3 else "")
        cameras = "camera" if len(self.cameras) == 1 else "cameras"
        return f"{len(self.cameras)} {cameras} ({shown}) on {self.machine.address}"


def alike(before: Site, after: Site) -> set[str]:
    """Ids of the cameras that are opened alike by both."""
    known = {camera.id: opened_by(camera) for camera in before.cameras}
    return {camera.id for camera in after.cameras if known.get(camera.id) == opened_by(camera)}
