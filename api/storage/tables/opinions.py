"""Second opinions: which cases a model is still to be asked about, and how often it answered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.storage.tables.base import Base, UtcTime


class OpinionRow(Base):
    """A case that a model is asked about; what it answered is the case's, and in its log.

    `state` is one of `api.opinions.queue.State`. While `owner` asks, `next_attempt_at` is the end
    of its lease. `failures` counts attempts that ended without an answer, `error` says why the
    last one did.
    """

    __tablename__ = "opinions"
    __table_args__ = (Index("ix_opinions_state_next_attempt_at", "state", "next_attempt_at"),)

    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    failures: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    next_attempt_at: Mapped[datetime] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    error: Mapped[str | None] = mapped_column(Text)


class OpinionCountRow(Base):
    """How often something came of a question, whatever is pruned; and the milliseconds it took."""

    __tablename__ = "opinion_counts"

    result: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    ms: Mapped[int] = mapped_column(BigInteger)
