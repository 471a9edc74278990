"""CallbackDesk: takes call-backs, each once, and mirrors them into the case's life."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.access.roles import Principal, Role
from api.callbacks.requests import Callback, Event, step_of
from api.callbacks.schemas import CallbackView
from api.callbacks.standing import Standing, State, Verdict
from api.cases.announcement import Announce
from api.cases.log import enter
from api.cases.scope import locked, unknown
from api.cases.stages import ONGOING, Stage
from api.cases.step_data import To
from api.cases.step_desk import StepDesk
from api.cases.step_requests import Emit
from api.cases.steps import Step
from api.errors import CaseError, IllegalStep
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import CallbackRow, CaseRow, DeliveryRow
from api.words.said import say
from vision.registers.divisions import lies_in
from vision.site import Site

MOST_KEPT = 200
"""Call-backs of one sender that are kept for one case: ten returns of an order are some 40."""
AHEAD = timedelta(minutes=5)
"""How far a case system's clock may be ahead: as far as Standard Webhooks lets it be."""
SIGNED = "signed"
"""Stands in the log for a key's id where a request was signed instead."""
_KEY, _WEBHOOK = "key:", "webhook:"
_HAS_IT = ONGOING | {Stage.CLOSED}
_SAID: TypeAdapter[Callback] = TypeAdapter(Callback)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends a call-back: a key's holder, or receivers one of whose secrets has signed it."""

    who: Principal
    webhooks: tuple[str, ...] = ()

    @classmethod
    def signed(cls, webhooks: tuple[str, ...]) -> Sender:
        """The receivers (more than one only where they share a secret) that it may be from."""
        return cls(Principal(SIGNED, webhooks[0], Role.RECEIVER), webhooks)


class CallbackDesk:
    """Takes call-backs and mirrors them; `announce` tells other receivers of the steps."""

    def __init__(self, database: Database, site: Site | SiteInForce, announce: Announce) -> None:
        self._database = database
        self._in_force = SiteInForce.of(site)
        # What a case system says undoes no decision.
        self._steps = StepDesk(database, site, announce, lambda _session, _case: False)

    def take(self, sender: Sender, case_id: str, event_id: str, said: Callback) -> CallbackView:
        """Keep a call-back and apply it, and what has waited for it, in one transaction.

        Again with the same content it changes nothing and is answered by how it stands.

        Args:
            sender: who says it.
            case_id: the case's id.
            event_id: the call-back's, by which the sender's retries are known.
            said: what has happened.

        Raises:
            UnknownCase: there is none, as far as the sender was told.
            CaseError: it is of another case, is of the future, had another content before, or is
                one too many.
        """
        if said.case_id not in {None, case_id}:
            raise CaseError(say("callback_other_case", case=said.case_id))
        with self._database.write() as session:
            self._database.decide_alone(session)
            case, identity, label = _addressed(session, sender, case_id, self._in_force.now)
            row = _known(session, identity, event_id, case_id, said)
            if row is None:
                row = _new(session, case, identity, event_id, said)
                row.receiver = label
                session.add(row)
                session.flush()
                if row.state == State.CONFLICT:
                    _enter(session, case, row, row.reason)
                elif case.stage == Stage.CONFIRMED:  # our own note that it arrived is still to come
                    emit = Emit(step=Step.EMIT, data=To(to=label))
                    self._steps.take_in(session, case, emit, by=_principal(row), more=_more(row))
                self.settle(session, case)
            view = CallbackView.of(row)
        if view.state is State.CONFLICT:
            raise CaseError(say("callback_conflict", event=event_id))
        return view

    def settle(self, session: Session, case: CaseRow) -> None:
        """Judge what waits of a case, the earliest first, until nothing more can be applied.

        In a transaction that decides alone (`Database.decide_alone`) and holds the case.
        """
        query = select(CallbackRow).where(
            CallbackRow.case_id == case.id, CallbackRow.state == State.WAITING.value
        )
        session.flush()
        waiting = list(session.scalars(query.order_by(CallbackRow.at, CallbackRow.id)))
        if not waiting:
            return
        standing = Standing.of(session, case)
        place = 0
        while place < len(waiting):
            row = waiting[place]
            verdict = self._judged(session, case, row, standing)
            new = row.reason == ""
            row.state, row.reason = verdict.state.value, verdict.reason
            if verdict.state is State.WAITING:
                place += 1
            else:
                del waiting[place]
            if verdict.state is State.APPLIED:
                place = 0  # what was judged before may be possible now
            elif new or verdict.state is not State.WAITING:
                _enter(session, case, row, verdict.reason)
        session.flush()

    def _judged(
        self, session: Session, case: CaseRow, row: CallbackRow, standing: Standing
    ) -> Verdict:
        event, said = Event(row.event), _SAID.validate_python(row.body)
        verdict = standing.judge(case, event, row.at)
        if verdict is not None:
            if verdict.state is State.OVERTAKEN:
                case.task_no = case.task_no or said.task_no
                case.file_no = case.file_no or said.file_no
            return verdict
        try:
            with session.begin_nested():
                self._apply(session, case, row, said)
        except IllegalStep as why:
            return standing.refused(case, event, why.args[0])
        standing.apply(event, row.at)
        row.applied_at = datetime.now(UTC)
        return Verdict(State.APPLIED)

    def _apply(self, session: Session, case: CaseRow, row: CallbackRow, said: Callback) -> None:
        request = step_of(said, (case.task_no, case.file_no))
        case.task_no, case.file_no = said.task_no or case.task_no, said.file_no or case.file_no
        self._steps.take_in(session, case, request, by=_principal(row), more=_more(row))


