"""Framing: makes a frame of a decoded picture: scaled, with capture time and pose."""

from __future__ import annotations

import logging
from datetime import datetime

from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from vision.frames import Clock, Frame, Picture, fitted
from vision.sources.decoded import Decoded
from vision.sources.hardware import ON_DEVICE, kept_on_device
from vision.sources.live_poses import Moment
from vision.sources.poses import Poses

_log = logging.getLogger(__name__)


class Framing:
    """Makes frames of one camera's pictures. For one thread.

    Args:
        camera: its id.
        image_size: longer side at which frames are looked at, in pixels; whole where none.
        poses: tells where a moving camera was.
        angled: these tell which way the picture looks.
        decoder: see `vision.site.Camera`. Where pictures do not lie on the device that they are
            meant for, that is said once.
    """

    def __init__(
        self,
        camera: str,
        image_size: int | None,
        poses: Poses | None,
        decoder: str = "software",
        *,
        angled: bool = False,
    ) -> None:
        self._camera = camera
        self._image_size = image_size
        self._poses, self._angled = poses, angled
        self._on_device = kept_on_device(decoder)
        self._scaler = VideoReformatter()
        self.failed = 0
        """Pictures that could not be converted."""

    def frame(
        self,
        picture: VideoFrame,
        dated: tuple[datetime, Clock],
        index: int,
        *,
        at: float | None = None,
        part: int = 0,
    ) -> Frame | None:
        """The frame; None where the picture cannot be converted.

        Args:
            picture: as it came from the decoder.
            dated: when it was captured, and by which clock.
            index: its number in the source.
            at: seconds since a recording began, or on a live stream's own time.
            part: of the recording; see `Frame`.
        """
        try:
            decoded = self._taken(picture)
        except (FFmpegError, ValueError):
            self.failed += 1
            return None
        captured, clock = dated
        pose = None
        # The gimbal's angles are not those of a picture that is turned to be shown.
        if self._poses is not None and not (picture.rotation and self._angled):
            moment = Moment(at, captured.timestamp(), clock)
            pose = self._poses.pose(moment, picture.width, picture.height)
        return Frame(decoded, self._camera, captured, index, clock, pose=pose, part=part)

    def _taken(self, picture: VideoFrame) -> Picture:
        size = self._small(picture)
        if not self._on_device:
            return Decoded(picture, size, self._scaler)
        if picture.format.name == ON_DEVICE:
            from vision.sources.on_device import take  # noqa: PLC0415 - PyTorch is slow to import

            return take(picture, size, self._scaler)
        self._on_device = False
        _log.warning(
            "%s: the device cannot decode this video, so software does; have the camera send H.264 "
            "or H.265 in 4:2:0, or set `decoder: software`",
            self._camera,
        )
        return Decoded(picture, size, self._scaler)

    def _small(self, picture: VideoFrame) -> tuple[int, int] | None:
        """Width and height that the model looks at; none where it looks at the whole picture."""
        size = (picture.width, picture.height)
        if self._image_size is None or max(size) <= self._image_size:
            return None
        return fitted(*size, self._image_size)
