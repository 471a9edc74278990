"""Flight: what a site says of a drone's flights beyond its telemetry."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from vision.fields import Part
from vision.geo.drone_pose import PoseDeviations
from vision.mistakes.wrong import wrong

GpsOrder = Literal["lon_lat", "lat_lon"]
Angle = Annotated[float, Field(ge=-180, le=180)]


class Flight(Part):
    """Of a camera of type `drone`; all of it may be left out.

    `fov` is the picture's horizontal field of view in degrees, where the focal length that the
    drone writes does not give it (a cropped video mode), or none is written. `terrain_m` is the
    height of the ground looked at above the take-off point, metres. `yaw`, `pitch` and `roll`
    (degrees, see `DronePose`) are the gimbal's on flights whose telemetry has no gimbal angles.
    `gps_order` is that of the two numbers in the `GPS(…) BAROMETER` texts of older drones, where
    neither is beyond 90 degrees. `deviations` are how far off all this may be; see
    `PoseDeviations`.
    """

    fov: Annotated[float, Field(gt=0, lt=180)] | None = None
    terrain_m: Annotated[float, Field(ge=-9000, le=9000)] = 0.0
    yaw: Angle | None = None
    pitch: Annotated[float, Field(ge=-90, le=90)] | None = None
    roll: Angle = 0.0
    gps_order: GpsOrder | None = None
    deviations: PoseDeviations = PoseDeviations()

    @model_validator(mode="after")
    def _angles_come_together(self) -> Flight:
        if (self.yaw is None) != (self.pitch is None):
            raise ValueError(wrong("flight_half"))
        return self
