"""Alerts: tells of receivers that have failed for an hour, and of those that answer again.

Once in the log, and as an event to the receivers whose `stages` name `receiver_failing` and
`receiver_recovered`, never to the one itself. These events belong to no case, so they are not in
the outbox: each is sent about once a minute, under one id, until it is accepted, or a day has
passed since the recovery.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from ulid import ULID

from api.background_thread import BackgroundThread
from api.delivery.events import ReceiverData, ReceiverEvent, source_of
from api.delivery.failing import AFTER, told_of
from api.delivery.outcome import Result
from api.delivery.sender import Sender
from api.errors import DatabaseUnavailable
from api.storage.database import Database
from api.storage.tables import FailingRow
from vision.site import Site, Webhook
from vision.throttled_log import ThrottledLog

LOG = logging.getLogger("streetwarden.outbox")
_TROUBLE = ThrottledLog(LOG)
PERIOD_S = 60.0
_GIVEN_UP = timedelta(days=1)


class _Alert(NamedTuple):
    """One event for one listener."""

    about: str
    to: Webhook
    mark: str
    """What is noted when it is accepted."""
    event: ReceiverEvent


class Alerts(BackgroundThread):
    """Looks at the receivers' state about once a minute, in the background.

    `stop` waits for what is being sent, for at most its total time.
    """

    def __init__(self, database: Database, site: Site) -> None:
        super().__init__("alerts")
        self._database = database
        self._hooks = {hook.name: hook for hook in site.webhooks}
        self._source = source_of(site)

    def start(self) -> None:
        """Start to look; without receivers there is nothing to look at."""
        if self._hooks:
            super().start()

    def _run(self) -> None:
        while not self._stopping.wait(PERIOD_S):
            try:
                self.look()
            except DatabaseUnavailable as error:
                _TROUBLE.in_words("alerts wait", error)
            except Exception as error:  # noqa: BLE001 - nothing may end the alerts
                _TROUBLE.traced("alerts", error)

    def look(self, now: datetime | None = None) -> None:
        """Find what is to be told, and tell it.

        Args:
            now: UTC; the present by default.

        Raises:
            DatabaseUnavailable: nothing can be found out or noted now.
        """
        now = now or datetime.now(UTC)
        with self._database.read() as session:
            rows = list(session.scalars(select(FailingRow).where(FailingRow.name.in_(self._hooks))))
        for row in rows:
            if row.event_id is None and row.since <= now - AFTER:
                row.event_id = self._begin(row.name)
        alerts = [alert for row in rows if row.event_id for alert in self._alerts(row)]
        asyncio.run(self._send(alerts))
        for row in rows:
            if row.recovered_at is not None:
                self._end(row.name, now)

    def _begin(self, name: str) -> str | None:
        """Tell the log, once for all the servers of one database; the event's id."""
        with self._database.write() as session:
            row = session.get(FailingRow, name, with_for_update=True)
            if row is None or row.recovered_at is not None:
                return None
            if row.event_id is None:
                row.event_id = f"evt_{ULID()}"
                LOG.error("%s", told_of(row))
            return row.event_id

    def _alerts(self, row: FailingRow) -> list[_Alert]:
        ended = row.recovered_at is not None
        what = "recovered" if ended else "failing"
        event = ReceiverEvent(
            id=f"{row.event_id}.{what}" if ended else str(row.event_id),
            type=f"streetwarden.receiver.{what}.v1",
            source=self._source,
            subject=row.name,
            time=row.recovered_at or row.since + AFTER,
            data=ReceiverData(receiver=row.name, failing_since=row.since),
        )
        return [
            _Alert(row.name, hook, f"{what}:{hook.name}", event)
            for hook in self._hooks.values()
            if f"receiver_{what}" in hook.stages
            and hook.name != row.name
            and f"{what}:{hook.name}" not in row.told
        ]

    async def _send(self, alerts: list[_Alert]) -> None:
        ended = await asyncio.gather(*map(self._tell, alerts), return_exceptions=True)
        for error in ended:
            if error is not None:
                raise error

    async def _tell(self, alert: _Alert) -> None:
        async with Sender(alert.to) as sender:
            outcome = await sender.send(alert.event.id, alert.event.model_dump_json())
        if outcome.result is Result.DELIVERED:
            await asyncio.to_thread(self._mark, alert)
        else:
            LOG.warning("webhook %s: %s: %s", alert.to.name, alert.event.id, outcome.error)

    def _mark(self, alert: _Alert) -> None:
        with self._database.write() as session:
            row = session.get(FailingRow, alert.about, with_for_update=True)
            if row is not None:
                row.told = sorted({*row.told, alert.mark})

    def _end(self, name: str, now: datetime) -> None:
        """Forget a receiver that answers again, once everybody knows."""
        with self._database.write() as session:
            row = session.get(FailingRow, name, with_for_update=True)
            if row is None or row.recovered_at is None:
                return
            if not self._alerts(row) or row.recovered_at < now - _GIVEN_UP:
                session.delete(row)
