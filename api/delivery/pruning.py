"""Pruning of the outbox: what has arrived long ago is forgotten; dead letters never are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from api.cases.stages import Stage
from api.delivery.events import DeliveryState
from api.storage.pruning import Rule
from api.storage.tables import AttemptRow, CaseRow, DeliveryRow, PrunedAttemptsRow

ATTEMPTS = timedelta(days=90)
"""How long attempts at what has arrived are kept: a quarter, in which a receiver's faults are
looked into."""
DELIVERED = timedelta(days=400)
"""How long what has arrived is kept, with its body: a year and the time to ask about it. Of a case
that is not closed it is kept: a receiver's call-back is believed of a case that it was sent."""


def _attempts(now: datetime) -> ColumnElement[bool]:
    arrived = select(DeliveryRow.id).where(DeliveryRow.state == DeliveryState.DELIVERED.value)
    return and_(AttemptRow.at < now - ATTEMPTS, AttemptRow.delivery_id.in_(arrived))


def _deliveries(now: datetime) -> ColumnElement[bool]:
    return and_(
        DeliveryRow.state == DeliveryState.DELIVERED.value,
        DeliveryRow.delivered_at < now - DELIVERED,
        DeliveryRow.case_id.in_(select(CaseRow.id).where(CaseRow.stage == Stage.CLOSED.value)),
        ~select(AttemptRow.id).where(AttemptRow.delivery_id == DeliveryRow.id).exists(),
    )


def _count(session: Session, keys: Sequence[object]) -> None:
    """Keep how many there were: a counter that falls would look like a restart to Prometheus."""
    columns = (AttemptRow.receiver, AttemptRow.result, func.count())
    grouped = select(*columns).where(AttemptRow.id.in_(keys)).group_by(*columns[:2])
    for receiver, result, count in session.execute(grouped).all():
        row = session.get(PrunedAttemptsRow, (receiver, result), with_for_update=True)
        if row is None:
            session.add(PrunedAttemptsRow(receiver=receiver, result=result, count=count))
        else:
            row.count += count
    session.flush()


def rules() -> Iterator[Rule]:
    """In their order: a delivery goes after its attempts."""
    yield Rule("attempts at deliveries", AttemptRow.id, _attempts, _count)
    yield Rule("deliveries", DeliveryRow.id, _deliveries)
