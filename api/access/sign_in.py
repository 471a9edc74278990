"""SignInDesk: signs users in by name and password, and changes their passwords."""

from __future__ import annotations

import logging

from sqlalchemy import select

from api.access.backoff import network
from api.access.lockout import Lockout
from api.access.passwords import check, hashed, matches, outdated
from api.access.roles import Principal
from api.access.sessions import NewSession, SessionStore
from api.access.users import folded
from api.errors import SignInFailed, SignInWaits
from api.storage.database import Database
from api.storage.tables import UserRow
from api.words.said import say

LOG = logging.getLogger("streetwarden.api")


class SignInDesk:
    """Signs in; says no in the same words and the same time, whatever was wrong."""

    def __init__(self, database: Database, sessions: SessionStore) -> None:
        self._database = database
        self._sessions = sessions
        self._lockout = Lockout(database)

    def sign_in(self, name: str, password: str, address: str) -> NewSession:
        """Begin a session of the user with this name and password.

        Raises:
            SignInWaits: too many failures from this address; nothing was looked at.
            SignInFailed: no such user, not their password, or they are disabled.
            DatabaseUnavailable: it cannot be looked up or stored.
        """
        user = self._proven(folded(name), password, address)
        if user is None:
            raise SignInFailed(say("wrong_password"))
        return self._sessions.begin(user.id, address)

    def change_password(self, who: Principal, current: str, new: str) -> NewSession:
        """Change a user's own password; ends all their sessions and begins a new one.

        Raises:
            SignInWaits: too many wrong ones from this address.
            SignInFailed: `current` is not their password.
            CaseError: the new one is too short or easily guessed.
        """
        with self._database.read() as session:
            name = session.get_one(UserRow, who.key_id).name
        if self._proven(name, current, who.address) is None:
            raise SignInFailed(say("wrong_current_password"))
        check(new, name)
        self._store(who.key_id, hashed(new))
        return self._sessions.begin(who.key_id, who.address, alone=True)

    def _proven(self, name: str, password: str, address: str) -> UserRow | None:
        wait = self._lockout.reserve(name, address)
        if wait:
            LOG.warning("sign-ins from %s wait %d s: too many have failed", network(address), wait)
            raise SignInWaits(say("sign_in_waits", wait_s=wait), wait)
        with self._database.read() as session:
            user = session.scalar(select(UserRow).where(UserRow.name == name))
        able = user is not None and user.disabled_at is None
        if not matches(user.password if user is not None and able else None, password):
            LOG.warning("a failed sign-in from %s", network(address))
            return None
        assert user is not None
        assert user.password is not None
        self._lockout.forget(name, address)
        if outdated(user.password):
            self._store(user.id, hashed(password))
        return user

    def _store(self, user_id: str, password: str) -> None:
        with self._database.write() as session:
            session.get_one(UserRow, user_id, with_for_update=True).password = password
