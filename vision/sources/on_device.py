"""OnDevice: a picture that its decoder left on a CUDA device, and what comes down of it."""

from __future__ import annotations

from threading import Lock

import numpy as np
import torch
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from vision.engines.cuda_graphs import coming_down
from vision.frames import DevicePicture, Edges, Pixels
from vision.sources.decoded import Decoded
from vision.sources.hardware import ON_DEVICE
from vision.sources.nv12 import Nv12, scaled_bgr


class OnDevice(DevicePicture):
    """See `vision.frames.Picture` and `vision.frames.DevicePicture`.

    The small picture is made there. It comes down at once, too: health looks at each one, in the
    loop's thread, while the reader's has to wait here in any case, until the decoder may write over
    its surface. The whole one comes down when somebody asks. A decoder has only a few surfaces and
    stops without them, so its planes are copied, on the device.

    Args:
        picture: in NV12, on a device or not, and not turned; not needed afterwards.
        size: width and height of `small`; that of the picture where none.

    Raises:
        ValueError: it is in another form.
        RuntimeError: the device failed, or its memory is short.
    """

    __slots__ = (
        "_colours",
        "_lock",
        "_planes",
        "_states",
        "_whole",
        "height",
        "small",
        "small_there",
        "width",
    )

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
        self._colours = nv12.colours
        small = self.small_there = scaled_bgr(nv12, *(size or (self.width, self.height)))
        # This waits for all of it.
        self.small: Pixels = (coming_down(small)() if small.is_cuda else small).numpy()

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

    def cut_there(self, edges: Edges) -> torch.Tensor:
        """See `vision.frames.DevicePicture`; goes up again once the whole picture has come down."""
        left, top, right, bottom = edges
        with self._lock:
            planes, whole = self._planes, self._whole
        if planes is None:
            assert whole is not None
            return torch.tensor(whole[top:bottom, left:right], device=self.small_there.device)
        # With a sample of colour around it, as that lies between pixels.
        x, y = max(0, left // 2 - 1), max(0, top // 2 - 1)
        across, down = slice(x, right // 2 + 2), slice(y, bottom // 2 + 2)
        luma, chroma = planes[: self.height], planes[self.height :].unflatten(1, (-1, 2))
        luma = luma[2 * y : 2 * down.stop, 2 * x : 2 * across.stop]
        part = Nv12(luma, chroma[down, across], self._colours)
        bgr = scaled_bgr(part, luma.shape[1], luma.shape[0])
        return bgr[top - 2 * y : bottom - 2 * y, left - 2 * x : right - 2 * x]


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
