"""DeliveryQueue: the outbox as a queue with leases that several workers may share.

A claim moves `next_attempt_at` to the end of a lease, so a worker that dies in between loses
nothing: the row is due again, under the same event id, when the lease ends. A delivery waits until
every earlier event of its case has reached the same receiver.

This machine's clock may be set while deliveries wait. Due times come from that clock, so a time
further ahead than any retry, lease or undo is scheduled means that the clock was wrong then, and
the delivery is due now.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from api.cases.announcement import CaseEvent
from api.cases.emission import emit
from api.cases.receipt import number, remark
from api.delivery.events import DeliveryState
from api.delivery.failing import note
from api.delivery.outcome import Outcome, Result
from api.delivery.retry import RetryPolicy
from api.errors import CaseError
from api.storage.database import Database
from api.storage.tables import AttemptRow, DeliveryRow, ReceiverRow
from vision.registers.working_calendar import WorkingCalendar
from vision.site.review import LONGEST_UNDO

LEASE = timedelta(seconds=60)
"""Longer than the longest attempt by a wide margin, so that a lease ends only after a crash."""
CLOCKS_DIFFER = timedelta(minutes=1)
"""How far two machines' clocks, or one before and after it was set, differ without being wrong."""
_LONGEST_HOLD = LONGEST_UNDO + CLOCKS_DIFFER
_CONFIRMED = f".{CaseEvent.CONFIRMED.value}."


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this worker alone may attempt until its lease ends."""

    id: int
    event_id: str
    body: str


class DeliveryQueue:
    """Claims and settles deliveries in the name of one worker."""

    def __init__(
        self,
        database: Database,
        calendar: WorkingCalendar,
        owner: str,
        lease: timedelta = LEASE,
    ) -> None:
        self._database = database
        self._calendar = calendar
        self._owner = owner
        self._lease = lease

    def claim(self, receiver: str) -> Claim | None:
        """Take the receiver's next due delivery; None when nothing is due."""
        now = datetime.now(UTC)
        query = _heads(receiver).where(self._is_due(now)).order_by(DeliveryRow.id).limit(1)
        with self._database.read() as session:  # an empty poll takes no write lock
            if session.scalar(query.with_only_columns(DeliveryRow.id)) is None:
                return None
        with self._database.write() as session:
            row = session.scalar(query.with_for_update(skip_locked=True, of=DeliveryRow))
            if row is None:
                return None
            row.owner = self._owner
            row.next_attempt_at = now + self._lease
            row.attempts += 1
            return Claim(id=row.id, event_id=row.event_id, body=row.body)

    def next_due(self, receiver: str) -> datetime | None:
        """When the receiver's next delivery is due (UTC); None when none waits."""
        now = datetime.now(UTC)
        heads = _heads(receiver).subquery()
        with self._database.read() as session:
            due: datetime | None = session.scalar(select(func.min(heads.c.next_attempt_at)))
            if due is not None and due > now and session.scalar(self._overdue(receiver, now)):
                return now
            return due

    def _overdue(self, receiver: str, now: datetime) -> Select[bool]:
        return select(_heads(receiver).where(self._is_due(now)).exists())

    def _is_due(self, now: datetime) -> ColumnElement[bool]:
        """Whether a delivery is due, or its time was set by a clock that was ahead."""
        last_attempt = (
            select(AttemptRow.at)
            .where(AttemptRow.delivery_id == DeliveryRow.id)
            .order_by(AttemptRow.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        lease = max(self._lease, LEASE) + CLOCKS_DIFFER
        ahead = case(
            (DeliveryRow.owner.is_not(None), DeliveryRow.next_attempt_at > now + lease),
            (DeliveryRow.failures == 0, DeliveryRow.next_attempt_at > now + _LONGEST_HOLD),
            else_=last_attempt > now + CLOCKS_DIFFER,
        )
        return or_(DeliveryRow.next_attempt_at <= now, ahead)

    def settle(self, claim: Claim, outcome: Outcome, retry: RetryPolicy) -> None:
        """Record the outcome of an attempt; the case's stage follows in the same transaction."""
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
            note(session, row.receiver, outcome, now)
            if row.state == DeliveryState.DELIVERED.value:
                return
            row.last_result = outcome.error
            if outcome.result is Result.DELIVERED:
                row.state, row.delivered_at = DeliveryState.DELIVERED.value, now
                if _CONFIRMED in row.type:
                    emit(
                        session,
                        row.case_id,
                        row.receiver,
                        row.event_id,
                        calendar=self._calendar,
                        now=now,
                    )
                if outcome.task_no is not None:
                    number(session, row.case_id, row.receiver, outcome.task_no, now)
            elif row.owner == self._owner:  # else the lease ended and another worker has it
                self._postpone(session, row, outcome, retry, now)
            row.owner = None if row.owner == self._owner else row.owner
            if outcome.logged is not None and row.state != DeliveryState.PENDING.value:
                _remark(session, row, outcome.logged, now)

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
        if outcome.result is Result.REFUSED:
            wait = None
        if outcome.result is Result.GONE:
            wait = None
            reason = outcome.error or ""
            if session.get(ReceiverRow, row.receiver) is None:
                session.add(ReceiverRow(name=row.receiver, disabled_at=now, reason=reason))
        if wait is None:
            row.state = DeliveryState.DEAD.value
        else:
            row.next_attempt_at = now + wait


def _remark(session: Session, row: DeliveryRow, action: str, now: datetime) -> None:
    done = row.state == DeliveryState.DELIVERED.value
    remark(
        session,
        row.case_id,
        action if done else f"{action}_failed",
        reason=f"{row.receiver} took it" if done else f"{row.receiver}: {row.last_result}",
        receiver=row.receiver,
        event_id=row.event_id,
        now=now,
    )


def replay(
    database: Database,
    receiver: str,
    delivery_id: int | None = None,
    within: Select[str] | None = None,
) -> int:
    """Replay dead letters, and deliveries that wait for a retry: due now; enable the receiver.

    Args:
        database: the case database.
        receiver: its name.
        delivery_id: replay only this delivery.
        within: ids of the cases in the key's scope; None for all. Only a key without a limit
            enables a receiver, since that sends every camera's letters.

    Returns:
        Number of deliveries that became due.

    Raises:
        CaseError: `delivery_id` is neither a dead letter of this receiver nor one that waits, as
            far as the key sees; or the receiver has to be enabled first.
    """
    waits = and_(
        DeliveryRow.state == DeliveryState.PENDING.value,
        DeliveryRow.owner.is_(None),  # else a worker has claimed it
        DeliveryRow.failures > 0,
    )
    stuck = or_(DeliveryRow.state == DeliveryState.DEAD.value, waits)
    due = update(DeliveryRow).where(DeliveryRow.receiver == receiver, stuck)
    if delivery_id is not None:
        due = due.where(DeliveryRow.id == delivery_id)
    if within is not None:
        due = due.where(DeliveryRow.case_id.in_(within))
    with database.write() as session:
        disabled = session.get(ReceiverRow, receiver)
        if disabled is not None and within is not None:
            raise CaseError(
                f"{receiver} answered 410 Gone and is disabled, for every camera; ask somebody "
                "whose key sees all of them to replay"
            )
        if disabled is not None:
            session.delete(disabled)
        ids = session.scalars(
            due.values(
                state=DeliveryState.PENDING.value, failures=0, next_attempt_at=datetime.now(UTC)
            ).returning(DeliveryRow.id),
            execution_options={"synchronize_session": False},
        ).all()
        if delivery_id is not None and not ids:
            raise CaseError(f"delivery {delivery_id} is no dead letter of {receiver}")
        session.info["queued"] = True
    return len(ids)


def waiting(session: Session) -> dict[tuple[str, str], int]:
    """How many deliveries are not accepted yet, by receiver and state."""
    counted = select(DeliveryRow.receiver, DeliveryRow.state, func.count()).where(
        DeliveryRow.state != DeliveryState.DELIVERED.value
    )
    found = session.execute(counted.group_by(DeliveryRow.receiver, DeliveryRow.state))
    return {(str(name), str(state)): int(count) for name, state, count in found}


def left_behind(session: Session, names: Collection[str]) -> dict[str, int]:
    """How much waits, or died, of receivers that the site file does not name (any more).

    It is kept: who puts the receiver back has it sent. Nothing is added to it meanwhile.
    """
    found: dict[str, int] = {}
    for (name, _), count in waiting(session).items():
        if name not in names:
            found[name] = found.get(name, 0) + count
    return found


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
