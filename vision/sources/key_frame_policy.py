"""KeyFramePolicy: decode only what will be looked at."""

from __future__ import annotations

import math
from collections import deque

# Spacings of key frames in a row that were short enough, before the frames between them are left
# undecoded: of a recording, in which no look may be lost, and of a live stream.
_TRUSTED = 4
_TRUSTED_LIVE = 2
# Looks at least so far apart (seconds) are hoped to be served by a live stream's key frames before
# anything is known of them: cameras are set to one each second or two, as a rule.
_HOPED_FOR = 0.95
# Packets left out for want of a key frame, after which decoding begins without one: some encoders
# send none but refresh the picture piece by piece.
_PATIENCE = 300
# Of one look interval that key frames may be late, for cameras whose rate is not quite even.
_TOLERANCE = 0.02
# Key frames in a row that gave no picture of their own, or have no time, after which they are not
# relied upon.
_BARREN = 2


class KeyFramePolicy:
    """Tells, packet by packet, whether a picture is worth decoding.

    Where key frames come at least as often as looks are due, they alone are decoded: each stands
    for itself, and decoding the frames between them only to throw them away is what most of a
    camera's cost would be. The spacing is learned from the stream and watched: should it grow
    (an encoder that stretches it over a still scene), everything is decoded again, from the next
    key frame on, since what lies before it cannot be; that is at most one gap in looks per change.
    Of a live stream that is looked at seldom, key frames alone are tried first: else many cameras
    that start together decode everything at once, just to learn that they need not.

    Args:
        interval: seconds between two looks.
        live: a look that is lost at the start is no loss.
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
        """Packets are missing: nothing can be decoded before a key frame."""
        self.only_keys = self._hoping
        """Key frames alone are decoded now: the decoder is to be drained after each."""
        self.left_out = 0
        """Packets that were not decoded, so far."""
        self.behind = 0.0
        """Seconds between the last key frame and the last packet, where what lies between them was
        not decoded."""

    def look_every(self, interval: float) -> None:
        """Looks are this far apart (seconds) from now on; heeded from the next key frame on."""
        self._interval = interval * (1 + _TOLERANCE)

    def wants(self, at: float | None, *, key: bool) -> bool:
        """Whether to decode the packet presented at `at` (seconds; None where it does not say)."""
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
        """How many pictures a key frame gave, when drained; one that never does is no shortcut."""
        self._barren = 0 if pictures else self._barren + 1
        if self._barren >= _BARREN:
            self.only_keys = self._hoping = False
            self._interval = -math.inf

    def skipped(self) -> None:
        """A packet was left out by somebody else: nothing can be decoded before a key frame."""
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
        """Whether a key frame should have come; where none has ever, that cannot be told."""
        if at is None:  # as a live stream's first packets may be
            return not self._hoping
        return self._last_key is not None and at - self._last_key > self._interval
