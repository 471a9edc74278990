"""Nv12: a decoder's picture as two tensors, and the BGR picture of another size made of it.

`scaled_bgr` is plain torch and runs anywhere; on a CUDA device one Triton kernel does the same
(`nv12_kernel`), as ten small kernels from many threads at once cost more than decoding does.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from torch.utils.dlpack import from_dlpack

_BT601 = (0.299, 0.114)
"""Shares of red and blue in luma; what states no matrix is taken for this one, as FFmpeg does."""
_KR_KB: dict[int, tuple[float, float]] = {
    1: (0.2126, 0.0722),  # BT.709
    9: (0.2627, 0.0593),  # BT.2020, non-constant luminance
}
"""By the number of the matrix in ITU-T H.273, which FFmpeg's are."""


@dataclass(frozen=True, slots=True)
class Colours:
    """From Y, Cb and Cr in 8 bits to BGR: blue = gain·(Y - low) + b_cb·(Cb - 128), and so on.

    Attributes:
        low: Y of black.
        gain: 8-bit steps of grey per step of Y.
        b_cb, g_cb, g_cr, r_cr: what a step of Cb or Cr adds.
    """

    low: float
    gain: float
    b_cb: float
    g_cb: float
    g_cr: float
    r_cr: float

    @classmethod
    def of(cls, picture: VideoFrame) -> Colours:
        """By the matrix and range that the stream states (ITU-T H.273)."""
        kr, kb = _KR_KB.get(int(picture.colorspace), _BT601)
        full = picture.color_range == ColorRange.JPEG
        chroma = 1.0 if full else 255 / 224
        kg = 1 - kr - kb
        return cls(
            low=0.0 if full else 16.0,
            gain=1.0 if full else 255 / 219,
            b_cb=2 * (1 - kb) * chroma,
            g_cb=-2 * kb * (1 - kb) / kg * chroma,
            g_cr=-2 * kr * (1 - kr) / kg * chroma,
            r_cr=2 * (1 - kr) * chroma,
        )


@dataclass(frozen=True, slots=True)
class Nv12:
    """A picture in NV12.

    Attributes:
        luma: H×W uint8.
        chroma: H/2×W/2×2 uint8, Cb and Cr.
        colours: what they mean.
    """

    luma: torch.Tensor
    chroma: torch.Tensor
    colours: Colours

    @classmethod
    def of(cls, picture: VideoFrame) -> Nv12:
        """A decoder's picture where it lies; valid while that is.

        Raises:
            ValueError: it is none with 8 bits in two planes, or its sides are odd.
        """
        if len(picture.planes) != 2 or picture.width % 2 or picture.height % 2:
            raise ValueError(f"a picture as {picture.format.name} is not taken from the device")
        # With a stream, as `torch.from_dlpack` asks for it, PyAV refuses.
        luma, chroma = (from_dlpack(plane.__dlpack__()) for plane in picture.planes)
        if luma.dtype != torch.uint8:
            raise ValueError("a picture with more than 8 bits is not taken from the device")
        return cls(luma, chroma, Colours.of(picture))

    def copy(self) -> torch.Tensor:
        """Both planes in memory of its own, on the same device: 3H/2×W uint8."""
        return torch.cat((self.luma, self.chroma.flatten(1)))


def scaled_bgr(picture: Nv12, width: int, height: int) -> torch.Tensor:
    """The picture in BGR at another size: height×width×3 uint8 beside it.

    Scaled as FFmpeg's bilinear does: each pixel is the mean of those that it covers and half of
    their neighbours, weighted by distance.
    """
    if picture.luma.is_cuda:
        from vision.sources.nv12_kernel import scaled_bgr_by_kernel  # noqa: PLC0415 - CUDA alone

        return scaled_bgr_by_kernel(picture, width, height)
    luma = _scaled(picture.luma, width, height)
    cb = _scaled(picture.chroma[..., 0], width, height) - 128
    cr = _scaled(picture.chroma[..., 1], width, height) - 128
    colours = picture.colours
    grey = (luma - colours.low) * colours.gain
    blue = grey + colours.b_cb * cb
    green = grey + colours.g_cb * cb + colours.g_cr * cr
    red = grey + colours.r_cr * cr
    return torch.stack((blue, green, red), 2).add_(0.5).clamp_(0, 255).to(torch.uint8)


def _scaled(plane: torch.Tensor, width: int, height: int) -> torch.Tensor:
    rows, columns = plane.shape
    down, across = _weights(rows, height), _weights(columns, width)
    return down @ plane.float() @ across.T


def _weights(before: int, after: int) -> torch.Tensor:
    """after×before: what each sample before has in each after; rows sum to 1."""
    scale = before / after
    reach = max(scale, 1.0)
    centre = (torch.arange(after)[:, None] + 0.5) * scale - 0.5
    weights = (1 - (torch.arange(before) - centre).abs() / reach).clamp_(min=0)
    return weights / weights.sum(1, keepdim=True)
