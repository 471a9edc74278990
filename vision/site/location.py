"""Location: where a camera stands, and the department that its cases go to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vision.fields import Part
from vision.geo.coordinates import Crs
from vision.registers.divisions import MaybeDivision


class Department(Part):
    """The department a case is filed with; its code has 18 characters."""

    code: Annotated[str, Field(min_length=1, max_length=18)]
    name: str


class Location(Part):
    """Where a camera stands. Longitude and latitude in degrees, in the system `crs` names.

    `division` is the code of its administrative division, such as a street's (421303001); by
    default the site's.
    """

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    crs: Crs = "WGS84"
    address: str = ""
    grid: Annotated[str, Field(pattern=r"^([0-9A-Za-z]{15})?$")] = ""
    division: MaybeDivision = ""
    department: Department | None = None
