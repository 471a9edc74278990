"""OnDevice: a picture that its decoder left on a CUDA device; only its small one comes down."""

from __future__ import annotations

from threading import Lock

import numpy as np
import torch
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from vision.frames import Pixels
from vision.sources.decoded import Decoded
from vision.sources.hardware import ON_DEVICE
from vision.sources.nv12 import Nv12, scaled_bgr


class OnDevice:
    """See `vision.frames.Picture`.

    The small picture is made there and comes down at once, since health and stillness look at each
    one; it is a ninth of 1080p. The whole one comes down when somebody asks. A decoder has only a
    few surfaces and stops without them, so its planes are copied, on the device.

    Args:
        picture: in NV12, on a device or not, and not turned; not needed afterwards.
        size: width and height of `small`; that of the picture where none.

    Raises:
        ValueError: it is in another form.
        RuntimeError: the device failed, or its memory is short.
    """

    __slots__ = ("_lock", "_planes", "_states", "_whole", "height", "small", "width")

    def __init__(self, picture: VideoFrame, size: tuple[int, int] | None) -> None:
        if picture.rotation:
            raise ValueError("a picture that is turned to be shown is not taken from the device")
        self.width, self.height = picture.width, picture.height
        self._states = picture.colorspace, picture.color_range
        self._lock = Lock()
        self._whole: Pixels | None = None
        # On the current stream, the default one: what decodes enqueues there too.
        nv12 = Nv12.of(picture)
        self._planes: torch.Tensor | None = nv12.copy()
        small = scaled_bgr(nv12, *(size or (self.width, self.height)))
        self.small: Pixels = small.cpu().numpy()  # which waits until the planes are copied, too

    def whole(self) -> Pixels:
        """See `vision.frames.Picture.whole`; made by FFmpeg, as of a software decoder's."""
        with self._lock:
            if self._whole is None:
                assert self._planes is not None
                host = VideoFrame.from_ndarray(self._planes.cpu().numpy(), format="nv12")
                host.colorspace, host.color_range = self._states
                converted = VideoReformatter().reformat(host, format="bgr24", threads=1)
                self._whole = np.asarray(converted.to_ndarray(), np.uint8)
                self._whole.flags.writeable = False
                self._planes = None
            return self._whole


def take(
    picture: VideoFrame, size: tuple[int, int] | None, scaler: VideoReformatter
) -> Decoded | OnDevice:
    """A decoder's picture, left on the device where it lies on one; `Decoded` where it cannot be.

    Raises:
        FFmpegError, ValueError: the picture cannot be converted.
    """
    if picture.format.name != ON_DEVICE:
        return Decoded(picture, size, scaler)
    try:
        return OnDevice(picture, size)
    except (ValueError, RuntimeError):  # another form, or memory is short
        # Taken down whole, since its decoder wants its surface back.
        return Decoded(picture.reformat(format="yuv420p"), size, scaler)
