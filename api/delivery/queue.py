"""DeliveryQueue: rows of the outbox as a queue that several workers may share.

A claim moves `next_attempt_at` to the end of a lease, so a worker that dies in between loses
nothing: the row is due again, under the same event id, when the lease ends. A delivery waits until
every earlier event of its case has reached the same receiver.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from api.cases.stages import Stage, Step, advance
from api.delivery.events import CaseEvent, DeliveryState
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Outcome, Result
from api.errors import CaseError
from api.storage.database import Database
from api.storage.tables import AttemptRow, CaseRow, DeliveryRow, LogRow, ReceiverRow

LEASE = timedelta(seconds=60)
"""Longer than the longest attempt by a wide margin, so that a lease ends only after a crash."""
_CONFIRMED = f".{CaseEvent.CONFIRMED.value}."


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this worker alone may attempt until its lease ends."""

    id: int
    event_id: str
    body: str


class DeliveryQueue:
    """Claims and settles deliveries in the name of one worker."""

    def __init__(self, database: Database, owner: str, lease: timedelta = LEASE) -> None:
        self._database = database
        self._owner = owner
        self._lease = lease

    def claim(self, receiver: str) -> Claim | None:
        """Take the receiver's next due delivery; None when nothing is due."""
        now = datetime.now(UTC)
        with self._database.write() as session:
            query = _heads(receiver).where(DeliveryRow.next_attempt_at <= now)
            query = query.order_by(DeliveryRow.id).limit(1)
            row = session.scalar(query.with_for_update(skip_locked=True, of=DeliveryRow))
            if row is None:
                return None
            row.owner = self._owner
            row.next_attempt_at = now + self._lease
            row.attempts += 1
            return Claim(id=row.id, event_id=row.event_id, body=row.body)

    def next_due(self, receiver: str) -> datetime | None:
        """When the receiver's next delivery is due (UTC); None when none waits."""
        heads = _heads(receiver).subquery()
        with self._database.read() as session:
            due: datetime | None = session.scalar(select(func.min(heads.c.next_attempt_at)))
            return due

    def settle(self, claim: Claim, outcome: Outcome, retry: RetryPolicy) -> None:
        """Record what came of an attempt; the case's stage follows in the same transaction."""
        now = datetime.now(UTC)
        with self._database.write() as session:
            row = session.get_one(DeliveryRow, claim.id, with_for_update=True)
            session.add(
                AttemptRow(
                    delivery_id=row.id,
                    receiver=row.receiver,
                    at=now,
                    status=outcome.status,
                    result=outcome.result.value,
                    error=outcome.error,
                )
            )
            if row.state == DeliveryState.DELIVERED.value:
                return
            row.last_result = outcome.error
            if outcome.result is Result.DELIVERED:
                row.state, row.delivered_at = DeliveryState.DELIVERED.value, now
                _emit(session, row, now)
            elif row.owner == self._owner:  # else the lease ended and another worker has it
                self._postpone(session, row, outcome, retry, now)
            row.owner = None if row.owner == self._owner else row.owner

    def _postpone(
        self,
        session: Session,
        row: DeliveryRow,
        outcome: Outcome,
        retry: RetryPolicy,
        now: datetime,
    ) -> None:
        row.failures += 1
        wait = retry.wait(row.failures, outcome.retry_after)
        if outcome.result is Result.GONE:
            wait = None
            reason = outcome.error or ""
            if session.get(ReceiverRow, row.receiver) is None:
                session.add(ReceiverRow(name=row.receiver, disabled_at=now, reason=reason))
        if wait is None:
            row.state = DeliveryState.DEAD.value
        else:
            row.next_attempt_at = now + wait


def replay(database: Database, receiver: str, delivery_id: int | None = None) -> int:
    """Make dead letters due again and enable the receiver; returns how many.

    Raises:
        CaseError: `delivery_id` is not a dead letter of this receiver.
    """
    dead = and_(DeliveryRow.receiver == receiver, DeliveryRow.state == DeliveryState.DEAD.value)
    if delivery_id is not None:
        dead = and_(dead, DeliveryRow.id == delivery_id)
    with database.write() as session:
        row = session.get(ReceiverRow, receiver)
        ids = list(session.scalars(select(DeliveryRow.id).where(dead)))
        if delivery_id is not None and not ids:
            raise CaseError(f"delivery {delivery_id} is no dead letter of {receiver}")
        if row is not None:
            session.delete(row)
        session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(ids))
            .values(
                state=DeliveryState.PENDING.value,
                failures=0,
                next_attempt_at=datetime.now(UTC),
            )
        )
        session.info["queued"] = True
    return len(ids)


def _heads(receiver: str) -> Select[DeliveryRow]:
    """Pending deliveries of an enabled receiver with no undelivered one before them."""
    before = aliased(DeliveryRow)
    blocked: ColumnElement[bool] = exists().where(
        before.receiver == DeliveryRow.receiver,
        before.case_id == DeliveryRow.case_id,
        before.sequence < DeliveryRow.sequence,
        before.state != DeliveryState.DELIVERED.value,
    )
    disabled: Any = exists().where(ReceiverRow.name == receiver)
    return select(DeliveryRow).where(
        DeliveryRow.receiver == receiver,
        DeliveryRow.state == DeliveryState.PENDING.value,
        ~blocked,
        ~disabled,
    )


def _emit(session: Session, row: DeliveryRow, now: datetime) -> None:
    """The first receiver that accepts a confirmed case makes it `emitted`."""
    if _CONFIRMED not in row.type:
        return
    case = session.get_one(CaseRow, row.case_id, with_for_update=True)
    if case.stage != Stage.CONFIRMED.value:
        return
    case.stage = advance(Stage(case.stage), Step.EMIT).value
    session.add(
        LogRow(
            case_id=case.id,
            at=now,
            actor="outbox",
            action=Stage.EMITTED.value,
            stage=case.stage,
            reason=f"accepted by {row.receiver}",
            data={"receiver": row.receiver, "event": row.event_id},
        )
    )
