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


class Scoped:
    """What a key or a user is limited to: None is no limit; divisions hold what lies below."""

    cameras: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    kinds: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    divisions: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))


class KeyRow(Scoped, Base):
    """An access key: `hash` is the SHA-256 of its secret, which is stored nowhere.

    `last_used_at` is kept to about a minute.
    """

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    hash: Mapped[str] = mapped_column(String(64))
    session: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcTime)


class UserRow(Scoped, Base):
    """A person who signs in. `name` is what they type, folded; `label` is what logs call them.

    `password` is an Argon2id hash; None for who signs in at the identity provider, as `subject`.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    password: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(String(512), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SessionRow(Base):
    """A user's session in one browser; `id` is the SHA-256 of its secret, which is in its cookie.

    It is deleted when it ends. `last_seen_at` is kept to about a minute.
    """

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    address: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcTime)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class SignInRow(Base):
    """Sign-ins that failed in a row; `id` is a digest of whose, see `api.access.lockout`.

    Until `until` the next is refused unheard.
    """

    __tablename__ = "failed_sign_ins"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UtcTime, index=True)
    until: Mapped[datetime | None] = mapped_column(UtcTime)


class OidcFlowRow(Base):
    """A sign-in at the identity provider that is under way; deleted when it comes back, once."""

    __tablename__ = "oidc_flows"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64))
    verifier: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(UtcTime, index=True)


class AccessRow(Base):
    """One look at an original, or one export. Append-only, like the case log.

    `what` is one of `api.access.access_log.What`; `detail` says more, such as a package's scope.
    `key_id` is the key's or the user's id, `unit` the user's, `address` where it was asked from.
    """

    __tablename__ = "access_log"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcTime)
    what: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("cases.id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    key_id: Mapped[str] = mapped_column(String(16), index=True)
    role: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(Text)
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
