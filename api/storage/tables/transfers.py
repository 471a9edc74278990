"""Transfers: cases that have gone from one division, or one site, to another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.storage.tables.base import Base, UtcTime


class TransferRow(Base):
    """A case's way from a division to another: what both of them may know of it for good.

    `way` is one of `api.cases.transfers.Way`. Between sites `peer` is the other's id in its
    records, `peer_name` its name, `package` the SHA-256 of the package's manifest, `receipt` what
    the receiving site signed; `origin` is, with who received it, what the sending site vouches for.
    `by` is the label of the key or user `key_id`.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        Index("ix_transfers_from_division_id", "from_division", "id"),
        Index("ix_transfers_to_division_id", "to_division", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    way: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime] = mapped_column(UtcTime)
    kind: Mapped[str] = mapped_column(String(64))
    from_division: Mapped[str] = mapped_column(String(32))
    to_division: Mapped[str] = mapped_column(String(32))
    by: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    peer: Mapped[str | None] = mapped_column(String(40))
    peer_name: Mapped[str] = mapped_column(Text, server_default="")
    package: Mapped[str | None] = mapped_column(String(64))
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    origin: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
