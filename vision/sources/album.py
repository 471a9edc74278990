"""Album: a folder of pictures, or one picture, as a source."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, tzinfo
from pathlib import Path
from threading import Event

from vision.errors import PictureError, SourceBroken
from vision.frames import Clock, Frame, Pixels
from vision.geo.drone_pose import DronePose
from vision.printable import printable
from vision.site import Camera
from vision.site.flight import Flight
from vision.sources.address import Address, SourceKind
from vision.sources.listing import Listed, list_folder
from vision.sources.picture import read_picture, taken_at
from vision.sources.telemetry import pose_of
from vision.sources.xmp import read_xmp

_log = logging.getLogger(__name__)


class Album:
    """Every picture is due, in natural order of names; unreadable ones are reported and skipped.

    Raises:
        SourceBroken: the folder cannot be read or holds no picture.
    """

    live = False
    late = 0

    def __init__(
        self, camera: Camera, address: Address, *, stop: Event, zone: tzinfo = UTC
    ) -> None:
        self.trouble: str | None = None
        self._told = dict.fromkeys(("unreadable", "passed over", "telemetry"), "")
        self._camera = camera.id
        self._flight = (camera.flight or Flight()) if camera.type == "drone" else None
        self._root = address.path
        self._zone = zone
        self._stop = stop
        if address.kind is SourceKind.PICTURE:
            self._root = address.path.parent
            self._pictures = [address.path]
        else:
            found = list_folder(address.path)
            self._pictures = [one.path for one in found if not one.why]
            self._pass_over([one for one in found if one.why])
        if not self._pictures:
            raise SourceBroken(
                f"{address.shown}: holds no picture that is read; "
                f"{self.trouble or 'check the path'}"
            )

    def __iter__(self) -> Iterator[Frame]:
        unreadable = 0
        for index, path in enumerate(self._pictures):
            if self._stop.is_set():
                return
            try:
                pixels, captured = read_picture(path), taken_at(path, self._zone)
            except PictureError as error:
                unreadable += 1
                self._tell("unreadable", str(error))
                _log.warning("%s: %s", self._camera, printable(str(error)))
                continue
            name = printable(str(path.relative_to(self._root)))
            pose = self._pose(path, pixels)
            yield Frame(pixels, self._camera, captured, index, Clock.PHOTO, name, pose)
        if unreadable == len(self._pictures):
            raise SourceBroken(self.trouble)
        if unreadable > 1:
            few = f"{unreadable} of {len(self._pictures)} pictures could not be read, the last: "
            self._tell("unreadable", few + self._told["unreadable"])

    def _pass_over(self, listed: list[Listed]) -> None:
        for one in listed:
            _log.warning("%s: not read: %s: %s", self._camera, one.path, one.why)
        if listed:
            many = f", nor are {len(listed) - 1} more" if len(listed) > 1 else ""
            self._tell("passed over", f"{listed[0].below}: not read, {listed[0].why}{many}")

    def _tell(self, what: str, text: str) -> None:
        """Add a fault to `trouble`, one sentence of each kind."""
        self._told[what] = printable(text)
        self.trouble = "; ".join(filter(None, self._told.values()))

    def _pose(self, path: Path, pixels: Pixels) -> DronePose | None:
        """Return the pose from a drone photo's telemetry; what it lacks is reported once."""
        sample = read_xmp(path) if self._flight is not None else None
        if self._flight is None or sample is None:
            return None
        lacks = sample.lacks(self._flight)
        if lacks and not self._told["telemetry"]:
            text = f"{path}: cannot be put on the map: its telemetry has {lacks}"
            self._tell("telemetry", text)
            _log.warning("%s: %s", self._camera, text)
        return pose_of(sample, self._flight, pixels.shape[1], pixels.shape[0])

    def close(self) -> None:
        """Nothing is held open."""
