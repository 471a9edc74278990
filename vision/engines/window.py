"""Window: how long a device that idles waits for a fuller batch, in a loop and in a server."""

from __future__ import annotations

WINDOW_SHARE = 0.1
"""For this share of the time that its last batch took."""
LONGEST_WINDOW_S = 0.005
"""And no longer than this, in seconds."""


def window_after(lasted_s: float) -> float:
    """Seconds to wait for a fuller batch, after one that took `lasted_s`."""
    return min(LONGEST_WINDOW_S, WINDOW_SHARE * lasted_s)
