"""SessionStore: sessions of users who have signed in; every server of one database has them.

A session's secret is 256 random bits in a cookie; stored is its SHA-256, as of keys. It ends when
nobody has done anything for `idle`, after `longest` in any case, and when it is ended.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import delete, select

from api.access.last_used import LastUsed
from api.access.roles import Principal, Role
from api.access.users import end_sessions
from api.storage.database import Database
from api.storage.tables import SessionRow, UserRow
from vision.site.access import AccessSettings

MOST = 20
"""Sessions of one user at the same time; the next ends the oldest."""
_LONGEST_SECRET = 64


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just begun; `secret` goes into the cookie and is stored nowhere."""

    secret: str
    expires_at: datetime


class SessionStore:
    """Begins, verifies and ends sessions.

    Args:
        database: of the sessions.
        settings: how long they last.
        used: is told which session was used.
    """

    def __init__(
        self, database: Database, settings: AccessSettings, used: LastUsed | None = None
    ) -> None:
        self._database = database
        self._idle = settings.idle
        self._longest = settings.session
        self._used = used

    def begin(self, user_id: str, address: str, *, alone: bool = False) -> NewSession:
        """Begin a session of a user; `alone` ends their others.

        Raises:
            DatabaseUnavailable: it could not be stored.
        """
        secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
        ends = now + self._longest
        with self._database.write() as session:
            # One after the other for one user, and nobody who is gone.
            session.get_one(UserRow, user_id, with_for_update=True)
            if alone:
                end_sessions(session, user_id)
            mine = SessionRow.user_id == user_id
            newest = select(SessionRow.id).where(mine).order_by(SessionRow.created_at.desc())
            old = session.scalars(newest.offset(MOST - 1)).all()
            session.execute(delete(SessionRow).where(mine, SessionRow.id.in_(old)))
            session.execute(delete(SessionRow).where(mine, SessionRow.expires_at <= now))
            session.add(
                SessionRow(
                    id=_digest(secret),
                    user_id=user_id,
                    address=address,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=ends,
                )
            )
        return NewSession(secret, ends)

    def verify(self, secret: str, *, active: bool = True) -> Principal | None:
        """The user of this session; None if it is unknown or over, or the user is disabled.

        Args:
            secret: from the cookie.
            active: whether a person did something, and not the page by itself.

        Raises:
            DatabaseUnavailable: it cannot be looked up.
        """
        if not secret.isascii() or len(secret) > _LONGEST_SECRET:
            return None
        found = self._find(_digest(secret))
        if found is None:
            return None
        row, user = found
        if active and self._used is not None:
            self._used.note(SessionRow, row.id, row.last_seen_at)
        return holder(user, session=row.id, expires_at=row.expires_at)

    def stands(self, who: Principal) -> bool:
        """Whether the session of this principal goes on, with all that they were let in with.

        Raises:
            DatabaseUnavailable: it cannot be looked up.
        """
        found = self._find(who.session or "")
        if found is None:
            return False
        row, user = found
        now = holder(user, session=row.id, expires_at=row.expires_at)
        return replace(now, address=who.address) == who

    def _find(self, session_id: str) -> tuple[SessionRow, UserRow] | None:
        """A session that is not over, of a user who is not disabled."""
        query = select(SessionRow, UserRow).join(UserRow, UserRow.id == SessionRow.user_id)
        with self._database.read() as session:
            found = session.execute(query.where(SessionRow.id == session_id)).one_or_none()
        if found is None or self._over(found[0]) or found[1].disabled_at is not None:
            return None
        return found[0], found[1]

    def end(self, session_id: str) -> None:
        """End a session; ending twice is fine."""
        with self._database.write() as session:
            session.execute(delete(SessionRow).where(SessionRow.id == session_id))

    def end_all(self, user_id: str) -> None:
        """End every session of a user: on this server and on all others."""
        with self._database.write() as session:
            end_sessions(session, user_id)

    def _over(self, row: SessionRow) -> bool:
        now, seen = datetime.now(UTC), row.last_seen_at
        noted = self._used.noted(SessionRow, row.id) if self._used is not None else None
        return now >= row.expires_at or now - max(seen, noted or seen) >= self._idle


def csrf_token(secret: str) -> str:
    """What a script of our own page sends beside the cookie, and no other page can know.

    It is worked out from the session's secret: nothing to store, and no second cookie that a
    neighbouring host could plant.
    """
    return hmac.new(secret.encode(), b"csrf", hashlib.sha256).hexdigest()


def holder(user: UserRow, *, session: str, expires_at: datetime) -> Principal:
    """A user who has signed in."""
    cameras, kinds, divisions = (
        None if limit is None else frozenset(limit)
        for limit in (user.cameras, user.kinds, user.divisions)
    )
    return Principal(
        key_id=user.id,
        label=user.label,
        role=Role(user.role),
        cameras=cameras,
        kinds=kinds,
        divisions=divisions,
        expires_at=expires_at,
        session=session,
        unit=user.unit,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
