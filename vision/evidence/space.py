"""Space: what is left out while the disk fills up, so that cases are recorded to the last."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from enum import IntEnum
from pathlib import Path


class LeftOut(IntEnum):
    """What is not taken any more; each level has those before it as well."""

    NOTHING = 0
    CLIPS = 1
    FURTHER_STILLS = 2
    """All pictures of a moment but its original and the masked one; and of a confirmation, the
    looks before it."""


_GIB = 2**30
_BELOW: Mapping[LeftOut, tuple[float, int]] = {
    LeftOut.FURTHER_STILLS: (0.02, 2 * _GIB),
    LeftOut.CLIPS: (0.05, 10 * _GIB),
}
"""From which share of the disk, or how many bytes, whichever is less. A clip takes some 5 MB, a
moment's pictures some 4: what is spared below the first level is room for hundreds of cases."""


SAID: Mapping[LeftOut, str] = {
    LeftOut.NOTHING: "there is room again: all evidence is taken",
    LeftOut.CLIPS: "the disk fills up: clips are left out; free space, or give retention less time",
    LeftOut.FURTHER_STILLS: (
        "the disk is nearly full: clips, and all pictures but the decisive one, are left out; free "
        "space now"
    ),
}
"""What it means, and what to do."""


def left_out(root: Path) -> LeftOut:
    """What is left out now, by the disk that this folder is on; nothing where nobody can tell."""
    try:
        disk = shutil.disk_usage(root)
    except OSError:
        return LeftOut.NOTHING
    for level, (share, most) in _BELOW.items():
        if disk.free < min(share * disk.total, most):
            return level
    return LeftOut.NOTHING


def spare(root: Path) -> int:
    """Bytes that may be written to this folder's disk before anything is left out there.

    Raises:
        OSError: nobody can tell.
    """
    disk = shutil.disk_usage(root)
    share, most = _BELOW[LeftOut.CLIPS]
    return max(0, disk.free - int(min(share * disk.total, most)))
