"""The outbox: events on their way to receivers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from api.storage.tables.base import Base, UtcTime


class DeliveryRow(Base):
    """One event on its way to one receiver: the outbox. `body` never changes once written."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("receiver", "event_id"),
        Index("ix_deliveries_due", "receiver", "state", "next_attempt_at"),
        Index("ix_deliveries_order", "receiver", "case_id", "sequence"),
        Index("ix_deliveries_receiver_id", "receiver", "id"),
        Index("ix_deliveries_receiver_state_id", "receiver", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(40))
    receiver: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"))
    sequence: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    owner: Mapped[str | None] = mapped_column(String(64))
    next_attempt_at: Mapped[datetime] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_result: Mapped[str | None] = mapped_column(Text)


class AttemptRow(Base):
    """One attempt at a delivery: what the receiver answered, or why there was no answer."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (Index("ix_delivery_attempts_receiver_result", "receiver", "result"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("deliveries.id"), index=True)
    receiver: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcTime)
    status: Mapped[int | None] = mapped_column(Integer)
    result: Mapped[str] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)


class PrunedAttemptsRow(Base):
    """How many attempts of a receiver with one result were pruned: a count must never fall."""

    __tablename__ = "pruned_attempts"

    receiver: Mapped[str] = mapped_column(String(64), primary_key=True)
    result: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)


class ReceiverRow(Base):
    """A receiver that was disabled because it answered 410 Gone; a replay enables it again."""

    __tablename__ = "disabled_receivers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    disabled_at: Mapped[datetime] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(Text)


class FailingRow(Base):
    """A receiver whose last attempt failed, until one is accepted and that has been told.

    `since` is its first failure after what it accepted last, `error` why the latest failed.
    `event_id` is set when it has failed for long enough to be told of: the event that says so, and
    that is once; `told` are the receivers that have accepted it, or its end (`recovered_at`).
    """

    __tablename__ = "failing_receivers"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcTime)
    error: Mapped[str] = mapped_column(Text)
    event_id: Mapped[str | None] = mapped_column(String(40))
    recovered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    told: Mapped[list[str]] = mapped_column(JSON, default=list)
