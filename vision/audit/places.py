"""Places: where on the ground a finding is, by the drone's pose or the camera's position."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import atan, cos, degrees, hypot, isfinite, radians, sin, sqrt, tan
from typing import Self

from vision.audit.exif import Position
from vision.audit.findings import Box
from vision.audit.place import Place
from vision.geo.drone_pose import DronePose
from vision.geo.errors import NoGround
from vision.site.flight import Flight
from vision.sources.telemetry import Sample, pose_of

FIX_M = 20.0
"""Of a camera's position where EXIF states no error, metres (ours). Phones are right to 5 m under
an open sky (F. van Diggelen and P. Enge, The World's First GPS MOOC and Worldwide Laboratory Using
Smartphones, 2015) and to a few times that between houses."""
SIGHT_M = 30.0
"""How far from the camera the thing may be, metres: further off, a bin of 1.1 m has less than 16 of
640 pixels behind a phone's lens of 69 degrees."""
_FOOT = 0.17
"""Standard deviation of a foot along each axis, by the side of a square as large as the box: nobody
knows how deep a thing is, and what lies around it is told with it. Of 428 findings of three
rendered flights with exact poses it was 0.17, and 0.19 of those that the picture's edge cut."""
_EXIF_DIGITS = 7
_LEVEL, _DOWN = 0.0, 90.0


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What one photo says of where it was taken, and so of where things in it are.

    Attributes:
        position: the camera's, by EXIF.
        flown: a drone took it.
        pose: the drone's camera's, where its telemetry is whole.
        width, height: of the picture, pixels.
    """

    position: Position | None
    flown: bool
    pose: DronePose | None
    width: int
    height: int

    @classmethod
    def of(cls, sample: Sample | None, position: Position | None, width: int, height: int) -> Self:
        """Of a photo's telemetry and EXIF; DJI's older drones write the position only there."""
        pose = None
        if sample is not None:
            if position is not None and not (isfinite(sample.lon) and isfinite(sample.lat)):
                sample = replace(sample, lon=position.lon, lat=position.lat, digits=_EXIF_DIGITS)
            pose = pose_of(sample, Flight(), width, height)
        return cls(position, sample is not None, pose, width, height)

    def place(self, box: Box) -> Place | None:
        """Where on the ground the thing in a box is.

        Without a pose it is where the camera stood, with how far off the thing may be; of a drone
        nobody knows how far. None without a position, too.

        Args:
            box: xyxy in pixels of the picture.
        """
        if self.pose is not None:
            try:
                at = self._found(self.pose, box).position(*self._foot(self.pose, box))
            except NoGround:
                pass  # near or above the horizon; where the drone was is known all the same
            else:
                assert at.ellipse is not None
                axes = (at.ellipse.major_m, at.ellipse.minor_m, at.ellipse.bearing)
                major, minor, bearing = (round(number, 2) for number in axes)
                return Place(
                    lon=round(at.lon, 7),
                    lat=round(at.lat, 7),
                    accuracy_m=major,
                    ellipse=(major, minor, bearing),
                    method="pose",
                )
        if self.position is None:
            return None
        fix = FIX_M if self.position.accuracy_m is None else self.position.accuracy_m
        return Place(
            lon=self.position.lon,
            lat=self.position.lat,
            accuracy_m=None if self.flown else round(fix + SIGHT_M, 2),
            method="exif",
        )

    def _found(self, pose: DronePose, box: Box) -> DronePose:
        """The pose with what the box adds to the error of a point in the picture."""
        side = sqrt((box[2] - box[0]) * (box[3] - box[1]) / (self.width * self.height))
        off = hypot(pose.deviations.picture, _FOOT * side)
        return replace(pose, deviations=replace(pose.deviations, picture=off))

    def _foot(self, pose: DronePose, box: Box) -> tuple[float, float]:
        """The ground below the middle of the thing in a box, as fractions of the picture.

        Seen level, a thing stands on the lower edge of its box; seen from straight above, in the
        middle of it. Between them, one as deep as it is high has a box of depth · sin + height ·
        cos of the angle that it is seen at, and half of its depth below its middle.
        """
        x1, y1, x2, y2 = box
        focal = self.width / 2 / tan(radians(pose.fov / 2))
        below = degrees(atan(((y1 + y2) / 2 - self.height / 2) / focal)) - pose.pitch
        seen = radians(min(max(below, _LEVEL), _DOWN))
        behind = 0.5 * sin(seen) / (sin(seen) + cos(seen))
        return (x1 + x2) / 2 / self.width, (y2 - behind * (y2 - y1)) / self.height
