"""KeyStore: access keys, shown once and stored as the SHA-256 of a 256-bit random secret.

A key reads `sw_<id>_<secret>`. The id finds the row, the secret proves it. A fast hash is enough
because the secret is random: there is no dictionary to try.
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from api.access.divisions import scope_of
from api.access.last_used import LastUsed
from api.access.roles import Principal, Role
from api.errors import CaseError, UnknownAccount
from api.storage.database import Database
from api.storage.tables import KeyRow
from api.words.said import say

SESSION_LABEL = "console session"
SESSION_LIFE = timedelta(hours=12)
_LONGEST_KEY = 128  # one is 59 characters
_NO_HASH = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `key` is shown now and never again."""

    id: str
    key: str


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """A stored key without its secret. Times are UTC; `last_used_at` is to about a minute.

    `cameras`, `kinds`, `divisions` None: no limit.
    """

    id: str
    label: str
    role: Role
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    cameras: tuple[str, ...] | None
    kinds: tuple[str, ...] | None
    divisions: tuple[str, ...] | None
    last_used_at: datetime | None

    def active(self, now: datetime) -> bool:
        """Whether the key opens anything at this time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class KeyStore:
    """Creates, verifies, lists and revokes access keys.

    Args:
        database: of the keys.
        used: is told which key was used.
    """

    def __init__(self, database: Database, used: LastUsed | None = None) -> None:
        self._database = database
        self._used = used
        self._known: dict[str, KeyRow] = {}
        self._learnt_at = -math.inf

    def create(
        self,
        label: str,
        role: Role,
        *,
        expires: timedelta | None = None,
        cameras: Sequence[str] = (),
        kinds: Sequence[str] = (),
        divisions: Sequence[str] = (),
    ) -> NewKey:
        """Make a key. Empty `cameras`, `kinds` or `divisions` set no limit.

        Raises:
            CaseError: the label is empty, `expires` is not positive, or a division is no code.
            DatabaseUnavailable: it could not be stored.
        """
        row, new = _mint(label, role, expires)
        row.cameras = sorted(set(cameras)) or None
        row.kinds = sorted(set(kinds)) or None
        row.divisions = scope_of(divisions)
        with self._database.write() as session:
            session.add(row)
        return new

    def session_key(self) -> str:
        """Make the console's admin key for the next 12 hours.

        Keys of earlier starts remain valid until they expire, so a restart of the server does not
        end a console session. `revoke` ends one at once.
        """
        row, new = _mint(SESSION_LABEL, Role.ADMIN, SESSION_LIFE)
        row.session = True
        with self._database.write() as session:
            session.add(row)
        return new.key

    def verify(self, key: str) -> Principal | None:
        """Return the principal of this key; None if it is unknown, revoked or expired.

        Raises:
            DatabaseUnavailable: it cannot be looked up.
        """
        key_id, secret = _parts(key)
        if not key_id:
            return None
        with self._database.read() as session:
            row = session.get(KeyRow, key_id)
        who = _holder(row, secret)
        if who is not None and row is not None and self._used is not None:
            self._used.note(KeyRow, row.id, row.last_used_at)
        return who

    def learn(self) -> None:
        """Read all keys into memory, for `recall`.

        Raises:
            DatabaseUnavailable: they cannot be read; what was read before is kept.
        """
        with self._database.read() as session:
            query = select(KeyRow).where(KeyRow.revoked_at.is_(None))
            self._known = {row.id: row for row in session.scalars(query)}
        self._learnt_at = time.monotonic()

    @property
    def learnt_ago_s(self) -> float:
        """Seconds since `learn`; infinite before the first."""
        return time.monotonic() - self._learnt_at

    def recall(self, key: str) -> Principal | None:
        """As `verify`, from the keys that `learn` read, without the database."""
        key_id, secret = _parts(key)
        return _holder(self._known.get(key_id), secret) if key_id else None

    def stands(self, who: Principal) -> bool:
        """Whether the key of this principal still opens anything.

        Raises:
            DatabaseUnavailable: it cannot be looked up.
        """
        with self._database.read() as session:
            row = session.get(KeyRow, who.key_id)
        return row is not None and _info(row).active(datetime.now(UTC))

    def revoke(self, key_id: str) -> None:
        """Stop a key from opening anything; revoking twice is fine.

        Raises:
            UnknownAccount: no key has this id.
        """
        with self._database.write() as session:
            row = session.get(KeyRow, key_id)
            if row is None:
                raise UnknownAccount(say("key_unknown", key=key_id[:64]))
            row.revoked_at = row.revoked_at or datetime.now(UTC)

    def list(self) -> list[KeyInfo]:
        """Every key, the oldest first, revoked and expired ones too."""
        with self._database.read() as session:
            rows = session.scalars(select(KeyRow).order_by(KeyRow.created_at, KeyRow.id))
            return [_info(row) for row in rows]


def _mint(label: str, role: Role, expires: timedelta | None) -> tuple[KeyRow, NewKey]:
    if not label.strip():
        raise CaseError(say("key_label_missing"))
    if expires is not None and expires <= timedelta():
        raise CaseError(say("key_expired"))
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    row = KeyRow(
        id=key_id,
        label=label.strip(),
        role=role.value,
        hash=_digest(secret),
        session=False,
        created_at=now,
        expires_at=now + expires if expires else None,
    )
    return row, NewKey(id=key_id, key=f"sw_{key_id}_{secret}")


def _parts(key: str) -> tuple[str, str]:
    """A key's id and secret; empty where it cannot be a key."""
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    shaped = prefix == "sw" and key.isascii() and key.isprintable() and len(key) <= _LONGEST_KEY
    return (key_id, secret) if shaped and key_id and secret else ("", "")


def _holder(row: KeyRow | None, secret: str) -> Principal | None:
    # An unknown id costs the same comparison as a known one.
    matches = hmac.compare_digest(_digest(secret), row.hash if row else _NO_HASH)
    if row is None or not matches or not _info(row).active(datetime.now(UTC)):
        return None
    return Principal(
        key_id=row.id,
        label=row.label,
        role=Role(row.role),
        cameras=None if row.cameras is None else frozenset(row.cameras),
        kinds=None if row.kinds is None else frozenset(row.kinds),
        divisions=None if row.divisions is None else frozenset(row.divisions),
        expires_at=row.expires_at,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _info(row: KeyRow) -> KeyInfo:
    return KeyInfo(
        id=row.id,
        label=row.label,
        role=Role(row.role),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        cameras=None if row.cameras is None else tuple(row.cameras),
        kinds=None if row.kinds is None else tuple(row.kinds),
        divisions=None if row.divisions is None else tuple(row.divisions),
        last_used_at=row.last_used_at,
    )
