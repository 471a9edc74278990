"""Roles of access keys, what each may do, and the principal that a verified key stands for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """Who holds a key."""

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


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ}),
    Role.REVIEWER: frozenset({Right.READ, Right.REVIEW}),
    Role.OFFICER: frozenset(
        {Right.READ, Right.REVIEW, Right.TAKE_OVER, Right.ORIGINALS, Right.HOLD}
    ),
    Role.ADMIN: frozenset(Right) - {Right.CALL_BACK},
    Role.RECEIVER: frozenset({Right.CALL_BACK}),
    Role.AUDITOR: frozenset({Right.READ, Right.DELIVERIES}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """The holder of a verified key. `cameras` and `kinds` limit what it sees; None is no limit.

    `expires_at` is when the key ends (UTC); None for never.
    """

    key_id: str
    label: str
    role: Role
    cameras: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    expires_at: datetime | None = None

    def may(self, right: Right) -> bool:
        """Whether the role has this right."""
        return right in RIGHTS[self.role]

    def sees_camera(self, camera: str) -> bool:
        """Whether the key's scope includes this camera."""
        return self.cameras is None or camera in self.cameras
