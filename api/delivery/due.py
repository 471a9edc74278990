"""Due: which of a receiver's deliveries may be attempted now.

This machine's clock may be set while deliveries wait. Due times come from that clock, so a time
further ahead than any retry, lease or undo is scheduled means that the clock was wrong then, and
the delivery is due now.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, or_, select
from sqlalchemy.orm import aliased

from api.delivery.events import DeliveryState
from api.storage.tables import AttemptRow, DeliveryRow, ReceiverRow
from vision.site.review import LONGEST_UNDO

CLOCKS_DIFFER = timedelta(minutes=1)
"""How far two machines' clocks, or one before and after it was set, differ without being wrong."""
_LONGEST_HOLD = LONGEST_UNDO + CLOCKS_DIFFER


def heads(receiver: str) -> Select[DeliveryRow]:
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


def is_due(now: datetime, lease: timedelta) -> ColumnElement[bool]:
    """Whether a delivery is due, or its time was set by a clock that was ahead.

    Args:
        now: UTC.
        lease: the longest that any worker takes.
    """
    last_attempt = (
        select(AttemptRow.at)
        .where(AttemptRow.delivery_id == DeliveryRow.id)
        .order_by(AttemptRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    ahead = case(
        (DeliveryRow.owner.is_not(None), DeliveryRow.next_attempt_at > now + lease + CLOCKS_DIFFER),
        (DeliveryRow.failures == 0, DeliveryRow.next_attempt_at > now + _LONGEST_HOLD),
        else_=last_attempt > now + CLOCKS_DIFFER,
    )
    return or_(DeliveryRow.next_attempt_at <= now, ahead)
