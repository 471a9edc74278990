"""Pinning: a ring's memory locked for a CUDA device, which then reads it without a copy between.

The only lines of this room that know CUDA. Pinned once, when a client comes: that takes
milliseconds, and would wait for the device if done per batch.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from vision.engine_server.ring import Ring
from vision.frames import Pixels

if TYPE_CHECKING:
    import torch

log = logging.getLogger(__name__)


def pin(ring: Ring) -> bool:
    """Lock the ring's memory for CUDA; False, and a warning, if the driver refuses.

    Call it only where an engine holds a device: it makes a CUDA context where there is none.
    """
    import torch  # noqa: PLC0415 - slow to import, and not needed without a device

    if not torch.cuda.is_available():
        return False
    memory = ring.bytes
    error = torch.cuda.cudart().cudaHostRegister(memory.ctypes.data, memory.nbytes, 0)
    if int(error):
        log.warning(
            "a client's shared memory (%d MB) could not be pinned (CUDA error %d); its pictures "
            "take a copy more",
            memory.nbytes >> 20,
            int(error),
        )
    return not int(error)


def readable(picture: Pixels) -> torch.Tensor:
    """A pinned picture as engines on a device take it: the same memory, which it reads itself."""
    import torch  # noqa: PLC0415 - see pin

    return torch.from_numpy(picture)


def unpin(ring: Ring) -> None:
    """Undo `pin`, before the memory goes."""
    import torch  # noqa: PLC0415 - see pin

    torch.cuda.cudart().cudaHostUnregister(ring.bytes.ctypes.data)
