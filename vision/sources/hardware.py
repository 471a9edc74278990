"""Hardware decoding: what FFmpeg can use of this machine for it."""

from __future__ import annotations

import logging
from functools import cache

from av.codec.codec import Codec
from av.codec.hwaccel import HWAccel
from av.error import FFmpegError

_log = logging.getLogger(__name__)

# Else each camera's decoder makes a CUDA context of its own, hundreds of MB each.
_OPTIONS: dict[str, dict[str, object]] = {"cuda": {"primary_ctx": "1"}}


@cache
def hardware(device: str) -> HWAccel | None:
    """What to open a video with, to be decoded on this kind of device.

    A stream that the device cannot decode is decoded in software. Unproven: no such device was at
    hand; the tests hold what happens where there is none.

    Args:
        device: FFmpeg's name, such as `cuda` or `vaapi`.

    Returns:
        None where the device is not there, which is logged once.
    """
    wanted = HWAccel(device, allow_software_fallback=True, options=_OPTIONS.get(device))
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
