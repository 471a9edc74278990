"""What case systems have said of cases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from api.storage.tables.base import Base, UtcTime
from api.storage.tables.cases import CaseRow


class CallbackRow(Base):
    """One call-back as it came, and what became of it; see `api.callbacks`.

    `sender` is who it came from, by which ids are told apart (`webhook:NAME` or `key:ID`);
    `receiver` is what people call them. `digest` is the SHA-256 of what it says: the same id with
    another content is a row of its own. `at` is when the case system says that it was.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        UniqueConstraint("sender", "event_id", "digest"),
        Index("ix_callbacks_case_id_id", "case_id", "id"),
        Index("ix_callbacks_state_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    sender: Mapped[str] = mapped_column(String(80))
    receiver: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcTime)
    received_at: Mapped[datetime] = mapped_column(UtcTime)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    applied_at: Mapped[datetime | None] = mapped_column(UtcTime)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)

    case: Mapped[CaseRow] = relationship()
