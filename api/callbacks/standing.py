"""Standing: what becomes of a call-back, by when things were and by what the step table allows.

Call-backs come in any order. One that the table allows now is taken, whatever came between; one
that is older than what was taken of its kind is overtaken; any other waits. So after the last has
come a case stands where the latest one says, and no stage was skipped that the table does not let
be skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.callbacks.requests import STEP, Event
from api.cases.announcement import CaseEvent
from api.cases.stages import Outcome, Stage
from api.cases.steps import STEPS
from api.storage.tables import CallbackRow, CaseRow, LogRow
from api.words.said import say


class State(StrEnum):
    """What has become of a call-back."""

    APPLIED = "applied"
    WAITING = "waiting"
    """What has to come before it has not come."""
    OVERTAKEN = "overtaken"
    """The case is past it; numbers that the case has not are taken over."""
    REFUSED = "refused"
    """The case is over, so it can never be applied."""
    CONFLICT = "conflict"
    """Its id came before with another content, which counts."""


UNAPPLIED = (State.WAITING, State.REFUSED, State.CONFLICT)
"""What somebody should look at."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a call-back is, and why, in words."""

    state: State
    reason: str = ""


_STAGE, _APPEAL, _SUPERVISION = "stage", "appeal", "supervision"
_STRANDS: Mapping[Event, tuple[str, ...]] = {
    Event.SUPERVISED: (_SUPERVISION,),
    Event.SUPERVISION_ENDED: (_SUPERVISION,),
    Event.APPEALED: (_APPEAL,),
    Event.UPHELD: (_APPEAL,),
    Event.OVERTURNED: (_STAGE, _APPEAL),
    Event.PERMIT_CHECKED: (Event.PERMIT_CHECKED,),
    Event.LEGALLY_REVIEWED: (Event.LEGALLY_REVIEWED,),
}
"""What an event is the newest of; a stage where nothing else is said."""
_MOVES = frozenset(event.value for event in Event if _STAGE in _STRANDS.get(event, (_STAGE,)))
_REASSIGNED = CaseEvent.REASSIGNED.value
_OVER = frozenset({Stage.CLOSED, Stage.REJECTED})


@dataclass(slots=True)
class Standing:
    """What is known of a case when call-backs are judged.

    Attributes:
        newest: when the newest applied event of each strand was.
        reached: events that the case's log has.
        by_hand: when the last step was taken otherwise than by a call-back.
        reassigned: when it last went to another division.
    """

    newest: dict[str, datetime] = field(default_factory=dict)
    reached: set[str] = field(default_factory=set)
    by_hand: datetime | None = None
    reassigned: datetime | None = None

    @classmethod
    def of(cls, session: Session, case: CaseRow) -> Standing:
        """Read a case's."""
        found = cls()
        applied = select(CallbackRow.event, CallbackRow.at).where(
            CallbackRow.case_id == case.id, CallbackRow.state == State.APPLIED.value
        )
        for event, at in session.execute(applied):
            found.apply(Event(event), at)
        moves = select(LogRow.action, LogRow.at, LogRow.data).where(
            LogRow.case_id == case.id, LogRow.action.in_(_MOVES | {_REASSIGNED})
        )
        for action, at, data in session.execute(moves):
            if action == _REASSIGNED:
                found.reassigned = max(at, found.reassigned or at)
                continue
            found.reached.add(action)
            if "callback" not in data:
                found.by_hand = max(at, found.by_hand or at)
        return found

    def apply(self, event: Event, at: datetime) -> None:
        """Note that an event was applied."""
        self.reached.add(event.value)
        for strand in _STRANDS.get(event, (_STAGE,)):
            self.newest[strand] = max(at, self.newest.get(strand, at))

    def judge(self, case: CaseRow, event: Event, at: datetime) -> Verdict | None:
        """What a call-back is that cannot be applied; None where the table allows its step."""
        if self.reassigned is not None and at <= self.reassigned:
            at_then = self.reassigned.isoformat()
            return Verdict(State.OVERTAKEN, say("newer_applied", at=at_then))
        strands = _STRANDS.get(event, (_STAGE,))
        marks = [self.newest[strand] for strand in strands if strand in self.newest]
        if marks and at < max(marks):
            return Verdict(
                State.OVERTAKEN,
                say("newer_applied", at=max(marks).isoformat()),
            )
        stage, step = Stage(case.stage), STEP[event]
        if (stage, step) in STEPS:
            return None
        before_hand = self.by_hand is not None and at <= self.by_hand
        if event.value in self.reached and (stage in _OVER or before_hand):
            why = say("was_before", event=event.value, stage=stage.value)
            return Verdict(State.OVERTAKEN, why)
        if stage in _OVER:
            outcome = case.outcome or ""
            why = say("over_already", stage=stage.value, outcome=outcome, event=event.value)
            return Verdict(State.REFUSED, why)
        needed = [before.value for (before, of) in STEPS if of is step]
        return Verdict(State.WAITING, say("waits_until", needed=needed, stage=stage.value))

    def refused(self, case: CaseRow, event: Event, why: str) -> Verdict:
        """What a call-back is whose step the case itself refuses, as a law's guard does."""
        over = case.outcome == Outcome.OVERTURNED or (
            # Nothing is put under supervision any more, so none can end.
            case.stage == Stage.CLOSED and event is Event.SUPERVISION_ENDED
        )
        if not over:
            return Verdict(State.WAITING, why)
        known = event.value in self.reached
        return Verdict(State.OVERTAKEN if known else State.REFUSED, why)
