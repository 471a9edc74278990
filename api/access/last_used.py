"""LastUsed: when keys and sessions were last used, stored by the minute and not by the request."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from api.errors import DatabaseUnavailable
from api.storage.database import Database
from api.storage.tables import KeyRow, SessionRow

LOG = logging.getLogger("streetwarden.api")
STEP = timedelta(minutes=1)
"""What is stored is at most so much older than the truth, and `FLUSH_S` more."""
FLUSH_S = 15.0


class LastUsed:
    """Collects what was used, and stores it from a thread of its own in one transaction.

    A busy key costs one row a minute. What was collected and not stored is lost with the process:
    a minute of "last used", which nothing depends on.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._noted: dict[tuple[type[KeyRow | SessionRow], str], datetime] = {}
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def note(self, kind: type[KeyRow | SessionRow], key: str, stored: datetime | None) -> None:
        """Note that this one is used now; `stored` is when it was, as far as its row says."""
        now = datetime.now(UTC)
        if stored is None or now - stored >= STEP:
            with self._lock:
                self._noted[kind, key] = now

    def noted(self, kind: type[KeyRow | SessionRow], key: str) -> datetime | None:
        """When it was last used, as far as that is not stored yet."""
        with self._lock:
            return self._noted.get((kind, key))

    def flush(self) -> None:
        """Store what was collected; keep it for the next time where that fails."""
        with self._lock:
            taken = dict(self._noted)
        if not taken:
            return
        try:
            with self._database.write() as session:
                # Always in one order, so that two servers never wait for each other.
                for (kind, key), at in sorted(
                    taken.items(), key=lambda item: (item[0][0].__tablename__, item[0][1])
                ):
                    column = "last_used_at" if kind is KeyRow else "last_seen_at"
                    session.execute(update(kind).where(kind.id == key).values({column: at}))
        except DatabaseUnavailable as error:
            LOG.warning("last use of keys and sessions is stored later: %s", error)
            return
        with self._lock:
            for name, at in taken.items():
                if self._noted.get(name) == at:
                    del self._noted[name]

    def start(self) -> None:
        """Store every few seconds from now on."""
        self._ends.clear()
        self._thread = threading.Thread(target=self._run, name="last-used", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Store what there is, and end."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.flush()

    def _run(self) -> None:
        while not self._ends.wait(FLUSH_S):
            self.flush()
