"""Decoded: a decoder's picture, scaled at once and converted whole only when somebody asks."""

from __future__ import annotations

from threading import Lock

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from vision.frames import Pixels


class Decoded:
    """See `vision.frames.Picture`. The decoder's own picture is half the size of its BGR.

    Rotation (a phone held upright) is applied to both.

    Args:
        picture: as it came from the decoder.
        size: width and height of `small`, before rotation; that of the picture where none.
        scaler: of the calling thread; it keeps its tables from one picture to the next.

    Raises:
        FFmpegError, ValueError: the picture cannot be converted.
    """

    __slots__ = ("_lock", "_picture", "_turns", "_whole", "height", "small", "width")

    def __init__(
        self, picture: VideoFrame, size: tuple[int, int] | None, scaler: VideoReformatter
    ) -> None:
        self._picture: VideoFrame | None = picture
        self._turns = round(picture.rotation / 90) % 4  # counter-clockwise, by the display matrix
        self._lock = Lock()
        self._whole: Pixels | None = None
        turned = self._turns % 2
        self.width = picture.height if turned else picture.width
        self.height = picture.width if turned else picture.height
        whole = size is None or size == (picture.width, picture.height)
        self.small = self._convert(picture, scaler, None if whole else size)
        if whole:
            self._whole, self._picture = self.small, None

    def whole(self) -> Pixels:
        """See `vision.frames.Picture.whole`."""
        with self._lock:
            if self._whole is None:
                assert self._picture is not None
                self._whole = self._convert(self._picture, VideoReformatter(), None)
                self._whole.flags.writeable = False
                self._picture = None
            return self._whole

    def _convert(
        self, picture: VideoFrame, scaler: VideoReformatter, size: tuple[int, int] | None
    ) -> Pixels:
        width, height = size or (None, None)
        converted = scaler.reformat(picture, width=width, height=height, format="bgr24", threads=1)
        pixels = np.asarray(converted.to_ndarray(), np.uint8)
        return np.ascontiguousarray(np.rot90(pixels, self._turns)) if self._turns else pixels
