"""Backlog: the lag of a live stream, and whether its timestamps agree with arrival times.

A sender's clock is not real time: cameras stamp 25 pictures a second and send 21, or 5; times leap,
wrap and stand still. So timestamps are used only while packets arrive according to them. A packet
that arrives late was either buffered, because this machine or the network was behind, or its
timestamp is wrong; buffered packets can be read faster than real time, which distinguishes the two.
"""

from __future__ import annotations

import math

BUDGET_S = 1.0
"""Seconds that a live stream may lag before its packets are skipped, and by which its timestamps
may differ from arrival before they are not trusted. A camera and its network delay a picture by
less, and an older look shows another moment."""
PROBATION_S = 10.0
"""Seconds for which a stream's timestamps are not trusted after they have disagreed. So a trusted
stream runs at most 10 % (the budget in this time) slower than real time."""
# A step of the stream's times of more than this, or backwards (seconds), is a leap, not a delay.
_LEAP = 10.0
# Stretch of the stream (seconds) over which its speed is measured, and the minimum speed, as a
# multiple of real time, at which buffered packets are read.
_STRETCH = 0.5
_WAITING = 3.0
# Consecutive stretches of a late stream that had to be waited for, before its timestamps count as
# wrong: a stalled network makes one wait, and then the buffered packets come at once.
_SLOW = 2


class Backlog:
    """Determines for each packet when it was sent, and whether to skip it because it is late.

    The fastest packet so far defines zero lag; the lag of another is its delay relative to that.
    Late packets that can be read faster than they were sent are skipped, undecoded, until the
    present is reached. Late packets that have to be waited for have wrong timestamps: zero lag is
    defined anew, and packets of the next ten seconds are dated by arrival.
    """

    def __init__(self) -> None:
        self.passed_s = 0.0
        """Seconds of the stream that were skipped so far."""
        self._punctual = 0.0
        self._last: float | None = None
        self._passing = False
        self._believed_from = -math.inf
        self._stretch, self._waited = 0.0, 0.0
        self._waiting, self._slow = False, 0

    def late(self, at: float | None, now: float, waited: float) -> bool:
        """Whether to skip a packet.

        Args:
            at: its decoding time in seconds, any origin; None if it has none.
            now: when it was read, monotonic seconds.
            waited: how long reading it took, seconds.
        """
        if at is None:
            return False
        step = 0.0 if self._last is None else at - self._last
        if self._last is None:
            self._punctual = now - at
        elif not 0 <= step < _LEAP:
            self._set_anew(now - at, now)
            step = 0.0
        self._last = at
        self._punctual = min(self._punctual, now - at)
        self._judge_speed(step, waited)
        behind = now - at - self._punctual
        if behind <= BUDGET_S:
            self._slow = 0
        if self._passing:
            self.passed_s += step
            self._passing = behind > BUDGET_S / 4 and self._waiting
        elif behind > BUDGET_S and self._waiting:
            self._passing = True
        elif behind > BUDGET_S and self._slow >= _SLOW:
            self._set_anew(now - at, now)
        return self._passing

    def sent(self, at: float | None, now: float) -> float:
        """When it was sent, by the clock of `now`: from its timestamp while trusted, else `now`.

        Args:
            at: its timestamp in seconds; None if it has none.
            now: when it arrived.
        """
        if at is None or self._last is None or now < self._believed_from:
            return now
        return min(now, max(now - BUDGET_S, self._punctual + at))

    def _set_anew(self, punctual: float, now: float) -> None:
        self._punctual, self._passing = punctual, False
        self._believed_from = now + PROBATION_S
        self._slow = 0

    def _judge_speed(self, step: float, waited: float) -> None:
        """Check whether packets come faster than they were sent, as only buffered ones do."""
        self._stretch += step
        self._waited += waited
        if self._stretch >= _STRETCH or self._waited >= _STRETCH / _WAITING:
            self._waiting = self._stretch >= _WAITING * self._waited
            self._slow = 0 if self._waiting else self._slow + 1
            self._stretch, self._waited = 0.0, 0.0
