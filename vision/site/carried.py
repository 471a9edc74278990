"""Carried: what a site says of a camera that a car or a person carries."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from vision.fields import Part


class Carried(Part):
    """Of a camera of type `vehicle` or `bodycam`; all of it may be left out.

    `viewing_m` is how far away, in metres, something that is found in its picture may be: it is
    added to the error of every place, as nobody tells which way the camera looks. 30 m is ours,
    beyond which a bin is too small to be found. `position_m` is the standard deviation of its
    satellite positions along each axis, metres, where what it sends does not tell.
    """

    viewing_m: Annotated[float, Field(gt=0, le=1000)] = 30.0
    position_m: Annotated[float, Field(ge=0, le=1000)] = 5.0
