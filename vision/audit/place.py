"""Place: where on the ground something is, as records have it; and what all records share."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A record of an audit: it knows its fields, and none of them changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(Record):
    """Where on the ground a finding is, WGS 84, degrees; see `vision.audit.places`.

    `accuracy_m` is the radius that holds the truth with a probability of 95 %, None where nobody
    knows; `ellipse` the same by direction: the semi-axes in metres, longer one first, and the
    longer one's bearing, degrees clockwise from north. `method`: of a drone's `pose`, of a
    `geotiff`'s coordinates, or `exif`: where the camera stood, so the thing is somewhere around.
    """

    lon: float
    lat: float
    accuracy_m: float | None
    ellipse: tuple[float, float, float] | None = None
    crs: Literal["WGS84"] = "WGS84"
    method: Literal["pose", "geotiff", "exif"]
