"""GraceTimer: has the cases in grace looked at again, by itself, some times a minute."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread

from api.cases.reobservation import Reobservation
from vision.errors import StorageUnavailable
from vision.throttled_log import ThrottledLog

_log = logging.getLogger(__name__)
PERIOD_S = 15.0
"""Seconds between two rounds; a camera on patrol shows a preset for longer."""


class GraceTimer:
    """A thread that looks again, from `start` to `stop`.

    Args:
        reobservation: what it runs.
        now: the clock, UTC.
    """

    def __init__(
        self, reobservation: Reobservation, *, now: Callable[[], datetime] | None = None
    ) -> None:
        self._reobservation = reobservation
        self._now = now or (lambda: datetime.now(UTC))
        self._stop = Event()
        self._faults = ThrottledLog(_log)
        self._thread = Thread(target=self._run, name="grace-timer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present case."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def once(self) -> bool:
        """Look again now; whether it could be done."""
        try:
            self._reobservation.once(self._now(), self._stop.is_set)
        except StorageUnavailable as error:
            self._faults.in_words("cases in grace are looked at again later", error)
            return False
        except Exception as error:  # noqa: BLE001 - the next round tries again
            self._faults.traced("looking again at cases in grace", error)
            return False
        return True

    def _run(self) -> None:
        while not self._stop.wait(PERIOD_S):
            self.once()
