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

# The context that PyTorch works in: one of its own for each camera's decoder is hundreds of MB, and
# FFmpeg refuses the primary one by its name, since PyTorch has set it up with other flags.
_OPTIONS: dict[str, object] = {"primary_ctx": "0", "current_ctx": "1"}


def hardware(device: str) -> HWAccel | None:
    """What to open a video with, to be decoded on this kind of device.

    A stream that the device cannot decode is decoded in software. What CUDA decodes stays on the
    device where PyTorch sees it (`vision.sources.on_device`); from others it is downloaded. For the
    thread that opens the video: on CUDA, PyTorch's context is the current one there from now on.

    Args:
        device: FFmpeg's name, such as `cuda` or `vaapi`.

    Returns:
        None where the device is not there, which is logged once.
    """
    shared = device == "cuda" and _torch_is_current()
    return _opened(device, shared=shared)


def kept_on_device(decoder: str) -> bool:
    """Whether what a camera's `decoder` gives is to stay on a device."""
    accelerator = None if decoder == "software" else hardware(decoder)
    return accelerator is not None and accelerator.is_hw_owned


@cache
def _opened(device: str, *, shared: bool) -> HWAccel | None:
    wanted = HWAccel(
        device,
        allow_software_fallback=True,
        options=_OPTIONS if shared else None,
        is_hw_owned=shared and find_spec("triton") is not None,
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


def _torch_is_current() -> bool:
    """Make PyTorch's CUDA context this thread's; False where PyTorch sees no device."""
    import torch  # noqa: PLC0415 - only those who decode on a device wait for it

    if not torch.cuda.is_available():
        return False
    torch.cuda.mem_get_info()  # anything that needs a context, and waits for no work in it
    return True
