"""Poses: where a camera's pictures get their pose from, whatever tells it."""

from __future__ import annotations

from typing import Protocol

from vision.frames import Pose
from vision.site import Camera
from vision.site.carried import Carried
from vision.site.flight import Flight
from vision.sources.carried import Carrying
from vision.sources.live_poses import Moment
from vision.sources.telemetry import Flying, Making, Track


class Poses(Protocol):
    """Tells the pose of each picture of one camera.

    Attributes:
        trouble: why it tells none at present, in plain words; None while all is well.
    """

    @property
    def trouble(self) -> str | None: ...  # noqa: D102 - see above

    def pose(self, moment: Moment, width: int, height: int) -> Pose | None:
        """The pose of a picture of this many pixels; None where nobody knows."""
        ...

    def close(self) -> None:
        """Release what it holds."""
        ...


class Recorded:
    """The poses of a recording, of which all telemetry was read before."""

    trouble = None

    def __init__(self, track: Track) -> None:
        self._track = track

    def pose(self, moment: Moment, width: int, height: int) -> Pose | None:
        """See `Poses`."""
        return self._track.pose(moment.at, width, height) if moment.at is not None else None

    def close(self) -> None:
        """See `Poses`."""


def making_of(camera: Camera) -> Making | None:
    """What makes this camera's poses; None of one that stands."""
    if camera.type == "drone":
        return Flying(camera.flight or Flight())
    return Carrying(camera.carried or Carried()) if camera.moves else None
