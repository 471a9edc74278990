"""The chain of records, its keys and time stamps."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.storage.tables.base import Base, UtcTime
from api.storage.tables.cases import LogRow


class RecordRow(Base):
    """The record of one entry of the log: its place in the chains, its hash and signature.

    `no` counts the records of a case, `site_no` those of the site, from 1; `prev` and `site_prev`
    are the hashes of those before. `signature` and `signed_by` (a public key's fingerprint) are
    None in what was written before records were signed. Append-only, like the log.
    """

    __tablename__ = "records"
    __table_args__ = (UniqueConstraint("case_id", "no"), UniqueConstraint("site_no"))

    # No key to `cases`: checking it would wait for who holds the case while this holds the chain.
    log_id: Mapped[int] = mapped_column(ForeignKey("case_log.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(40))
    no: Mapped[int] = mapped_column(Integer)
    prev: Mapped[str] = mapped_column(String(64))
    site_no: Mapped[int] = mapped_column(Integer)
    site_prev: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str | None] = mapped_column(String(88))
    signed_by: Mapped[str | None] = mapped_column(String(64))

    entry: Mapped[LogRow] = relationship(viewonly=True)


class TimeStampRow(Base):
    """An RFC 3161 token (DER) over a record, and when it was made; append-only."""

    __tablename__ = "time_stamps"

    log_id: Mapped[int] = mapped_column(ForeignKey("records.log_id"), primary_key=True)
    token: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime] = mapped_column(UtcTime)


class ChainRow(Base):
    """The one row about the site's chain: its last record and the key in force.

    `site` is an id made with the database: records name it, whatever the site is called. Who
    appends locks this row, after every other.
    """

    __tablename__ = "chain_head"

    site: Mapped[str] = mapped_column(String(40), primary_key=True)
    site_no: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(64))


class SiteKeyRow(Base):
    """A public key of the site; see `api.records.keyring.PublicKey`. Append-only."""

    __tablename__ = "site_keys"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    pem: Mapped[str] = mapped_column(Text)
    from_no: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[datetime] = mapped_column(UtcTime)
    previous: Mapped[str | None] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(88))
    previous_signature: Mapped[str | None] = mapped_column(String(88))
