"""A case system in a test: what it says, and how it signs it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import TypeAdapter
from standardwebhooks.webhooks import Webhook

from api.callbacks.desk import CallbackDesk, Sender
from api.callbacks.requests import Callback
from api.callbacks.schemas import CallbackView
from api.delivery.events import Announcer
from api.delivery.queue import DeliveryQueue
from tests.api.world import CONFIRM, NOON, SECRET, World

SAID: TypeAdapter[Callback] = TypeAdapter(Callback)
MAIN = Sender.signed(("main",))
HOOK = {"name": "main", "url": "http://127.0.0.1:9/", "secret": SECRET}
OTHER = {**HOOK, "name": "other", "secret": "whsec_" + "b3RoZXI" * 6}
NEEDED = {"filed": {"task_no": "RW-1"}, "closed": {"outcome": "corrected"}}
WORK_ORDER = ["filed", "dispatched", "handled", "verified", "closed"]


def told(event: str, minute: float, **more: Any) -> dict[str, Any]:
    """A call-back of so many minutes after noon."""
    at = (NOON + timedelta(minutes=minute)).isoformat()
    said = {"id": f"{event}-{minute:g}", "event": event, "at": at}
    return said | NEEDED.get(event, {}) | more


def sent(world: World, receiver: str = "main", **what: Any) -> str:
    """A confirmed case that the receiver was sent; our own note of it is still to come."""
    what = what or {"kind": "dirty_truck", "subtype": "spill"}
    case_id = world.case(**what)
    world.review(case_id, CONFIRM)
    queue = DeliveryQueue(world.database, world.site.calendar, "a worker")
    while (claim := queue.claim(receiver)) is not None and case_id not in claim.body:
        pass
    assert claim is not None
    return case_id


def desk(world: World) -> CallbackDesk:
    return CallbackDesk(world.database, world.site, Announcer(world.site).announce)


def take(world: World, case_id: str, said: dict[str, Any], sender: Sender = MAIN) -> CallbackView:
    """A call-back, past the door."""
    return desk(world).take(sender, case_id, f"{case_id}:{said['id']}", SAID.validate_python(said))


def actions(world: World, case_id: str) -> list[str]:
    """What the log says of a case after a person's decision, without what was not applied."""
    log = [entry.action for entry in world.read(case_id).log]
    return [action for action in log[2:] if not action.startswith("callback_")]


def signed(
    said: dict[str, Any], secret: str = SECRET, at: datetime | None = None
) -> dict[str, Any]:
    """The parts of a request that one of a receiver's secrets has signed."""
    body, now = json.dumps(said), at or datetime.now(UTC)
    headers = {
        "content-type": "application/json",
        "webhook-id": str(said["id"]),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(str(said["id"]), now, body),
    }
    return {"content": body, "headers": headers}


def post(http: httpx.Client, case_id: str, request: dict[str, Any]) -> httpx.Response:
    return http.post(f"/v1/cases/{case_id}/callbacks", **request)
