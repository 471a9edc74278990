"""Who may look, who looked at an original, and what was purged."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.storage.tables.base import Base, UtcTime


class KeyRow(Base):
    """An access key: `hash` is the SHA-256 of its secret, which is stored nowhere."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    hash: Mapped[str] = mapped_column(String(64))
    session: Mapped[bool]
    cameras: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    kinds: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)


class MediaAccessRow(Base):
    """One look at an original picture. Append-only, like the case log."""

    __tablename__ = "media_access_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    actor: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(String(16))
    role: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)


class PurgeRow(Base):
    """Proof that a file was purged: which, of what, when and by which rule; never its content.

    `due_at` is when the rule let it go, `decided_at` when it was taken from the case, `removed_at`
    when its file was gone: None while that is still to be done, or another case has the same file.
    """

    __tablename__ = "purges"
    __table_args__ = (Index("ix_purges_removed_at_id", "removed_at", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    role: Mapped[str] = mapped_column(String(16))
    media_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    captured_at: Mapped[datetime] = mapped_column(UtcTime)
    rule: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UtcTime)
    decided_at: Mapped[datetime] = mapped_column(UtcTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)
