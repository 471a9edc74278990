"""Nightly: purges and prunes by itself, at a quiet hour of the site."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from threading import Event, Thread
from zoneinfo import ZoneInfo

from api.evidence.retention import Purge
from vision.errors import StorageUnavailable

_log = logging.getLogger("streetwarden.purge")
AT = time(3, 30)
"""Local time of day; no bureau reviews then, and no clock is set between 3 and 4."""
Prune = Callable[[datetime, Callable[[], bool]], Mapping[str, int]]
_AGAIN = timedelta(hours=1)
"""Until the next try where it could not be done."""


class Nightly:
    """A thread that runs a purge each night, from `start` to `stop`.

    Args:
        purge: what it runs; None where the site keeps its evidence for good.
        zone: the site's.
        prune: what it runs besides, given the time (UTC) and what says that it is to end; gives how
            many rows of what it has removed.
        now: the clock, UTC.
    """

    def __init__(
        self,
        purge: Purge | None,
        zone: ZoneInfo,
        *,
        prune: Prune | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        self._purge = purge
        self._prune = prune
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
        """Purge and prune now; whether both could be done."""
        return all([self._done("purged", self._purged), self._done("pruned", self._pruned)])

    def _done(self, what: str, work: Callable[[], None]) -> bool:
        try:
            work()
        except StorageUnavailable as error:
            _log.error("not all is %s: %s", what, error)
            return False
        except Exception:  # noqa: BLE001 - the next night tries again
            _log.exception("not all is %s; report this", what)
            return False
        return True

    def _purged(self) -> None:
        if self._purge is None:
            return
        done = self._purge.run(self._stop.is_set)
        if done.taken or done.removed:
            _log.info(
                "purged %d files of cases, removed %d (%d bytes)",
                done.taken,
                done.removed,
                done.size,
            )

    def _pruned(self) -> None:
        if self._prune is None:
            return
        gone = self._prune(self._now(), self._stop.is_set)
        told = ", ".join(f"{count} {what}" for what, count in gone.items() if count)
        if told:
            _log.info("pruned %s", told)
