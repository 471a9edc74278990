"""StepDesk: takes the steps of a case's life after a person's decision.

For people over HTTP, for the case system's call-backs (a key with the role `receiver`), and within
a transaction of this program's own (`take_in`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from api.access.roles import Principal
from api.cases.announcement import Announce, CaseEvent, Recall
from api.cases.deadlines import of_grace
from api.cases.law import legally_reviewed
from api.cases.life import move
from api.cases.log import enter
from api.cases.reassign import reassign
from api.cases.schemas import CaseDetail
from api.cases.scope import locked
from api.cases.stages import OUTCOMES, PERSON_CONFIRMED, Outcome, Stage
from api.cases.step_data import Closing
from api.cases.step_requests import (
    CheckPermit,
    Close,
    File,
    GiveGrace,
    LegalReview,
    Reassign,
    Reported,
    StepRequest,
)
from api.cases.steps import Step
from api.cases.suppression import Suppression
from api.cases.undo import take_back
from api.cases.view import case_detail
from api.errors import IllegalStep
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CaseRow
from api.words.said import say
from vision.site import Site

_Request = StepRequest | Reported
Then = Callable[[Session, CaseRow], None]
"""Called with a case after a step, in the step's transaction: for what has waited for it."""

_SAID: Mapping[Step, str] = {
    Step.WITHDRAW: "withdrawn",
    Step.OVERTURN: "overturned",
    Step.SUPERVISE: CaseEvent.SUPERVISED.value,
    Step.END_SUPERVISION: CaseEvent.SUPERVISION_ENDED.value,
    Step.APPEAL: CaseEvent.APPEALED.value,
    Step.UPHOLD: CaseEvent.UPHELD.value,
    Step.UNDO: "undone",
    Step.REASSIGN: CaseEvent.REASSIGNED.value,
    Step.PERMIT_CHECK: "permit_checked",
    Step.LEGAL_REVIEW: "legally_reviewed",
}
"""A step's action in the log, where that is not the stage that it leads to."""

_UNTOLD = frozenset({Step.UNDO, Step.EMIT, Step.PERMIT_CHECK, Step.LEGAL_REVIEW, Step.REASSIGN})
"""Steps that receivers are not told of by themselves."""
_FLAGS = frozenset({Step.SUPERVISE, Step.END_SUPERVISION, Step.APPEAL, Step.UPHOLD})