def _addressed(
    session: Session, sender: Sender, case_id: str, site: Site
) -> tuple[CaseRow, str, str]:
    """The case, locked and in the stage that a case system knows it in, and who the sender is.

    Raises:
        UnknownCase: nobody has told the sender of such a case.
    """
    case = locked(session, sender.who, case_id)
    sent = select(DeliveryRow.receiver).where(
        DeliveryRow.case_id == case_id, DeliveryRow.attempts > 0
    )
    if sender.webhooks:
        # A receiver was told of a case before it went to another division: it is theirs no more.
        elsewhere = {
            hook.name
            for hook in site.webhooks
            if hook.divisions and not lies_in(case.division, hook.divisions)
        }
        named = [name for name in sender.webhooks if name not in elsewhere]
        name = session.scalar(sent.where(DeliveryRow.receiver.in_(named)).limit(1))
        if name is None:
            raise unknown(case_id)
        return case, f"{_WEBHOOK}{name}", name
    told = case.stage in _HAS_IT or (
        case.stage == Stage.CONFIRMED and session.scalar(sent.limit(1)) is not None
    )
    if not told:
        raise unknown(case_id)
    return case, f"{_KEY}{sender.who.key_id}", sender.who.label


def _known(
    session: Session, identity: str, event_id: str, case_id: str, said: Callback
) -> CallbackRow | None:
    """The call-back as it came before."""
    query = select(CallbackRow).where(
        CallbackRow.sender == identity,
        CallbackRow.event_id == event_id,
        CallbackRow.digest == _digest(case_id, said),
    )
    return session.scalar(query)


def _new(
    session: Session, case: CaseRow, identity: str, event_id: str, said: Callback
) -> CallbackRow:
    """A new row: waiting, or a conflict with what came before under its id.

    Raises:
        CaseError: it is of the future, or one too many.
    """
    now = datetime.now(UTC)
    if said.at > now + AHEAD:
        raise CaseError(say("callback_future", at=said.at.isoformat(), now=now.isoformat()))
    of_sender = select(func.count()).where(
        CallbackRow.sender == identity, CallbackRow.case_id == case.id
    )
    if (session.scalar(of_sender) or 0) >= MOST_KEPT:
        raise CaseError(say("callback_too_many", most=MOST_KEPT))
    of_id = select(CallbackRow.received_at).where(
        CallbackRow.sender == identity, CallbackRow.event_id == event_id
    )
    before = session.scalar(of_id.order_by(CallbackRow.id).limit(1))
    reason = "" if before is None else say("id_used", at=before.isoformat())
    return CallbackRow(
        case_id=case.id,
        sender=identity,
        event_id=event_id,
        digest=_digest(case.id, said),
        event=said.event.value,
        at=said.at,
        received_at=now,
        state=(State.WAITING if before is None else State.CONFLICT).value,
        reason=reason,
        body=said.model_dump(mode="json") | {"id": event_id},
    )


def _digest(case_id: str, said: Callback) -> str:
    """What a call-back says, whatever its spaces and the order of its names."""
    content = said.model_dump(mode="json", exclude={"id"}) | {"case_id": case_id}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _principal(row: CallbackRow) -> Principal:
    key_id = row.sender.removeprefix(_KEY) if row.sender.startswith(_KEY) else SIGNED
    return Principal(key_id, row.receiver, Role.RECEIVER)


def _more(row: CallbackRow) -> dict[str, Any]:
    told = {name: row.body[name] for name in ("task_no", "file_no", "media") if row.body[name]}
    return {"callback": {"id": row.event_id, "at": row.at.isoformat(), **told}}


def _enter(session: Session, case: CaseRow, row: CallbackRow, reason: str) -> None:
    """Log a call-back that was not applied."""
    data = {"event": row.event, "note": row.body["note"], **_more(row)}
    by = _principal(row)
    enter(session, case, f"callback_{row.state}", by=by, reason=reason, data=data)
