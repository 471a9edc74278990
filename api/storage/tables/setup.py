"""How the site file was changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from api.storage.tables.base import Base, UtcTime


class SiteChangeRow(Base):
    """One change of the site file; see `api.setup.history`.

    `state` is `writing` until the file is known to hold it, then `written`. `file` says which file
    on which machine. `before` and `after` are the whole texts, compressed by zlib, with their
    SHA-256: they may hold what is secret. `who` is the id of the user or key, empty where somebody
    edited the file by hand. `parts` are the settings that it changed, `undoes` the change that it
    took back.
    """

    __tablename__ = "site_changes"
    __table_args__ = (Index("ix_site_changes_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    by: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(16))
    camera: Mapped[str | None] = mapped_column(String(64))
    parts: Mapped[list[str]] = mapped_column(JSON)
    file: Mapped[str] = mapped_column(Text)
    before: Mapped[bytes] = mapped_column(LargeBinary)
    after: Mapped[bytes] = mapped_column(LargeBinary)
    before_sha256: Mapped[str] = mapped_column(String(64))
    after_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    undone: Mapped[bool]
    undoes: Mapped[int | None]
