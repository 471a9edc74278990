"""Nightly: purges by itself, at a quiet hour of the site."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from threading import Event, Thread
from zoneinfo import ZoneInfo

from api.evidence.retention import Purge
from vision.errors import StorageUnavailable

_log = logging.getLogger("streetwarden.purge")
AT = time(3, 30)
"""Local time of day; no bureau reviews then, and no clock is set between 3 and 4."""
_AGAIN = timedelta(hours=1)
"""Until the next try where it could not be done."""


class Nightly:
    """A thread that runs a purge each night, from `start` to `stop`.

    Args:
        purge: what it runs.
        zone: the site's.
        now: the clock, UTC.
    """

    def __init__(
        self, purge: Purge, zone: ZoneInfo, *, now: Callable[[], datetime] | None = None
    ) -> None:
        self._purge = purge
        self._zone = zone
        self._now = now or (lambda: datetime.now(UTC))
        self._stop = Event()
        self._thread = Thread(target=self._run, name="nightly-purge", daemon=True)

    def start(self) -> None:
        """Begin to wait for the night."""
        self._thread.start()

    def stop(self) -> None:
        """End; a purge under way ends after its current case or file."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def next(self, after: datetime) -> datetime:
        """The next time that it runs (both UTC)."""
        day = after.astimezone(self._zone).date()
        days = (day + timedelta(days=n) for n in range(3))
        times = (datetime.combine(one, AT, self._zone).astimezone(UTC) for one in days)
        return next(moment for moment in times if moment > after)

    def _run(self) -> None:
        due = self.next(self._now())
        while not self._stop.wait(max(0.0, (due - self._now()).total_seconds())):
            due = self.next(self._now()) if self.once() else self._now() + _AGAIN

    def once(self) -> bool:
        """Purge now; whether it could be done."""
        try:
            done = self._purge.run(self._stop.is_set)
        except StorageUnavailable as error:
            _log.error("not all is purged: %s", error)
            return False
        except Exception:  # noqa: BLE001 - the next night tries again
            _log.exception("not all is purged; report this")
            return False
        if done.taken or done.removed:
            _log.info(
                "purged %d files of cases, removed %d (%d bytes)",
                done.taken,
                done.removed,
                done.size,
            )
        return True