class StepDesk:
    """Takes steps, logs and announces them; see `api.cases.announcement`.

    `then` is called after each step of `take`.
    """

    def __init__(
        self,
        database: Database,
        site: Site | SiteInForce,
        announce: Announce,
        recall: Recall,
        then: Then | None = None,
    ) -> None:
        self._database = database
        self._suppression = Suppression(site)
        self._in_force = SiteInForce.of(site)
        self._calendar = self._in_force.now.calendar
        self._announce = announce
        self._recall = recall
        self._then = then

    def take(self, who: Principal, case_id: str, request: StepRequest) -> CaseDetail:
        """Take a step and announce it, in one transaction.

        Raises:
            UnknownCase: there is none, as far as this key may see.
            IllegalStep: the case does not allow it now.
            StepForbidden: not to this key's role.
        """
        with self._database.write() as session:
            self._database.decide_alone(session)  # a step may close what sightings look for
            case = locked(session, who, case_id)
            self.take_in(session, case, request, by=who)
            if self._then is not None:
                self._then(session, case)
            session.flush()
            session.refresh(case)
            return case_detail(case, who)

    def take_in(
        self,
        session: Session,
        case: CaseRow,
        request: _Request,
        *,
        by: Principal | str,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Take a step in a transaction that decides alone (`Database.decide_alone`).

        Args:
            session: of the transaction.
            case: locked by it.
            request: the step and what it needs.
            by: a key's holder, or the part of this program that does it.
            more: what its log entry says besides.

        Raises:
            IllegalStep: the case does not allow it now.
            StepForbidden: not to them.
        """
        now = datetime.now(UTC)
        before = Stage(case.stage)
        move(case, request.step, by, calendar=self._calendar, now=now)
        data = _data(request) | dict(more or {})
        if request.step is Step.UNDO:
            data["undone"] = take_back(session, case, self._recall)
        elif isinstance(request, Reassign):
            assert isinstance(by, Principal)  # the table has no other
            site, why = self._in_force.now, request.reason
            data |= reassign(session, case, request.data, site=site, by=by, reason=why, now=now)
        elif isinstance(request, GiveGrace):
            case.deadline = of_grace(case, self._calendar, now, request.data.until)
            data["until"] = case.deadline["at"]
        elif (effect := _EFFECTS.get(request.step)) is not None:
            effect(case, request, before, now)
        action = _SAID.get(request.step, case.stage)
        enter(session, case, action, by=by, reason=request.reason, data=data, at=now)
        if case.stage == Stage.CLOSED:
            session.flush()
            self._suppression.release_targets(session, case, now)
        if isinstance(request, Reassign) and before in PERSON_CONFIRMED:
            self._tell_anew(session, case, before, now)
        if request.step not in _UNTOLD:
            told = action if request.step in _FLAGS else case.stage
            self._announce(session, case, CaseEvent(told), now)
        if isinstance(request, CheckPermit) and request.data.result == "permitted":
            closing = Close(step=Step.CLOSE, data=Closing(outcome=Outcome.PERMITTED))
            self.take_in(session, case, closing, by=by)

    def _tell_anew(self, session: Session, case: CaseRow, before: Stage, now: datetime) -> None:
        """Tell who was told of a case that it is elsewhere, and who is to have it of it."""
        untold = before is Stage.CONFIRMED and self._recall(session, case)
        if not untold:
            self._announce(session, case, CaseEvent.REASSIGNED, now)
        self._announce(session, case, CaseEvent.CONFIRMED, now)


def _data(request: _Request) -> dict[str, Any]:
    given = getattr(request, "data", None)
    data = given.model_dump(mode="json") if given is not None else {}
    return {"step": request.step.value, "note": request.note, **data}


def _file(case: CaseRow, request: _Request, _before: Stage, _now: datetime) -> None:
    assert isinstance(request, File)
    case.task_no, case.file_no = request.data.task_no, request.data.file_no


def _close(case: CaseRow, request: _Request, before: Stage, _now: datetime) -> None:
    assert isinstance(request, Close)
    possible = OUTCOMES[before]
    if request.data.outcome not in possible:
        raise IllegalStep(
            say(
                "outcome_not_possible",
                stage=before.value,
                outcome=request.data.outcome.value,
                possible=sorted(possible),
            )
        )
    if request.data.outcome is Outcome.DECIDED and (why := legally_reviewed(case, "")) is not None:
        raise IllegalStep(why)
    case.outcome = request.data.outcome.value


def _withdraw(case: CaseRow, _request: _Request, _before: Stage, _now: datetime) -> None:
    case.outcome = Outcome.WITHDRAWN.value


def _overturn(case: CaseRow, _request: _Request, _before: Stage, _now: datetime) -> None:
    case.outcome, case.appealed_at = Outcome.OVERTURNED.value, None


def _record(case: CaseRow, request: _Request, _before: Stage, _now: datetime) -> None:
    if isinstance(request, CheckPermit):
        case.permit_check = request.data.model_dump(mode="json")
    elif isinstance(request, LegalReview):
        case.legal_review = request.data.model_dump(mode="json")


def _supervise(case: CaseRow, request: _Request, _before: Stage, now: datetime) -> None:
    case.supervised_at = now if request.step is Step.SUPERVISE else None


def _appeal(case: CaseRow, request: _Request, _before: Stage, now: datetime) -> None:
    case.appealed_at = now if request.step is Step.APPEAL else None


_EFFECTS: Mapping[Step, Callable[[CaseRow, _Request, Stage, datetime], None]] = {
    Step.FILE: _file,
    Step.CLOSE: _close,
    Step.WITHDRAW: _withdraw,
    Step.OVERTURN: _overturn,
    Step.PERMIT_CHECK: _record,
    Step.LEGAL_REVIEW: _record,
    Step.SUPERVISE: _supervise,
    Step.END_SUPERVISION: _supervise,
    Step.APPEAL: _appeal,
    Step.UPHOLD: _appeal,
}
"""What a step sets besides the stage."""
