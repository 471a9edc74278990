"""Hardware decoding: what FFmpeg can use of this machine for it."""

from __future__ import annotations

import logging
from functools import cache
from importlib.util import find_spec

from av.codec.codec import Codec
from av.codec.hwaccel import HWAccel
from av.error import FFmpegError

_log = logging.getLogger(__name__)

ON_DEVICE = "cuda"
"""Name of the format of pictures that lie on a device."""

# Else each camera's decoder makes a CUDA context of its own, hundreds of MB each.
_OPTIONS: dict[str, dict[str, object]] = {"cuda": {"primary_ctx": "1"}}


@cache
def hardware(device: str) -> HWAccel | None:
    """What to open a video with, to be decoded on this kind of device.

    A stream that the device cannot decode is decoded in software. What CUDA decodes stays on the
    device where PyTorch sees it (`vision.sources.on_device`); from others it is downloaded.
    Unproven: no such device was at hand; the tests hold what happens where there is none.

    Args:
        device: FFmpeg's name, such as `cuda` or `vaapi`.

    Returns:
        None where the device is not there, which is logged once.
    """
    wanted = HWAccel(
        device,
        allow_software_fallback=True,
        options=_OPTIONS.get(device),
        is_hw_owned=device == "cuda" and _taken_by_torch(),
    )
    try:
        wanted.create(Codec("h264", "r"))
    except (FFmpegError, NotImplementedError) as error:
        _log.warning(
            "cameras with `decoder: %s` are decoded in software: this machine has no such device, "
            "or FFmpeg cannot use it (%s); install its driver, or set `decoder: software`",
            device,
            error,
        )
        return None
    return wanted


def kept_on_device(decoder: str) -> bool:
    """Whether what a camera's `decoder` gives is to stay on a device."""
    accelerator = None if decoder == "software" else hardware(decoder)
    return accelerator is not None and accelerator.is_hw_owned


def _taken_by_torch() -> bool:
    """Whether PyTorch and Triton can work on what lies on the device."""
    import torch  # noqa: PLC0415 - only those who decode on a device wait for it

    return torch.cuda.is_available() and find_spec("triton") is not None
