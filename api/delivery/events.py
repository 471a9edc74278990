"""Events: writes a case's events to the outbox, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from ulid import ULID

from api.cases.announcement import CaseEvent
from api.cases.schemas import CaseData
from api.cases.view import REDACTED, case_data, current
from api.storage.tables import CaseRow, DeliveryRow
from vision.registers.divisions import lies_in
from vision.site import Site, Webhook
from vision.site.adapter import plug_in
from vision.site.webhook import ASKED_FOR, NEEDED


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class Envelope(BaseModel):
    """What every CloudEvents 1.0 event has around its data."""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(description="Also the `webhook-id`; the same at every retry.")
    type: str = Field(examples=["streetwarden.case.confirmed.v1"])
    source: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"


class CloudEvent(Envelope):
    """The body of a webhook: a CloudEvents 1.0 event in JSON. Its subject is the case's id."""

    data: CaseData = Field(
        description="What this receiver may see of the case; fields that it may not are left out."
    )


class ReceiverData(BaseModel):
    """A receiver by its name in the site file; since when it fails, in events about that."""

    receiver: str
    failing_since: datetime | None = None


class ReceiverEvent(Envelope):
    """An event about a receiver, of no case: a ping, or that one fails or answers again."""

    data: ReceiverData


def source_of(site: Site) -> str:
    """The `source` of the site's events."""
    return f"urn:streetwarden:{site.site.division or 'site'}:{quote(site.site.name, safe='')}"


_NOT_THEIRS = ASKED_FOR | {"evidence", "review"}
"""Of a case that went to another division, what its former receivers are not given any more."""


class Announcer:
    """Puts a case's events into the outbox, one row for each receiver that wants them."""

    def __init__(self, site: Site) -> None:
        self._webhooks = site.webhooks
        self._url = site.site.url.rstrip("/")
        self._source = source_of(site)

    def announce(self, session: Session, case: CaseRow, event: CaseEvent, now: datetime) -> None:
        """Write the event in this session's transaction; the outbox wakes after its commit.

        While a decision can still be undone, the event waits (`recall`).
        """
        case.sequence += 1
        receivers = [hook for hook in self._webhooks if wants(hook, case, event)]
        if event is CaseEvent.REASSIGNED:
            # Not who has it from now on: they are told of it as a confirmed case.
            told_of_it = set(session.scalars(_told(case.id)))
            receivers = [hook for hook in self._webhooks if _concerned(hook, told_of_it)]
        if not receivers:
            return
        told = self._event(case, f"streetwarden.case.{event.value}.v1", now)
        but = _NOT_THEIRS if event is CaseEvent.REASSIGNED else frozenset[str]()
        for hook in receivers:
            session.add(
                DeliveryRow(
                    event_id=told.id,
                    receiver=hook.name,
                    case_id=case.id,
                    sequence=case.sequence,
                    type=told.type,
                    body=as_seen(told, hook, but),
                    state=DeliveryState.PENDING.value,
                    next_attempt_at=max(now, case.undo_until or now),
                    created_at=now,
                )
            )
        session.info["queued"] = True

    @staticmethod
    def recall(session: Session, case: CaseRow) -> bool:
        """Take a case's events out of the outbox; False, and nothing done, once one was claimed.

        Who claims one waits for nobody that has it locked (`DeliveryQueue.claim`), so an event is
        either sent or taken out.
        """
        query = select(DeliveryRow).where(DeliveryRow.case_id == case.id)
        rows = session.scalars(query.order_by(DeliveryRow.id).with_for_update()).all()
        if any(row.attempts for row in rows):
            return False
        for row in rows:
            session.delete(row)
        return True

    def _event(self, case: CaseRow, kind: str, now: datetime) -> CloudEvent:
        # No receiver is given an original: who looks at one says why, and that is logged.
        evidence = [item for item in current(case) if item.role in REDACTED]
        data = CaseData.model_validate(case_data(case, evidence))
        for item in data.evidence:
            item.href = f"{self._url}{item.href}"
        return CloudEvent(
            id=f"evt_{ULID()}",
            type=kind,
            source=self._source,
            subject=case.id,
            time=now,
            data=data,
        )


def wants(hook: Webhook, case: CaseRow, event: CaseEvent) -> bool:
    """Whether this receiver asked for such events of such cases.

    It is asked of what changes only where a case goes to another division, so that a receiver is
    told of all of its events or of none, but for that one: see `CaseEvent.REASSIGNED`.
    """
    kinds: Sequence[str] = hook.kinds
    return (
        event.value in hook.stages
        and ("all" in kinds or case.kind in kinds)
        and (not hook.divisions or lies_in(case.division, hook.divisions))
        and (not hook.cameras or case.camera in hook.cameras)
    )


def _told(case_id: str) -> Select[str]:
    """The receivers that were told of a case, or wait to be."""
    return select(DeliveryRow.receiver).where(DeliveryRow.case_id == case_id).distinct()


def _concerned(hook: Webhook, told: Collection[str]) -> bool:
    forms = plug_in(hook.adapter).events
    return hook.name in told and (forms is None or CaseEvent.REASSIGNED.value in forms)


def as_seen(event: CloudEvent, hook: Webhook, but: Collection[str] = ()) -> str:
    """The body for this receiver: what it may not see is not in it, nor what is in `but`."""
    shown = set(CaseData.model_fields) - ASKED_FOR
    if hook.fields is not None:
        shown = {*NEEDED, *hook.fields}
    if hook.media == "none":
        shown.discard("evidence")
    hidden = set(CaseData.model_fields) - shown.difference(but)
    return event.model_dump_json(exclude={"data": hidden} if hidden else None)
