"""Steps of a case's life: one table of what each leads to, from where, and who may take it.

Nothing else decides. A row is a step, the stages from which it may be taken, the stage it leads to
(None: it stays in its stage), and who may take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.access.roles import Role
from api.cases.stages import DECIDABLE, ONGOING, SUPPRESSED, UNDECIDED, WAITING, Stage


class Step(StrEnum):
    """A step in a case's life."""

    SILENCE = "silence"
    INHIBIT = "inhibit"
    RELEASE = "release"
    CONFIRM = "confirm"
    CONFIRM_FIRST = "confirm_first"
    """A confirmation where the site asks for a second person's; a person just confirms."""
    REJECT = "reject"
    UNDO = "undo"
    EMIT = "emit"
    FILE = "file"
    DISPATCH = "dispatch"
    HANDLE = "handle"
    VERIFY = "verify"
    RETURN = "return"
    NOTICE = "notice"
    GIVE_GRACE = "give_grace"
    REOBSERVE = "reobserve"
    PERMIT_CHECK = "permit_check"
    """A register of permits was asked; a permit closes the case."""
    LEGAL_REVIEW = "legal_review"
    ACCEPT = "accept"
    CLOSE = "close"
    REASSIGN = "reassign"
    """To another division of the site; `transfer` is to another authority."""
    TRANSFER = "transfer"
    WITHDRAW = "withdraw"
    SUPERVISE = "supervise"
    END_SUPERVISION = "end_supervision"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    OVERTURN = "overturn"


PROGRAM: Final = "streetwarden"
"""This program itself, among the roles: its pipeline, its outbox."""

_PROGRAM = frozenset({PROGRAM})
_REVIEWERS = frozenset({Role.REVIEWER, Role.OFFICER, Role.ADMIN})
_LEADERS = frozenset({Role.OFFICER, Role.ADMIN})
_CITY = frozenset({Role.OFFICER, Role.ADMIN, Role.RECEIVER})
"""The city's case system by its call-backs, or by hand who is told of it otherwise."""

_EVER = ONGOING | {Stage.CLOSED}
_LOOKED_AT = frozenset({Stage.VERIFIED, Stage.REOBSERVED})
"""A camera may have seen that it was put right."""

_Row = tuple[Step, frozenset[Stage] | set[Stage], Stage | None, frozenset[str]]
_ROWS: tuple[_Row, ...] = (
    # Before a person's decision.
    (Step.SILENCE, UNDECIDED, Stage.SILENCED, _PROGRAM),
    (Step.INHIBIT, UNDECIDED, Stage.INHIBITED, _PROGRAM),
    (Step.RELEASE, SUPPRESSED, Stage.PENDING_REVIEW, _PROGRAM),
    # The decision.
    (Step.CONFIRM, DECIDABLE, Stage.CONFIRMED, _REVIEWERS),
    (Step.CONFIRM_FIRST, UNDECIDED, Stage.SECOND_REVIEW, _REVIEWERS),
    (Step.REJECT, UNDECIDED, Stage.REJECTED, _REVIEWERS),
    (Step.REJECT, {Stage.SECOND_REVIEW}, Stage.PENDING_REVIEW, _REVIEWERS),
    (
        Step.UNDO,
        {Stage.CONFIRMED, Stage.REJECTED, Stage.SECOND_REVIEW},
        Stage.PENDING_REVIEW,
        _REVIEWERS,
    ),
    (Step.EMIT, {Stage.CONFIRMED}, Stage.EMITTED, _PROGRAM | _CITY),
    # Work order.
    (Step.FILE, {Stage.EMITTED}, Stage.FILED, _CITY),
    (Step.DISPATCH, {Stage.FILED, Stage.RETURNED}, Stage.DISPATCHED, _CITY),
    (Step.HANDLE, {Stage.DISPATCHED}, Stage.HANDLED, _CITY),
    (Step.VERIFY, {Stage.HANDLED}, Stage.VERIFIED, _CITY | _PROGRAM),
    (
        Step.RETURN,
        {Stage.DISPATCHED, Stage.HANDLED, Stage.VERIFIED, Stage.TRANSFERRED},
        Stage.RETURNED,
        _CITY,
    ),
    # Enforcement.
    (Step.NOTICE, {Stage.EMITTED}, Stage.NOTICED, _CITY),
    (Step.GIVE_GRACE, {Stage.NOTICED}, Stage.GRACE, _CITY),
    (Step.REOBSERVE, {Stage.GRACE}, Stage.REOBSERVED, _CITY | _PROGRAM),
    # Straight from the first two only where the matter's listing says so: `life.GUARDS`.
    (Step.ACCEPT, {Stage.EMITTED, Stage.NOTICED, Stage.REOBSERVED}, Stage.ACCEPTED, _CITY),
    # Any case that the case system has.
    (Step.CLOSE, ONGOING - _LOOKED_AT, Stage.CLOSED, _CITY),
    (Step.CLOSE, _LOOKED_AT, Stage.CLOSED, _CITY | _PROGRAM),
    (Step.REASSIGN, WAITING, None, _LEADERS),
    (
        Step.REASSIGN,
        (ONGOING | {Stage.CONFIRMED}) - {Stage.TRANSFERRED},
        Stage.CONFIRMED,
        _LEADERS,
    ),
    (Step.TRANSFER, ONGOING - {Stage.TRANSFERRED}, Stage.TRANSFERRED, _CITY),
    (Step.WITHDRAW, ONGOING, Stage.CLOSED, _CITY),
    (Step.PERMIT_CHECK, ONGOING, None, _CITY),
    (Step.LEGAL_REVIEW, ONGOING, None, _CITY),
    (Step.SUPERVISE, ONGOING, None, _CITY),
    (Step.END_SUPERVISION, _EVER, None, _CITY),  # a case may be closed under supervision
    (Step.APPEAL, _EVER, None, _CITY),
    (Step.UPHOLD, _EVER, None, _CITY),
    (Step.OVERTURN, _EVER, Stage.CLOSED, _CITY),
)

STEPS: Mapping[tuple[Stage, Step], Stage] = {
    (stage, step): to or stage for step, stages, to, _ in _ROWS for stage in stages
}
"""Where each step leads."""

MAY: Mapping[tuple[Stage, Step], frozenset[str]] = {
    (stage, step): frozenset(who) for step, stages, _, who in _ROWS for stage in stages
}
"""Who may take each step: roles, and `PROGRAM`."""


def steps_from(stage: Stage) -> dict[Step, list[str]]:
    """The steps that a stage allows, each with who may take it, in order."""
    known = (step for step in Step if step is not Step.CONFIRM_FIRST and (stage, step) in STEPS)
    return {step: sorted(MAY[stage, step]) for step in known}
