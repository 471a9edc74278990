"""What can go wrong on the map.

PlaceError       wrong calibration points, pose, position or grid file
└── NoGround     a point of the picture that shows no ground: at, above or too near the horizon

A PlaceError is a ValueError too, so that the site file's validation reports it with its line.
"""

from __future__ import annotations

from vision.errors import StreetwardenError


class PlaceError(StreetwardenError, ValueError):
    """A place cannot be worked out; the message says from what, why, and what to change."""


class NoGround(PlaceError):  # noqa: N818 - a fact about the picture, not a mistake in a setting
    """This point of the picture shows no ground; callers fall back on the camera's own place."""
