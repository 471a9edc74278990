"""UserStore: the people who sign in, with role, unit and scope."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.access.divisions import scope_of
from api.access.passwords import check, hashed
from api.access.roles import Role
from api.errors import AccountTaken, CaseError, UnknownAccount
from api.storage.database import Database
from api.storage.tables import SessionRow, UserRow
from api.words.said import say

_NAME = re.compile(r"[\w.@+-]{1,64}")


@dataclass(frozen=True, slots=True)
class UserInfo:
    """A user without their password. Times are UTC; None is no limit.

    `password` says whether there is one: who has none signs in at the identity provider.
    """

    id: str
    name: str
    label: str
    unit: str
    role: Role
    password: bool
    created_at: datetime
    disabled_at: datetime | None
    cameras: tuple[str, ...] | None
    kinds: tuple[str, ...] | None
    divisions: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is changed of a user; None leaves it as it is, and an empty scope is no limit."""

    label: str | None = None
    unit: str | None = None
    role: Role | None = None
    password: str | None = None
    disabled: bool | None = None
    cameras: Sequence[str] | None = None
    kinds: Sequence[str] | None = None
    divisions: Sequence[str] | None = None


def folded(name: str) -> str:
    """A user name as it is compared: however somebody types it, it is the same person's."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class UserStore:
    """Adds, lists and changes users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, role: Role, password: str, change: Change | None = None) -> UserInfo:
        """Add a user.

        Args:
            name: to sign in with: letters, digits and `. _ @ + -`; capitals do not matter.
            role: of the user.
            password: as `api.access.passwords.check` wants it.
            change: what else is known of them.

        Raises:
            CaseError: name or password cannot be taken; the message says why.
            AccountTaken: another user has the name.
        """
        known = folded(name)
        if not _NAME.fullmatch(known):
            raise CaseError(say("user_name_form"))
        check(password, known)
        row = new_user(known, role, label=name.strip())
        row.password = hashed(password)
        _apply(row, change or Change())
        try:
            with self._database.write() as session:
                session.add(row)
        except IntegrityError as error:
            raise AccountTaken(say("user_name_taken", name=known)) from error
        return info(row)

    def list(self) -> list[UserInfo]:
        """Every user by name, disabled ones too."""
        with self._database.read() as session:
            return [info(row) for row in session.scalars(select(UserRow).order_by(UserRow.name))]

    def find(self, name: str) -> UserInfo:
        """The user of this name.

        Raises:
            UnknownAccount: nobody has it.
        """
        with self._database.read() as session:
            row = session.scalar(select(UserRow).where(UserRow.name == folded(name)))
        if row is None:
            raise UnknownAccount(say("user_name_unknown", name=name[:64]))
        return info(row)

    def change(self, user_id: str, change: Change, by: str | None = None) -> UserInfo:
        """Change a user; a new password, or being disabled, ends their sessions.

        Args:
            user_id: of the user.
            change: what is changed.
            by: the user's id who does it: nobody takes their own role or lets themselves out.

        Raises:
            UnknownAccount: no user has this id.
            CaseError: the password cannot be taken, or it would be their own role.
        """
        with self._database.write() as session:
            row = session.get(UserRow, user_id, with_for_update=True)
            if row is None:
                raise UnknownAccount(say("user_unknown", user=user_id[:64]))
            if by == user_id and (change.role not in {None, Role(row.role)} or change.disabled):
                raise CaseError(say("own_account"))
            if change.password is not None:
                check(change.password, row.name)
                row.password = hashed(change.password)
            _apply(row, change)
            if change.password is not None or change.disabled:
                end_sessions(session, user_id)
            return info(row)

    def count(self) -> int:
        """How many users there are."""
        with self._database.read() as session:
            return session.scalar(select(func.count()).select_from(UserRow)) or 0


def new_user(name: str, role: Role, *, label: str) -> UserRow:
    """A row for a user who is nowhere yet."""
    return UserRow(
        id=f"u{secrets.token_hex(6)}",
        name=name,
        label=label,
        unit="",
        role=role.value,
        created_at=datetime.now(UTC),
    )


def end_sessions(session: Session, user_id: str) -> None:
    """End every session of a user."""
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))


def _apply(row: UserRow, change: Change) -> None:
    if change.label is not None:
        row.label = change.label.strip() or row.label
    if change.unit is not None:
        row.unit = change.unit.strip()
    if change.role is not None:
        row.role = change.role.value
    if change.disabled is not None:
        row.disabled_at = (row.disabled_at or datetime.now(UTC)) if change.disabled else None
    for name in ("cameras", "kinds"):
        given = getattr(change, name)
        if given is not None:
            setattr(row, name, sorted(set(given)) or None)
    if change.divisions is not None:
        row.divisions = scope_of(change.divisions)


def info(row: UserRow) -> UserInfo:
    """A user as others may know them."""
    scope = {
        name: None if getattr(row, name) is None else tuple(getattr(row, name))
        for name in ("cameras", "kinds", "divisions")
    }
    return UserInfo(
        id=row.id,
        name=row.name,
        label=row.label,
        unit=row.unit,
        role=Role(row.role),
        password=row.password is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        **scope,
    )
