"""Trucks: which cameras of a site watch trucks, whose state is read from their crops."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from vision.kinds import catalogue
from vision.site import Site


@dataclass(frozen=True, slots=True)
class Trucks:
    """The cameras that watch trucks, and the least score of a truck that any of them heeds."""

    cameras: frozenset[str] = frozenset()
    min_score: float = 0.0

    @classmethod
    def of(cls, site: Site, threshold: float, cameras: Collection[str] | None = None) -> Trucks:
        """Those of a site.

        Args:
            threshold: the model's, where no zone sets its own.
            cameras: ids of the cameras that count; all by default.
        """
        watched = {
            (camera.id, site.rule_settings(zone, kind).threshold or threshold)
            for camera in site.cameras
            if cameras is None or camera.id in cameras
            for zone in camera.watched_zones
            for kind in zone.watch
            if "truck_state" in catalogue().kind(kind).needs
        }
        return cls(
            frozenset(camera for camera, _ in watched),
            min((least for _, least in watched), default=0.0),
        )
