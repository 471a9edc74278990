"""Backlog: how far a live stream lies behind, and whether its own times agree with their arrival.

A sender's clock is not real time: cameras stamp 25 pictures a second and send 21, or 5; times leap,
wrap and stand still. So a packet's time counts only as far as packets arrive by it. What arrives
later than it should either lies waiting, because this machine or the network was behind, or its
time is wrong; how fast packets can be read tells the one from the other.
"""

from __future__ import annotations

import math

BUDGET_S = 1.0
"""Seconds that a live stream may lie behind, before what lies between is passed over; and by which
its own times may differ from arrival, before they are not believed. A camera and its network delay
a picture by less, and a look that is older shows another moment."""
PROBATION_S = 10.0
"""Seconds for which the times of a stream are not believed after they have disagreed. So a stream
that is believed runs at most 10 % (the budget in this time) slower than real time."""
# A step of the stream's times of more than this, or backwards (seconds), is a leap, not a delay.
_LEAP = 10.0
# Stretch of the stream (seconds) by which its speed is judged, and how many times its own speed
# what lies waiting is read at least.
_STRETCH = 0.5
_WAITING = 3.0
# Stretches in a row that had to be waited for, of a stream that is behind, before its times are
# taken to be wrong: a network that stalls makes one wait, and then what was held up comes at once.
_SLOW = 2


class Backlog:
    """Tells, packet by packet, when it was sent, and whether newer ones are waiting already.

    The packet that came through fastest is taken for punctual; another is as late as it lies behind
    that. What is late and can be read faster than it was sent is passed over, undecoded, until the
    present is reached. What is late and yet has to be waited for has wrong times: what is punctual
    is set anew, and arrival dates what comes in the next ten seconds.
    """

    def __init__(self) -> None:
        self.passed_s = 0.0
        """Seconds of the stream that were passed over, so far."""
        self._punctual = 0.0
        self._last: float | None = None
        self._passing = False
        self._believed_from = -math.inf
        self._stretch, self._waited = 0.0, 0.0
        self._waiting, self._slow = False, 0

    def late(self, at: float | None, now: float, waited: float) -> bool:
        """Whether to pass over a packet.

        Args:
            at: its decoding time in seconds, any origin; None where it does not say.
            now: when it was read, seconds of a clock that only runs forward.
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
        """When something was sent, by the clock of `now`: as it says while believed, else now.

        Args:
            at: its time in seconds; None where it does not say.
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
        """See whether packets come faster than they were sent, as only waiting ones do."""
        self._stretch += step
        self._waited += waited
        if self._stretch >= _STRETCH or self._waited >= _STRETCH / _WAITING:
            self._waiting = self._stretch >= _WAITING * self._waited
            self._slow = 0 if self._waiting else self._slow + 1
            self._stretch, self._waited = 0.0, 0.0
