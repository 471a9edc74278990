"""Check: the whole chain of a site against what its database holds now."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from api.records.chain import ZEROS, Fault, Finding, Sealed, Walk
from api.records.head_file import HeadFile
from api.records.keyring import Keyring
from api.records.site_chain import public_keys, sealed_rows
from api.storage.database import Database
from api.storage.tables import ChainRow, LogRow, RecordRow

_BATCH = 500
"""Records that are read in one transaction: some tens of milliseconds."""


class SiteCheck:
    """Walks once over all records that are there when it begins.

    Attributes:
        records: how many there are.
        unsigned: how many of them were written before records were signed.
    """

    def __init__(self, database: Database, head_file: HeadFile) -> None:
        self._database = database
        noted = head_file.read()  # before the database: what is added meanwhile is in there
        with database.read() as session:
            head = session.execute(
                select(ChainRow.site, ChainRow.site_no, ChainRow.hash, ChainRow.key)
            ).one()
            self._keys = Keyring(public_keys(session))
        self._site, self.records, self._hash, self._key = head
        self._noted = noted if noted is not None and noted.site == self._site else None
        self.unsigned = 0
        self._cases: dict[str, tuple[int, str]] = {}

    def findings(self) -> Iterator[Finding]:
        """Give what is wrong, from the first record to the last.

        Raises:
            DatabaseUnavailable: it cannot be read now.
        """
        for words in self._keys.wrong:
            yield Finding(Fault.WRONG_KEY, 0, words)
        if self._key is not None and self._key not in self._keys.trusted:
            yield Finding(Fault.WRONG_KEY, 0, f"the key in force ({self._key[:16]}…) is not there")
        walk = Walk("site", self._keys)
        walk.of = self._site
        for case, sealed in self._records():
            no = sealed.record["site_no"]
            yield from walk.take(sealed)
            yield from self._of_case(case, sealed)
            if self._noted is not None and self._noted.no == no and self._noted.hash != sealed.hash:
                words = f"record {no} is not the one that was noted beside the site's key"
                yield Finding(Fault.CHANGED, no, words)
        yield from walk.end(self.records, self._hash)
        if self._noted is not None and self._noted.no > self.records:
            words = (
                f"the file beside the site's key knows records up to {self._noted.no}, the "
                f"database up to {self.records}: records were taken from the end, or an older "
                "backup was restored"
            )
            yield Finding(Fault.MISSING, self.records + 1, words)
        yield from self._loose()

    def _records(self) -> Iterator[tuple[str, Sealed]]:
        """Every record, and the case among whose records it is stored."""
        last = 0
        while True:
            query = (
                select(RecordRow)
                .where(RecordRow.site_no > last, RecordRow.site_no <= self.records)
                .order_by(RecordRow.site_no)
                .limit(_BATCH)
                .options(joinedload(RecordRow.entry))
            )
            with self._database.read() as session:
                rows = session.scalars(query).all()
                there = [row for row in rows if row.entry is not None]
                batch = sealed_rows(self._site, there)
            if not rows:
                return
            last = rows[-1].site_no
            self.unsigned += sum(one.signed_by is None for one in batch)
            yield from ((row.case_id, one) for row, one in zip(there, batch, strict=True))

    def _of_case(self, case: str, sealed: Sealed) -> Iterator[Finding]:
        """Whether a record is its case's, and follows that case's record before it."""
        record = sealed.record
        if case != record["case"]:
            words = f"record {record['site_no']} of case {record['case']} is kept as one of {case}"
            yield Finding(Fault.SPLICED, record["site_no"], words)
        no, prev = self._cases.get(record["case"], (0, ZEROS))
        self._cases[record["case"]] = (record["no"], sealed.hash)
        if (record["no"], record["prev"]) != (no + 1, prev):
            words = (
                f"record {record['site_no']} is said to be {record['no']} of case "
                f"{record['case']} and does not follow its {no}"
            )
            yield Finding(Fault.SPLICED, record["site_no"], words)

    def _loose(self) -> Iterator[Finding]:
        """Entries of the log that no record covers."""
        query = (
            select(LogRow.id, LogRow.case_id)
            .outerjoin(RecordRow, RecordRow.log_id == LogRow.id)
            .where(RecordRow.log_id.is_(None))
            .order_by(LogRow.id)
            .limit(_BATCH)
        )
        with self._database.read() as session:
            for entry in session.execute(query):
                words = f"entry {entry.id} of case {entry.case_id} is in the log without a record"
                yield Finding(Fault.SPLICED, 0, words)
