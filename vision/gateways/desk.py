"""Desk: where the cameras of one process queue to ask one platform, so that it is never hammered.

At most `AT_ONCE` asks, and as many goodbyes, wait for it at a time. Where it is down or refuses us,
one ask in a while finds out whether that is over, and all others are answered here; where a channel
fails, it alone waits. Waits double, with jitter (`back_off.py`).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Event, Lock
from typing import TypeVar

from vision.errors import SourceError
from vision.gateways.back_off import BackOff
from vision.gateways.failures import NoStream, PlatformDown, TokenRefused
from vision.gateways.platform import Platform, Stream
from vision.site.gateway import Target

_log = logging.getLogger(__name__)

AT_ONCE = 4
"""Asks that wait for one platform: each has it invite a device, which takes it seconds."""
FIRST_DOWN, LAST_DOWN = 2.0, 120.0
"""Seconds until a platform that was down is asked again."""
FIRST_REFUSED, LAST_REFUSED = 60.0, 900.0
"""Seconds until it is asked again with what it refused: platforms lock accounts that guess."""
FIRST_CHANNEL, LAST_CHANNEL = 5.0, 300.0
"""Seconds until a channel that gave no picture is asked for again."""
_TURN = 0.2  # seconds between two looks whether the reader that queues is to stop

_T = TypeVar("_T")


class Desk:
    """Asks one platform for all cameras of this process. Any thread may use it.

    Args:
        name: of the gateway.
        platform: it.
        clock: in seconds.
    """

    def __init__(
        self, name: str, platform: Platform, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.platform = platform
        self._name, self._clock = name, clock
        self._turns = BoundedSemaphore(AT_ONCE)
        self._leaving = BoundedSemaphore(AT_ONCE)
        self._lock = Lock()
        self._down = BackOff(FIRST_DOWN, LAST_DOWN, clock)
        self._refused = BackOff(FIRST_REFUSED, LAST_REFUSED, clock)
        self._trying = False  # one ask is finding out whether the platform is back
        self._channels: dict[Target, BackOff] = {}

    def ask(self, target: Target, stop: Event) -> Stream:
        """A stream of a channel; waits for its turn, and then for the platform.

        Args:
            target: it.
            stop: setting it ends the wait for the turn.

        Raises:
            SourceUnavailable, SourceRefused: none is to be had; the platform may not even have
                been asked, where it is known to have none now, or `stop` was set.
        """
        self._check_channel(target)
        with self._turn(stop):  # who is stopped here says nothing of the channel
            try:
                return self.call(lambda platform: platform.ask(target))
            except (PlatformDown, TokenRefused):
                raise
            except SourceError as error:
                self.failed(target, error)
                raise

    def call(self, what: Callable[[Platform], _T]) -> _T:
        """What a platform answers, unless it is known to be down.

        Raises:
            PlatformDown, TokenRefused: it is, or proves to be.
            SourceError: as the platform says.
        """
        tries = self._enter()
        try:
            answer = what(self.platform)
        except PlatformDown as error:
            self._note(self._down, error)
            raise
        except TokenRefused as error:
            self._note(self._refused, error)
            raise
        except SourceError:
            self._note(None, None)
            raise
        finally:
            if tries:
                with self._lock:
                    self._trying = False
        self._note(None, None)
        return answer

    def let_go(self, target: Target, stream: Stream) -> None:
        """End a stream; a platform that cannot be told ends it by itself when nobody watches."""
        if not stream.own:
            return
        try:
            with self._leaving:  # apart: who leaves need not wait for devices that are invited
                self.call(lambda platform: platform.let_go(target, stream))
        except SourceError as error:
            _log.info("%s: %s was not let go: %s", self._name, target, error)

    def came(self, target: Target) -> None:
        """A channel gives pictures as it should."""
        with self._lock:
            self._channels.pop(target, None)

    def failed(self, target: Target, failure: SourceError) -> None:
        """A channel gave none, or broke off soon."""
        with self._lock:
            known = self._channels.setdefault(
                target, BackOff(FIRST_CHANNEL, LAST_CHANNEL, self._clock)
            )
            known.failed(failure)

    def _check_channel(self, target: Target) -> None:
        with self._lock:
            known = self._channels.get(target)
            if known is not None and known.failure is not None and known.left:
                raise _again(known)

    def _enter(self) -> bool:
        """Whether this ask finds out if the platform is back; raises where another does or will."""
        with self._lock:
            for known in (self._refused, self._down):
                if known.failure is not None and (known.left or self._trying):
                    raise _again(known)
            tries = self._down.failure is not None or self._refused.failure is not None
            self._trying = self._trying or tries
            return tries

    def _note(self, failing: BackOff | None, failure: SourceError | None) -> None:
        with self._lock:
            if failing is None or failure is None:
                self._down.succeeded()
                self._refused.succeeded()
            elif not failing.left:  # those that failed together count once
                failing.failed(failure)

    @contextmanager
    def _turn(self, stop: Event) -> Iterator[None]:
        while not self._turns.acquire(timeout=_TURN):
            if stop.is_set():
                raise NoStream(f"{self._name}: no longer wanted")
        try:
            yield
        finally:
            self._turns.release()


def _again(known: BackOff) -> SourceError:
    """The failure that is known, as a fresh error that says when somebody tries again."""
    assert known.failure is not None
    when = f"asked again in {known.left:.0f} s" if known.left else "being asked again"
    return type(known.failure)(f"{known.failure} ({when})")
