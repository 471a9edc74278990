"""DeliveryQueue: the outbox as a queue with leases that several workers may share.

A claim moves `next_attempt_at` to the end of a lease, so a worker that dies in between loses
nothing: the row is due again, under the same event id, when the lease ends. A delivery waits until
every earlier event of its case has reached the same receiver. What has been due the longest comes
first, so what fails again and again takes its turn behind what waits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from api.delivery.claim import Claim
from api.delivery.due import CLOCKS_DIFFER, heads, is_due
from api.delivery.events import DeliveryState
from api.delivery.outcome import Outcome
from api.delivery.retry import RetryPolicy
from api.delivery.settlement import Settlement
from api.errors import CaseError
from api.storage.database import Database
from api.storage.tables import AttemptRow, DeliveryRow, ReceiverRow
from api.words.said import say
from vision.printable import printable
from vision.registers.working_calendar import WorkingCalendar

__all__ = ["CLOCKS_DIFFER", "LEASE", "Claim", "DeliveryQueue", "replay"]

LEASE = timedelta(seconds=60)
"""Longer than the longest attempt by a wide margin, so that a lease ends only after a crash."""
_LONGEST_FAULT = 300
"""Maximum characters of an error that are kept."""


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
        self._owner = owner
        self._lease = lease
        self._settlement = Settlement(database, calendar, owner)

    def claim(self, receiver: str) -> Claim | None:
        """Take the receiver's next due delivery; None when nothing is due."""
        return next(iter(self.take(receiver, 1)), None)

    def take(self, receiver: str, most: int, besides: Collection[int] = ()) -> list[Claim]:
        """Take the receiver's deliveries that have been due the longest, of different cases.

        Args:
            receiver: its name.
            most: how many, at most.
            besides: what this worker has under way: not even a clock that jumps makes it due.
        """
        lease = max(self._lease, LEASE)
        found = heads(receiver).with_only_columns(DeliveryRow.id)
        found = found.order_by(DeliveryRow.next_attempt_at, DeliveryRow.id).limit(most)
        if besides:
            found = found.where(DeliveryRow.id.not_in(besides))
        with self._database.read() as session:  # an empty poll takes no write lock
            if session.scalar(found.where(is_due(datetime.now(UTC), lease))) is None:
                return []
        with self._database.write() as session:
            now = datetime.now(UTC)
            due = found.where(is_due(now, lease))
            locked = due.with_for_update(skip_locked=True, of=DeliveryRow)
            ids = session.scalars(locked).all()
            session.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id.in_(ids))
                .values(
                    owner=self._owner,
                    next_attempt_at=now + self._lease,
                    attempts=DeliveryRow.attempts + 1,
                ),
                execution_options={"synchronize_session": False},
            )
        return self._read(ids)

    def _read(self, ids: Collection[int]) -> list[Claim]:
        """What was claimed; a row that cannot be read holds up no other."""
        query = select(DeliveryRow.id, DeliveryRow.event_id, DeliveryRow.body)
        try:
            with self._database.read() as session:
                found = session.execute(query.where(DeliveryRow.id.in_(ids)))
                return [Claim(*row) for row in found]
        except Exception:  # noqa: BLE001 - the database is away, or holds text that is none
            return [self._read_alone(one) for one in ids]

    def _read_alone(self, one: int) -> Claim:
        query = select(DeliveryRow.id, DeliveryRow.event_id, DeliveryRow.body)
        with self._database.read() as session:
            session.scalar(select(DeliveryRow.id).where(DeliveryRow.id == one))  # it is there
            try:
                return Claim(*session.execute(query.where(DeliveryRow.id == one)).one())
            except Exception as error:  # noqa: BLE001 - this row is to blame
                fault = printable(f"the event cannot be read from the database: {error}")
                return Claim(one, "", "", fault[:_LONGEST_FAULT])

    def next_due(self, receiver: str) -> datetime | None:
        """When the receiver's next delivery is due (UTC); None when none waits."""
        now = datetime.now(UTC)
        waiting = heads(receiver)
        soonest = waiting.with_only_columns(DeliveryRow.next_attempt_at)
        late = select(waiting.where(is_due(now, max(self._lease, LEASE))).exists())
        with self._database.read() as session:
            due: datetime | None = session.scalar(
                soonest.order_by(DeliveryRow.next_attempt_at).limit(1)
            )
            if due is not None and due > now and session.scalar(late):
                return now
            return due

    def release(self, receiver: str, since: datetime) -> None:
        """Make due what failed since then as its receiver was down: it is back.

        What the receiver refused (4xx), asked to be sent later (429), or what failed before keeps
        its schedule.

        Args:
            receiver: its name.
            since: when it began to fail, UTC.
        """
        now = datetime.now(UTC)
        down = exists().where(
            AttemptRow.delivery_id == DeliveryRow.id,
            AttemptRow.at >= since,
            or_(AttemptRow.status.is_(None), AttemptRow.status >= 500),
        )
        waits = update(DeliveryRow).where(
            DeliveryRow.receiver == receiver,
            DeliveryRow.state == DeliveryState.PENDING.value,
            DeliveryRow.owner.is_(None),
            DeliveryRow.failures > 0,
            DeliveryRow.next_attempt_at > now,
            down,
        )
        with self._database.write() as session:
            session.execute(
                waits.values(next_attempt_at=now), execution_options={"synchronize_session": False}
            )

    def settle(self, claim: Claim, outcome: Outcome, retry: RetryPolicy) -> None:
        """Record the outcome of one attempt; see `Settlement`."""
        self.settle_all({claim.id: outcome}, retry)

    def settle_all(self, outcomes: dict[int, Outcome], retry: RetryPolicy) -> None:
        """Record the outcomes of attempts; see `Settlement`."""
        self._settlement.settle_all(outcomes, retry)


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
            raise CaseError(say("receiver_gone", receiver=receiver))
        if disabled is not None:
            session.delete(disabled)
        ids = session.scalars(
            due.values(
                state=DeliveryState.PENDING.value, failures=0, next_attempt_at=datetime.now(UTC)
            ).returning(DeliveryRow.id),
            execution_options={"synchronize_session": False},
        ).all()
        if delivery_id is not None and not ids:
            raise CaseError(say("not_dead", delivery=delivery_id, receiver=receiver))
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
