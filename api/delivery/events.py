"""Events: writes a case's events to the outbox, in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from ulid import ULID

from api.cases.announcement import CaseEvent
from api.cases.schemas import CaseData
from api.cases.view import REDACTED, case_data, current
from api.storage.tables import CaseRow, DeliveryRow
from vision.site import Site, Webhook


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


class CloudEvent(BaseModel):
    """The body of a webhook: a CloudEvents 1.0 event in JSON."""

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(description="Also the `webhook-id`; the same at every retry.")
    type: str = Field(examples=["streetwarden.case.confirmed.v1"])
    source: str
    subject: str = Field(description="The case's id.")
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: CaseData


class Announcer:
    """Puts a case's events into the outbox, one row for each receiver that wants them."""

    def __init__(self, site: Site) -> None:
        self._webhooks = site.webhooks
        self._url = site.site.url.rstrip("/")
        name = quote(site.site.name, safe="")
        self._source = f"urn:streetwarden:{site.site.division or 'site'}:{name}"

    def announce(self, session: Session, case: CaseRow, event: CaseEvent, now: datetime) -> None:
        """Write the event in this session's transaction; the outbox wakes after its commit.

        While a decision can still be undone, the event waits (`recall`).
        """
        case.sequence += 1
        receivers = [hook for hook in self._webhooks if wants(hook, case.kind, event)]
        if not receivers:
            return
        event_id = f"evt_{ULID()}"
        kind = f"streetwarden.case.{event.value}.v1"
        body = self._body(case, event_id, kind, now)
        for hook in receivers:
            session.add(
                DeliveryRow(
                    event_id=event_id,
                    receiver=hook.name,
                    case_id=case.id,
                    sequence=case.sequence,
                    type=kind,
                    body=body,
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

    def _body(self, case: CaseRow, event_id: str, kind: str, now: datetime) -> str:
        # The only media view so far is `redacted`: originals are not even mentioned.
        evidence = [item for item in current(case) if item.role in REDACTED]
        data = CaseData.model_validate(case_data(case, evidence))
        for item in data.evidence:
            item.href = f"{self._url}{item.href}"
        event = CloudEvent(
            id=event_id,
            type=kind,
            source=self._source,
            subject=case.id,
            time=now,
            data=data,
        )
        return event.model_dump_json()


def wants(hook: Webhook, kind: str, event: CaseEvent) -> bool:
    """Whether this receiver asked for such events of cases of this kind."""
    kinds: Sequence[str] = hook.kinds
    return ("all" in kinds or kind in kinds) and event.value in hook.stages
