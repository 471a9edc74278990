"""Trucks: which cameras of a site watch trucks, whose state is read from their crops."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vision.detections import Detections
from vision.engines.truck_state import TruckStateReader, open_truck_state
from vision.frames import Frame
from vision.kinds import catalogue
from vision.model_choice import ModelChoice
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


class TruckStates:
    """The loop's `attributes` hook of a site that may change: it reads what is watched by now.

    Args:
        reader: what reads the trucks that are watched at the start; None reads none of those.
        model: of which engine and device another one is opened.
        trucks: those that are watched at the start.
    """

    def __init__(self, reader: TruckStateReader | None, model: ModelChoice, trucks: Trucks) -> None:
        self._reader, self._model = reader, model
        self._wanted = reader is not None or not trucks.cameras

    def __call__(
        self, frames: Sequence[Frame], found: Sequence[Detections]
    ) -> Sequence[Detections]:
        """See `vision.loop.attributes.Attributes`."""
        reader = self._reader
        return reader(frames, found) if reader is not None else found

    def follow(self, trucks: Trucks) -> None:
        """Read these trucks from now on; the classifier is opened with the first that are watched.

        Raises:
            EngineError: it cannot be opened.
        """
        if self._reader is not None:
            self._reader = self._reader.of(trucks.cameras, min_score=trucks.min_score)
        elif self._wanted and trucks.cameras:
            self._reader = open_truck_state(
                trucks.cameras,
                min_score=trucks.min_score,
                engine=self._model.engine,
                device=self._model.device,
            )
