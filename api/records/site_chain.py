"""SiteChain: appends to the chain of a site's records, signed with the site's key."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from api.errors import SiteKeyError
from api.records.chain import VERSION, ZEROS, Link, Sealed, digest, timed, to_sign
from api.records.head_file import HeadFile, Noted
from api.records.keyring import PublicKey, statement
from api.records.site_key import SiteKey
from api.storage.database import Database
from api.storage.tables import ChainRow, LogRow, RecordRow, SiteKeyRow
from vision import durable
from vision.throttled_log import ThrottledLog

LOG = logging.getLogger("streetwarden.records")
_TROUBLE = ThrottledLog(LOG)


class SiteChain:
    """Signs and chains what is logged on a database; made by `open`, one for each database.

    It is safe to use by many threads and processes: the chain's row is locked while records are
    appended, last of all locks, until the transaction ends.
    """

    def __init__(self, key_file: Path, key: SiteKey) -> None:
        self._key_file = key_file
        self._key = key
        self._head_file = HeadFile(key_file)
        try:
            self._head_file.load()
        except SiteKeyError as error:  # a power cut may do that; it is written anew
            LOG.warning("%s", error)

    @classmethod
    def open(cls, database: Database, key_file: Path) -> SiteChain:
        """Open the site's key, made at the very first start, and sign what is logged from now on.

        Raises:
            SiteKeyError: the key cannot be used; a new one is never made in its place.
            DatabaseUnavailable: nothing was changed; try again.
        """
        with database.write() as session:
            head = lock_head(session)
            if head.key is None:
                there = os.path.lexists(key_file)
                key = SiteKey.read(key_file) if there else SiteKey.make(key_file)
                enter_key(session, head, key)
            else:
                key = in_force(key_file, head.key)
            chain = cls(key_file, key)
            chain._compare(head)
        database.sealer = chain
        return chain

    def seal(self, session: Session, entries: Sequence[LogRow]) -> None:
        """Add the records of these entries, which are flushed.

        Raises:
            SiteKeyError: another process has rotated the key, and the new one cannot be read.
        """
        head = lock_head(session)
        if head.key is not None and head.key != self._key.fingerprint:
            self._key = in_force(self._key_file, head.key)
        self._compare(head)
        site_no, site_prev = head.site_no, head.hash
        cases: dict[str, tuple[int, str]] = {}
        made = []
        for entry in entries:
            site_no += 1
            no, prev = cases.get(entry.case_id) or case_head(session, entry.case_id)
            link = Link(no + 1, prev, site_no, site_prev)
            site_prev = digest(record_of(head.site, entry, link))
            cases[entry.case_id] = (no + 1, site_prev)
            made.append(
                {
                    "log_id": entry.id,
                    "case_id": entry.case_id,
                    "no": link.no,
                    "prev": link.prev,
                    "site_no": link.site_no,
                    "site_prev": link.site_prev,
                    "hash": site_prev,
                    "signature": self._key.sign(to_sign(site_prev)),
                    "signed_by": self._key.fingerprint,
                }
            )
        session.execute(insert(RecordRow), made)
        session.execute(update(ChainRow).values(site_no=site_no, hash=site_prev))
        session.info["head"] = Noted(head.site, site_no, site_prev)

    def sealed(self, session: Session) -> None:
        """Note the new head beside the key; what is committed is not undone if that fails."""
        try:
            self._head_file.keep(session.info["head"])
        except OSError as error:
            _TROUBLE.in_words("the number of the last record is not noted beside the key", error)

    def _compare(self, head: Head) -> None:
        """Say if the database has lost records; it goes on, as what happens now is to be kept."""
        wrong = self._head_file.compare(Noted(head.site, head.site_no, head.hash))
        if wrong is not None:
            LOG.error("%s", wrong)


class Head(NamedTuple):
    """The site, its last record and the key in force; see `ChainRow`."""

    site: str
    site_no: int
    hash: str
    key: str | None


def lock_head(session: Session) -> Head:
    """Lock the chain until the transaction ends, and give its head."""
    query = select(ChainRow.site, ChainRow.site_no, ChainRow.hash, ChainRow.key)
    return Head(*session.execute(query.with_for_update()).one())


def case_head(session: Session, case_id: str) -> tuple[int, str]:
    """Number and hash of a case's last record; 0 and zeros before the first."""
    query = (
        select(RecordRow.no, RecordRow.hash)
        .where(RecordRow.case_id == case_id)
        .order_by(RecordRow.no.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return (row.no, row.hash) if row is not None else (0, ZEROS)


def record_of(site: str, entry: LogRow, link: Link) -> dict[str, Any]:
    """The record of an entry that is stored at this place of the chains."""
    return {
        "v": VERSION,
        "site": site,
        "case": entry.case_id,
        "no": link.no,
        "at": timed(entry.at),
        "actor": entry.actor,
        "key_id": entry.key_id,
        "action": entry.action,
        "stage": entry.stage,
        "reason": entry.reason,
        "data": entry.data,
        "prev": link.prev,
        "site_no": link.site_no,
        "site_prev": link.site_prev,
    }


def enter_key(session: Session, head: Head, key: SiteKey, previous: SiteKey | None = None) -> None:
    """Put a key into force, from the next record on; `head` is locked.

    Args:
        session: of the transaction.
        head: see `lock_head`.
        key: the new one.
        previous: the one in force, if it is at hand to vouch for the new one.
    """
    now = datetime.now(UTC)
    stated = statement(key.fingerprint, head.site, head.site_no + 1, timed(now), head.key)
    session.add(
        SiteKeyRow(
            fingerprint=key.fingerprint,
            pem=key.pem,
            from_no=head.site_no + 1,
            made_at=now,
            previous=head.key,
            signature=key.sign(stated),
            previous_signature=previous.sign(stated) if previous is not None else None,
        )
    )
    session.execute(update(ChainRow).values(key=key.fingerprint))


def next_file(key_file: Path) -> Path:
    """Where the next key lies until it is in force."""
    return key_file.with_name(f"{key_file.name}.next")


def in_force(key_file: Path, fingerprint: str) -> SiteKey:
    """Read the key, which has to be the one in force; end a rotation that was cut off.

    Raises:
        SiteKeyError: it cannot be read, or is another.
    """
    waiting = next_file(key_file)
    with suppress(SiteKeyError, FileNotFoundError):
        if SiteKey.read(waiting).fingerprint == fingerprint:
            waiting.replace(key_file)
            durable.sync_folder(key_file.parent)
    key = SiteKey.read(key_file)
    if key.fingerprint != fingerprint:
        raise SiteKeyError(
            f"{key_file}: this key ({key.fingerprint[:16]}…) is not the one that signs this site's "
            f"records ({fingerprint[:16]}…); restore that one from your backup, or make a new one "
            "with `streetwarden site-key rotate --lost`"
        )
    return key


def public_keys(session: Session) -> list[PublicKey]:
    """Every public key of the site, the first one first."""
    site = session.scalars(select(ChainRow.site)).one()
    rows = session.scalars(select(SiteKeyRow).order_by(SiteKeyRow.made_at))
    return [
        PublicKey(
            fingerprint=row.fingerprint,
            pem=row.pem,
            site=site,
            from_no=row.from_no,
            made_at=timed(row.made_at),
            previous=row.previous,
            signature=row.signature,
            previous_signature=row.previous_signature,
        )
        for row in rows
    ]


def case_records(session: Session, case_id: str) -> list[Sealed]:
    """The records of a case, the first one first."""
    site = session.scalars(select(ChainRow.site)).one()
    query = select(RecordRow).where(RecordRow.case_id == case_id).order_by(RecordRow.no)
    return sealed_rows(site, session.scalars(query))


def sealed_rows(site: str, rows: Iterable[RecordRow]) -> list[Sealed]:
    """Records as their entries are stored now."""
    return [Sealed(_stored(site, row), row.hash, row.signature, row.signed_by) for row in rows]


def _stored(site: str, row: RecordRow) -> dict[str, Any]:
    record = record_of(site, row.entry, Link(row.no, row.prev, row.site_no, row.site_prev))
    if row.signed_by is None:  # from before anything refused NaN; chained as null
        record["data"] = json.loads(json.dumps(record["data"]), parse_constant=lambda _: None)
    return record
