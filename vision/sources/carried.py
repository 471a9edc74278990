"""Carried: makes the poses of a camera that a car or a person carries, from satellite positions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, isfinite, sqrt

from vision.geo.carried_pose import CarriedPose
from vision.geo.errors import PlaceError
from vision.geo.plane import degree_lengths
from vision.site.carried import Carried
from vision.sources.sample import Sample
from vision.sources.telemetry import Moved


@dataclass(frozen=True, slots=True)
class Carrying:
    """See `vision.sources.telemetry.Making`."""

    carried: Carried

    def lacks(self, sample: Sample) -> str:
        """See `Making`."""
        return "" if sample.placed else "no position; its receiver sees no satellites"

    def whole(self, sample: Sample) -> Sample:
        """See `Making`; what nobody asks of a carried camera is level."""
        error = sample.error_m if isfinite(sample.error_m) else self.carried.position_m
        return replace(sample, yaw=0.0, pitch=0.0, roll=0.0, height_m=0.0, error_m=error)

    def pose(self, sample: Sample, width: int, height: int, moved: Moved) -> CarriedPose | None:  # noqa: ARG002 - as others
        """See `Making`."""
        last_digit_m = 10.0**-sample.digits * degree_lengths(sample.lat)[1]
        try:
            return CarriedPose(
                lon=sample.lon,
                lat=sample.lat,
                position_m=hypot(sample.error_m, moved.across, last_digit_m / sqrt(12)),
                viewing_m=self.carried.viewing_m,
            )
        except PlaceError:
            return None
