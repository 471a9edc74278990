"""Interval: what a share may really be, after so many trials."""

from __future__ import annotations

import math
from typing import Final

_Z: Final = 1.959963984540054
"""Of the normal distribution: two-sided 95 %."""


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927); all of it after no trial."""
    if trials == 0:
        return 0.0, 1.0
    share, weight = hits / trials, _Z * _Z / trials
    middle = share + weight / 2
    half = _Z * math.sqrt(share * (1 - share) / trials + weight / (4 * trials))
    # At the ends it is exact; rounding must not take it past them.
    low = 0.0 if hits == 0 else (middle - half) / (1 + weight)
    high = 1.0 if hits == trials else (middle + half) / (1 + weight)
    return low, high
