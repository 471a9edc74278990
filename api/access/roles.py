"""Roles, what each may do, and the principal that a verified key or session stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from vision.registers.divisions import lies_in


class Role(StrEnum):
    """Who holds a key, or signs in."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OFFICER = "officer"
    ADMIN = "admin"
    RECEIVER = "receiver"
    """A case system: call-backs only; it reads nothing."""
    AUDITOR = "auditor"
    """Reads all, changes nothing."""


class Right(StrEnum):
    """What a route asks for."""

    READ = "read"
    REVIEW = "review"
    TAKE_OVER = "take_over"
    """Of a case that somebody else holds."""
    ORIGINALS = "originals"
    HOLD = "hold"
    DELIVERIES = "deliveries"
    REPLAY = "replay"
    CALL_BACK = "call_back"
    """In the case system's name: nobody else's, not even an admin's."""
    ACCESS_LOG = "access_log"
    """Who looked at which original, and what was exported."""
    ACCOUNTS = "accounts"
    """Users and keys."""
    SETUP = "setup"
    """What is drawn and listed in the site file: zones, permits, assets, silences."""
    AUDITS = "audits"
    """Upload batches of photos and videos, have them audited, put what they show to review."""
    SOURCES = "sources"
    """Which cameras there are, and where their pictures come from."""


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.REVIEWER: frozenset({Right.READ, Right.REVIEW}),
    Role.OFFICER: frozenset(
        {
            *(Right.READ, Right.REVIEW, Right.TAKE_OVER, Right.ORIGINALS, Right.HOLD),
            *(Right.SETUP, Right.AUDITS),
        }
    ),
    Role.ADMIN: frozenset(Right) - {Right.CALL_BACK},
    Role.RECEIVER: frozenset({Right.CALL_BACK}),
    Role.AUDITOR: frozenset({Right.READ, Right.DELIVERIES, Right.ACCESS_LOG}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a verified key, or a user who has signed in.

    `cameras`, `kinds` and `divisions` limit what they see; None is no limit, and a division is all
    that lies below it. `key_id` is the key's id, or the user's: what they did before they signed in
    again is theirs. `expires_at` is when key or session ends (UTC), None for never; `session` is
    the session's id, None for a key; `unit` the user's department; `address` where this request
    comes from.
    """

    key_id: str
    label: str
    role: Role
    cameras: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    expires_at: datetime | None = None
    divisions: frozenset[str] | None = None
    session: str | None = None
    unit: str = ""
    address: str = ""

    def may(self, right: Right) -> bool:
        """Whether the role has this right."""
        return right in RIGHTS[self.role]

    @property
    def limited(self) -> bool:
        """Whether there is anything that they do not see."""
        return (self.cameras, self.kinds, self.divisions) != (None, None, None)

    def sees_camera(self, camera: str) -> bool:
        """Whether their scope includes this camera, wherever it stands."""
        return self.cameras is None or camera in self.cameras

    def sees_kind(self, kind: str) -> bool:
        """Whether their scope includes this kind."""
        return self.kinds is None or kind in self.kinds

    def sees_division(self, code: str) -> bool:
        """Whether their scope includes this division."""
        return self.divisions is None or lies_in(code, self.divisions)

    def inside(self, division: str) -> Principal:
        """The same person, seeing only what they see of one division and of all below it."""
        if self.sees_division(division):
            return replace(self, divisions=frozenset({division}))
        below = {code for code in self.divisions or () if lies_in(code, [division])}
        return replace(self, divisions=frozenset(below))
