"""Sparing: decode only what will be looked at."""

from __future__ import annotations

import math
from collections import deque

# Key frames in a row that came often enough, before the frames between them are left undecoded.
_TRUSTED = 4
# Of one look interval that key frames may be late, for cameras whose rate is not quite even.
_TOLERANCE = 0.02
# Key frames in a row that gave no picture of their own, after which they are not relied upon.
_BARREN = 2


class Sparing:
    """Tells, packet by packet, whether a picture is worth decoding.

    Where key frames come at least as often as looks are due, they alone are decoded: each stands
    for itself, and decoding the frames between them only to throw them away is what most of a
    camera's cost would be. The spacing is learned from the stream and watched: should it grow
    (an encoder that stretches it over a still scene), everything is decoded again, from the next
    key frame on, since what lies before it cannot be; that is at most one gap in looks per change.

    Args:
        interval: seconds between two looks.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval * (1 + _TOLERANCE)
        self._spacings: deque[float] = deque(maxlen=_TRUSTED)
        self._last_key: float | None = None
        self._barren = 0
        self.stale = False
        """Packets are missing: nothing can be decoded before a key frame."""
        self.only_keys = False
        """Key frames alone are decoded now: the decoder is to be drained after each."""
        self.left_out = 0
        """Packets that were not decoded, so far."""
        self.behind = 0.0
        """Seconds between the last key frame and the last packet, where what lies between them was
        not decoded."""

    def wants(self, at: float | None, *, key: bool) -> bool:
        """Whether to decode the packet presented at `at` (seconds; None where it does not say)."""
        if key:
            self._note_key(at)
            self.stale = False
            self.behind = 0.0
            return True
        if self.only_keys and self._overdue(at):
            self.only_keys, self.stale = False, True
            self._spacings.clear()
        wanted = not (self.only_keys or self.stale)
        if not wanted:
            self.left_out += 1
            if at is not None and self._last_key is not None:
                self.behind = at - self._last_key
        return wanted

    def gave(self, pictures: int) -> None:
        """How many pictures a key frame gave, when drained; one that never does is no shortcut."""
        self._barren = 0 if pictures else self._barren + 1
        if self._barren >= _BARREN:
            self.only_keys = False
            self._interval = -math.inf

    def skipped(self) -> None:
        """A packet was left out by somebody else: nothing can be decoded before a key frame."""
        self.left_out += 1
        self.stale = True
        self._last_key = None
        self._spacings.clear()
        self.only_keys = False

    def _note_key(self, at: float | None) -> None:
        if at is None or self._last_key is None or at <= self._last_key:
            self._spacings.clear()
        else:
            self._spacings.append(at - self._last_key)
        self._last_key = at
        regular = len(self._spacings) == _TRUSTED and max(self._spacings) <= self._interval
        self.only_keys = regular

    def _overdue(self, at: float | None) -> bool:
        return at is None or self._last_key is None or at - self._last_key > self._interval
