"""Audits: batches of photos and videos that were uploaded to be looked at."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from api.storage.tables.base import Base, UtcTime


class AuditRow(Base):
    """An audit; its files and its report lie in a folder of its id, see `api.audits`.

    `state` is one of `api.audits.state.State`. `by` is the label of the key or user `key_id` who
    made it. `changed_at` is when its state last changed, `queued_at` when it was started.
    `deaths` counts how often its process died under it. `progress` is how far it is, `counts` the
    report's own once it is done, `error` why it failed: code, params and English sentence.
    """

    __tablename__ = "audits"
    __table_args__ = (
        Index("ix_audits_state_queued_at", "state", "queued_at"),
        Index("ix_audits_state_changed_at", "state", "changed_at"),
        Index("ix_audits_key_id_state", "key_id", "state"),
    )

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)
    queued_at: Mapped[datetime | None] = mapped_column(UtcTime)
    deaths: Mapped[int] = mapped_column(Integer)
    progress: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class AuditFileRow(Base):
    """A file of an audit; how much of its `size` (bytes) has come, the file on the disk says."""

    __tablename__ = "audit_files"
    __table_args__ = (UniqueConstraint("audit_id", "name"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    audit_id: Mapped[str] = mapped_column(ForeignKey("audits.id"))
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
