"""Stamper: has the heads of cases stamped by a time-stamp authority, behind everybody's back.

The queue is the records themselves: what is to be stamped is every record behind the last stamped
one that is its case's last. While the authority is away they wait in the database; a record that
another of its case has followed by then is covered by that one's hash. Nothing waits for this.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from pathlib import Path

import httpx
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from api.background_thread import BackgroundThread
from api.errors import DatabaseUnavailable, TimeStampError
from api.evidence import time_stamp
from api.records.chain import Sealed, canonical, digest
from api.records.site_chain import sealed_rows
from api.storage.database import Database
from api.storage.tables import ChainRow, RecordRow, TimeStampRow
from vision.printable import printable
from vision.site.site import TimeStamps
from vision.throttled_log import ThrottledLog

LOG = logging.getLogger("streetwarden.timestamps")
_TROUBLE = ThrottledLog(LOG)
ANSWER_S = 20.0
"""Seconds that an answer may take as a whole; authorities answer within one."""
_LARGEST = 256 * 1024  # bytes; a token with its certificates takes some 5000
_STOPPING_S = 5.0
_LONGEST_PAUSE_S = 3600.0


class Stamper(BackgroundThread):
    """Stamps in the background; a request that `stop` finds in flight is made again later.

    Raises:
        TimeStampError: the authority's certificate cannot be read.
    """

    def __init__(self, database: Database, settings: TimeStamps) -> None:
        super().__init__("timestamps", within_s=_STOPPING_S)
        self._database = database
        self._url = settings.url
        self._every_s = settings.every.total_seconds()
        self._roots = time_stamp.read_roots(Path(settings.ca))
        self._after = -1
        self.problem: str | None = None
        """Why nothing is stamped now; None while all is well."""

    def step(self) -> bool:
        """Stamp the next record, if there is one; say whether there was.

        Raises:
            TimeStampError: the authority is away, or what it answered does not hold; the record
                goes on waiting.
            DatabaseUnavailable: so does it then.
        """
        found = self._next()
        if found is None:
            return False
        row, sealed = found
        self._after = row.site_no
        if digest(sealed.record) != sealed.hash:
            LOG.error(
                "record %d was changed and is not stamped; check the site's chain", row.site_no
            )
            return True
        try:
            token, made_at = self._ask(canonical(sealed.record))
        except TimeStampError:
            self._after = row.site_no - 1
            raise
        self._keep(row, token, made_at)
        return True

    def _run(self) -> None:
        pause = self._every_s
        while not self._stopping.is_set():
            try:
                while self.step() and not self._stopping.is_set():
                    self.problem = None
                self.problem, pause = None, self._every_s
            except (TimeStampError, DatabaseUnavailable) as error:
                self.problem = str(error)
                pause = min(max(pause, 1.0) * 2, _LONGEST_PAUSE_S)
                _TROUBLE.in_words("records wait for their time stamp", error)
            except Exception as error:  # noqa: BLE001 - whatever it is, later ones may be stamped
                self.problem, pause = repr(error), _LONGEST_PAUSE_S
                _TROUBLE.traced("records wait for their time stamp", error)
            self._stopping.wait(pause)

    def _next(self) -> tuple[RecordRow, Sealed] | None:
        """The first record behind the last stamped one that is its case's last."""
        later = aliased(RecordRow)
        with self._database.read() as session:
            head = session.execute(select(ChainRow.site, ChainRow.site_no)).one()
            if self._after < 0:
                last = select(func.max(RecordRow.site_no)).join(
                    TimeStampRow, TimeStampRow.log_id == RecordRow.log_id
                )
                # At the very first time the head alone: it covers what was before.
                self._after = session.scalar(last) or head.site_no - 1
            row = session.scalar(
                select(RecordRow)
                .where(
                    RecordRow.site_no > self._after,
                    ~select(later.log_id)
                    .where(later.case_id == RecordRow.case_id, later.no > RecordRow.no)
                    .exists(),
                )
                .order_by(RecordRow.site_no)
                .limit(1)
            )
            return (row, sealed_rows(head.site, [row])[0]) if row is not None else None

    def _ask(self, message: bytes) -> tuple[bytes, datetime]:
        asked = time_stamp.request(message)
        try:
            answer = self._post(asked.as_bytes())
        except httpx.HTTPError as error:
            raise TimeStampError(f"{self._url}: {printable(str(error))[:200]}") from error
        try:
            return time_stamp.token(answer, asked, message, self._roots)
        except TimeStampError as error:
            raise TimeStampError(f"{self._url}: {printable(str(error))[:400]}") from error

    def _post(self, content: bytes) -> bytes:
        ends = time.monotonic() + ANSWER_S
        headers = {"Content-Type": "application/timestamp-query"}
        with (
            httpx.Client(timeout=ANSWER_S / 2, trust_env=False) as client,
            client.stream("POST", self._url, content=content, headers=headers) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise TimeStampError(f"{self._url}: answered {response.status_code}")
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > _LARGEST:
                    raise TimeStampError(f"{self._url}: answered more than a time stamp takes")
                if time.monotonic() > ends or self._stopping.is_set():
                    raise TimeStampError(f"{self._url}: has not answered in {ANSWER_S:g} s")
        return bytes(body)

    def _keep(self, row: RecordRow, token: bytes, made_at: datetime) -> None:
        with self._database.write() as session:
            if session.get(TimeStampRow, row.log_id) is None:
                stamp = TimeStampRow(log_id=row.log_id, token=token, made_at=made_at)
                session.add(stamp)
