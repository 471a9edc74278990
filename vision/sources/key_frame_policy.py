"""KeyFramePolicy: decode key frames only, if they come often enough for the looks."""

from __future__ import annotations

import math
from collections import deque

# Consecutive key-frame intervals that must be short enough before the frames between key frames are
# left undecoded: for a recording, in which no look may be lost, and for a live stream.
_TRUSTED = 4
_TRUSTED_LIVE = 2
# From this look interval on (seconds), a live stream is assumed to have enough key frames before
# anything is known of them: cameras are usually set to one each second or two.
_HOPED_FOR = 0.95
# Packets skipped while waiting for a key frame, after which decoding begins without one: some
# encoders send none but refresh the picture piece by piece.
_PATIENCE = 300
# Share of a look interval by which key frames may be late, for cameras with an uneven rate.
_TOLERANCE = 0.02
# Consecutive key frames that gave no picture of their own, or have no timestamp, after which key
# frames are not relied upon.
_BARREN = 2


class KeyFramePolicy:
    """Decides for each packet whether to decode it.

    If key frames come at least as often as looks are due, only they are decoded: a key frame needs
    no other, and decoding the frames between them only to discard them would be most of a camera's
    cost. The key-frame interval is learned from the stream and monitored: if it grows (an encoder
    may stretch it over a still scene), everything is decoded again from the next key frame on,
    since nothing before it can be; that is at most one gap in looks per change. A live stream with
    rare looks starts with key frames only: otherwise many cameras that start together would decode
    everything at once, just to learn that they need not.

    Args:
        interval: seconds between two looks.
        live: the source is live, so a look that is lost at the start does not matter.
    """

    def __init__(self, interval: float, *, live: bool = False) -> None:
        self.look_every(interval)
        self._hoping = live and interval >= _HOPED_FOR
        self._spacings: deque[float] = deque(maxlen=_TRUSTED_LIVE if live else _TRUSTED)
        self._last_key: float | None = None
        self._keyless = True
        self._waited = 0
        self._barren = 0
        self._untimed = 0
        self.stale = False
        """Packets are missing, so nothing can be decoded before the next key frame."""
        self.only_keys = self._hoping
        """Only key frames are decoded now: the decoder must be drained after each."""
        self.left_out = 0
        """Packets that were not decoded so far."""
        self.behind = 0.0
        """Seconds between the last key frame and the last packet, if the packets between them were
        not decoded."""

    def look_every(self, interval: float) -> None:
        """Set the look interval (seconds); it takes effect at the next key frame."""
        self._interval = interval * (1 + _TOLERANCE)

    def wants(self, at: float | None, *, key: bool) -> bool:
        """Whether to decode the packet presented at `at` (seconds; None if it has no time)."""
        if key:
            self._note_key(at)
            self._keyless, self._waited = False, 0
            self.stale = False
            self.behind = 0.0
            return True
        if self.only_keys and self._overdue(at):
            self.only_keys, self.stale, self._hoping = False, True, False
            self._spacings.clear()
        self._waited += self.stale or self._keyless
        if self._waited > _PATIENCE:
            self.only_keys, self.stale, self._hoping = False, False, False
        wanted = not (self.only_keys or self.stale)
        if not wanted:
            self.left_out += 1
            if at is not None and self._last_key is not None:
                self.behind = at - self._last_key
        return wanted

    def gave(self, pictures: int) -> None:
        """Note how many pictures a drained key frame gave; without any, key frames do not help."""
        self._barren = 0 if pictures else self._barren + 1
        if self._barren >= _BARREN:
            self.only_keys = self._hoping = False
            self._interval = -math.inf

    def skipped(self) -> None:
        """Note that a packet was skipped elsewhere: nothing can be decoded before a key frame."""
        self.left_out += 1
        self.stale = self._keyless = True
        self._last_key = None
        self._spacings.clear()
        self.only_keys = self._hoping

    def _note_key(self, at: float | None) -> None:
        if at is None or self._last_key is None or at < self._last_key:
            self._spacings.clear()
        elif at > self._last_key:
            self._spacings.append(at - self._last_key)
        self._last_key = at
        known = len(self._spacings) == self._spacings.maxlen
        close = max(self._spacings, default=0.0) <= self._interval
        self._untimed += at is None
        self._hoping = self._hoping and close and self._untimed < _BARREN
        self.only_keys = close and (known or self._hoping)

    def _overdue(self, at: float | None) -> bool:
        """Whether a key frame is overdue; before the first one, that is not known."""
        if at is None:  # as a live stream's first packets may be
            return not self._hoping
        return self._last_key is not None and at - self._last_key > self._interval
