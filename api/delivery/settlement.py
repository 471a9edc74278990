"""Settlement: records how attempts ended; the case's stage follows in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from logging import getLogger

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer

from api.cases.announcement import CaseEvent
from api.cases.emission import emit, moved_on
from api.cases.receipt import number, remark
from api.delivery.events import DeliveryState
from api.delivery.failing import note
from api.delivery.outcome import Outcome, Result
from api.delivery.retry import RetryPolicy
from api.errors import DatabaseUnavailable, SiteKeyError
from api.storage.database import Database
from api.storage.tables import AttemptRow, CaseRow, DeliveryRow, ReceiverRow
from api.words.said import say
from vision.printable import printable
from vision.registers.working_calendar import WorkingCalendar
from vision.throttled_log import ThrottledLog

_CONFIRMED = f".{CaseEvent.CONFIRMED.value}."
_TROUBLE = ThrottledLog(getLogger("streetwarden.outbox"))
_LONGEST_ERROR = 300
"""Maximum characters of an error that are kept."""


class Settlement:
    """Records outcomes in the name of one worker."""

    def __init__(self, database: Database, calendar: WorkingCalendar, owner: str) -> None:
        self._database = database
        self._calendar = calendar
        self._owner = owner

    def settle_all(self, outcomes: dict[int, Outcome], retry: RetryPolicy) -> None:
        """Record outcomes, in one transaction as far as nobody else works on the same cases.

        Args:
            outcomes: by the delivery's id; what is recorded is taken out of it.
            retry: when again.

        Raises:
            DatabaseUnavailable: what is left in `outcomes` is not recorded.
            SiteKeyError: nothing can be logged on this site now; likewise.
        """
        if len(outcomes) > 1:
            try:
                for done in self._record(outcomes, retry, together=True):
                    del outcomes[done]
            except (DatabaseUnavailable, SiteKeyError):
                raise
            except Exception:  # noqa: BLE001, S110 - of one of them: each alone shows which
                pass
        for one in tuple(outcomes):
            try:
                self._settle_alone(one, outcomes[one], retry)
            except (DatabaseUnavailable, SiteKeyError):
                raise
            except Exception as error:  # noqa: BLE001 - it is tried again when its lease ends
                _TROUBLE.traced("how an attempt ended cannot be noted", error)
            del outcomes[one]

    def _settle_alone(self, one: int, outcome: Outcome, retry: RetryPolicy) -> None:
        """Record an outcome that fits no transaction with others, or whose case cannot follow.

        Tried again by the schedule, it ends as a dead letter that is seen; tried at once and for
        ever, it would hold up its receiver.
        """
        try:
            self._record({one: outcome}, retry, together=False)
        except (DatabaseUnavailable, SiteKeyError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the case's rows
            _TROUBLE.traced("how an attempt ended cannot be noted", error)
            words = printable(f"the case cannot follow: {error}")[:_LONGEST_ERROR]
            failed = Outcome(Result.FAILED, status=outcome.status, error=words)
            self._record({one: failed}, retry, together=False)

    def _record(
        self, outcomes: Mapping[int, Outcome], retry: RetryPolicy, *, together: bool
    ) -> list[int]:
        """Record outcomes in one transaction; gives whose were.

        Cases are locked before deliveries, as everywhere. Who locks several waits for none of
        them, so that two cannot wait for each other.
        """
        now = datetime.now(UTC)
        moving = [one for one, outcome in outcomes.items() if _moves(outcome)]
        moved = DeliveryRow.id.in_(moving)
        with self._database.write() as session:
            cases = select(CaseRow.id).where(
                CaseRow.id.in_(select(DeliveryRow.case_id).where(moved))
            )
            locked = session.scalars(
                cases.order_by(CaseRow.id).with_for_update(skip_locked=together)
            ).all()
            rows = session.scalars(
                select(DeliveryRow)
                .where(DeliveryRow.id.in_(outcomes))
                .where(or_(~moved, DeliveryRow.case_id.in_(locked)))
                .options(defer(DeliveryRow.body))
                .order_by(DeliveryRow.id)
                .with_for_update(skip_locked=together)
            ).all()
            for row in rows:
                self._note(session, row, outcomes[row.id], retry, now)
                session.flush()
            return [row.id for row in rows]

    def _note(
        self,
        session: Session,
        row: DeliveryRow,
        outcome: Outcome,
        retry: RetryPolicy,
        now: datetime,
    ) -> None:
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
            # Where another division has the case by now, what this one says of it is late.
            late = moved_on(session, row.case_id, row.created_at)
            if _CONFIRMED in row.type and not late:
                emit(
                    session,
                    row.case_id,
                    row.receiver,
                    row.event_id,
                    calendar=self._calendar,
                    now=now,
                )
            if outcome.task_no is not None and not late:
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


def _moves(outcome: Outcome) -> bool:
    """Whether it may change the case or its log."""
    return outcome.result is Result.DELIVERED or outcome.logged is not None


def _remark(session: Session, row: DeliveryRow, action: str, now: datetime) -> None:
    done = row.state == DeliveryState.DELIVERED.value
    failed = say("not_told_to", receiver=row.receiver, result=row.last_result or "")
    remark(
        session,
        row.case_id,
        action if done else f"{action}_failed",
        reason=say("told_to", receiver=row.receiver) if done else failed,
        receiver=row.receiver,
        event_id=row.event_id,
        now=now,
    )
