"""Ping: a signed test event, sent at once; it belongs to no case and is not in the outbox."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from pydantic import BaseModel, Field
from ulid import ULID

from api.delivery.events import ReceiverData, ReceiverEvent, source_of
from api.delivery.outcome import Result
from api.delivery.sender import Sender
from vision.site import Site, Webhook


class Pinged(BaseModel):
    """How a ping ended. `said` is null where the receiver accepted it, else why it did not."""

    event_id: str
    accepted: bool
    status: int | None = Field(description="Of the HTTP answer; null where there was none.")
    said: str | None = Field(examples=["the receiver answered 401"])
    latency_ms: int


def ping(site: Site, hook: Webhook) -> Pinged:
    """Send a receiver a ping in the form of its adapter, through the sender that events take.

    Args:
        site: in whose name.
        hook: the receiver.

    Raises:
        SiteError: a secret of the receiver cannot be used.
    """
    event = ReceiverEvent(
        id=f"evt_{ULID()}",
        type="streetwarden.ping.v1",
        source=source_of(site),
        subject=hook.name,
        time=datetime.now(UTC),
        data=ReceiverData(receiver=hook.name),
    )
    return asyncio.run(_sent(hook, event))


async def _sent(hook: Webhook, event: ReceiverEvent) -> Pinged:
    began = time.perf_counter()
    async with Sender(hook) as sender:
        outcome = await sender.ping(event.id, event.model_dump_json(exclude_none=True))
    return Pinged(
        event_id=event.id,
        accepted=outcome.result is Result.DELIVERED,
        status=outcome.status,
        said=outcome.error,
        latency_ms=round((time.perf_counter() - began) * 1000),
    )
