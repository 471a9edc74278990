"""Backlog: whether a live stream's packets have been lying about, waiting to be read."""

from __future__ import annotations

BUDGET_S = 1.0
"""Seconds that a live stream may lie behind, before what lies between is passed over."""
# A step of the stream's times of more than this, or backwards (seconds), is a jump, not a delay.
_JUMP = 10.0
# Stretch of the stream (seconds) by which its speed is judged while it is passed over.
_STRETCH = 0.5
# A stream that is read at less than so many times its own speed is read as it comes in.
_AS_IT_COMES = 3.0


class Backlog:
    """Tells, packet by packet, whether to pass over it because newer ones are waiting already.

    The packet that came through fastest is taken for punctual; another is as late as it lies behind
    that. What is late is read without decoding it, many times faster than it was sent, until the
    present is reached. That this fails to bring it nearer shows that nothing is waiting: the
    sender's clock runs slower than ours, and what is punctual is set anew.
    """

    def __init__(self) -> None:
        self.passed_s = 0.0
        """Seconds of the stream that were passed over, so far."""
        self._punctual = 0.0
        self._last: float | None = None
        self._mark: tuple[float, float] | None = None

    def late(self, at: float | None, now: float) -> bool:
        """Whether to pass over a packet.

        Args:
            at: its decoding time in seconds, any origin; None where it does not say.
            now: when it was read, seconds of a clock that only runs forward.
        """
        if at is None:
            return False
        delay = now - at
        step = 0.0 if self._last is None else at - self._last
        if self._last is None or not 0 <= step < _JUMP:
            self._punctual, self._mark, step = delay, None, 0.0
        self._last = at
        self._punctual = min(self._punctual, delay)
        if self._mark is None:
            if delay - self._punctual > BUDGET_S:
                self._mark = (at, now)
        else:
            self.passed_s += step
            self._judge(at, now)
        return self._mark is not None

    def _judge(self, at: float, now: float) -> None:
        """See whether the present is reached."""
        assert self._mark is not None
        delay, (began, since) = now - at, self._mark
        if delay - self._punctual <= BUDGET_S / 4:
            self._mark = None
        elif at - began >= _STRETCH:
            self._mark = (at, now)
            if at - began < _AS_IT_COMES * (now - since):
                self._punctual, self._mark = delay, None
