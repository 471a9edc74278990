"""`/v1/webhooks`: receivers, what was delivered to them, dead letters and their replay."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit, urlunsplit

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from api.access.roles import Principal, Right
from api.cases.scope import scoped
from api.delivery.events import DeliveryState
from api.delivery.failing import failing
from api.delivery.ping import Pinged, ping
from api.delivery.queue import left_behind, replay
from api.http.context import Context, Shared, allowed_to
from api.http.parameters import Name, RowId, named
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.storage.tables import CaseRow, DeliveryRow, ReceiverRow
from api.words.said import say
from vision.site import Webhook
from vision.site.webhook import NEEDED

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], responses=described(*GUARDED))
Receiver = Annotated[str, named("case-system")]
Watcher = Annotated[Principal, Depends(allowed_to(Right.DELIVERIES))]
Replayer = Annotated[Principal, Depends(allowed_to(Right.REPLAY))]


class WebhookView(BaseModel):
    """A receiver; its secrets and settings are never shown.

    With `removed`, deliveries are left of it although the site file does not name it (any more).
    `failing_since` is its first failure after what it accepted last, `last_error` why the latest
    failed: null for who does not see everything, since it may name a case of others.
    """

    name: str
    url: str
    adapter: str
    kinds: list[str]
    stages: list[str]
    divisions: list[str]
    cameras: list[str]
    fields: list[str] | None = Field(description="What it sees of a case's data; null for all.")
    media: str
    removed: bool
    disabled_at: datetime | None
    failing_since: datetime | None
    last_error: str | None
    pending: int
    delivered: int
    dead: int


class WebhookList(BaseModel):
    """The site's receivers."""

    items: list[WebhookView]


class DeliveryView(BaseModel):
    """One event on its way to one receiver."""

    id: int
    event_id: str
    case_id: str
    sequence: int
    type: str
    state: DeliveryState
    attempts: int
    last_result: str | None
    created_at: datetime
    next_attempt_at: datetime | None
    delivered_at: datetime | None


class DeliveryPage(BaseModel):
    """A page of deliveries, the newest first; `next` is the cursor of the next page."""

    items: list[DeliveryView]
    next: int | None


class DeliveryQuery(BaseModel):
    """How a list of deliveries is narrowed and paged."""

    model_config = ConfigDict(extra="forbid")

    state: DeliveryState | None = None
    case: Name | None = Field(default=None, examples=["SW-01J9ZK3V5Q8T6W2Y4B7N0C1D2E"])
    cursor: RowId | None = Field(default=None, description="`next` of a page.")
    limit: int = Field(default=50, ge=1, le=200)


class Replayed(BaseModel):
    """How many deliveries are on their way again."""

    replayed: int


@router.get("", operation_id="listWebhooks")
def list_webhooks(shared: Shared, who: Watcher) -> WebhookList:
    """List the receivers with what waits, arrived and died, and those that fail.

    Behind them those that are not in the site file any more and of which something is left.
    """
    hooks = {hook.name: hook for hook in shared.site.webhooks}
    columns = select(DeliveryRow.receiver, DeliveryRow.state, func.count())
    query = scoped(columns.join(CaseRow), who).group_by(DeliveryRow.receiver, DeliveryRow.state)
    with shared.database.read() as session:
        counts: dict[tuple[str, str], int] = {
            (name, state): count for name, state, count in session.execute(query)
        }
        disabled = {row.name: row.disabled_at for row in session.scalars(select(ReceiverRow))}
        trouble = {row.name: row for row in failing(session, hooks)}
        removed = left_behind(session, hooks)
    return WebhookList(
        items=[
            WebhookView(
                name=name,
                **_set_up(hooks.get(name)),
                disabled_at=disabled.get(name),
                failing_since=trouble[name].since if name in trouble else None,
                last_error=trouble[name].error if name in trouble and not who.limited else None,
                **{s.value: counts.get((name, s.value), 0) for s in DeliveryState},
            )
            for name in (*hooks, *sorted(removed))
        ]
    )


@router.get("/{name}/deliveries", operation_id="listDeliveries", responses=described(404, 422))
def list_deliveries(
    shared: Shared,
    who: Watcher,
    name: Receiver,
    query: Annotated[DeliveryQuery, Query()],
) -> DeliveryPage:
    """List the events for one receiver."""
    if not any(hook.name == name for hook in shared.site.webhooks):
        with shared.database.read() as session:
            if name not in left_behind(session, [hook.name for hook in shared.site.webhooks]):
                raise _unknown(name)
    found = scoped(select(DeliveryRow).join(CaseRow).where(DeliveryRow.receiver == name), who)
    if query.state is not None:
        found = found.where(DeliveryRow.state == query.state.value)
    if query.case is not None:
        found = found.where(DeliveryRow.case_id == query.case)
    if query.cursor is not None:
        found = found.where(DeliveryRow.id < query.cursor)
    found = found.order_by(DeliveryRow.id.desc()).limit(query.limit + 1)
    with shared.database.read() as session:
        rows = list(session.scalars(found))
    items = [_view(row) for row in rows[: query.limit]]
    return DeliveryPage(items=items, next=items[-1].id if len(rows) > query.limit else None)


@router.post(
    "/{name}/replay", operation_id="replayDeadLetters", responses=described(404, 409, *WRITING)
)
def replay_dead_letters(
    shared: Shared, who: Replayer, name: Receiver, delivery: RowId | None = None
) -> Replayed:
    """Send dead letters again, and now what waits for another try: all or one.

    Of the cases that the key sees. One that sees all enables a receiver that said 410.
    """
    _known(shared, name)
    within = scoped(select(CaseRow.id), who) if who.limited else None
    return Replayed(replayed=replay(shared.database, name, delivery, within))


@router.post("/{name}/ping", operation_id="pingWebhook", responses=described(404, *WRITING))
def ping_webhook(shared: Shared, who: Replayer, name: Receiver) -> Pinged:  # noqa: ARG001
    """Send a signed test event (`streetwarden.ping.v1`) now and tell how it ended.

    It takes the way that events take, belongs to no case and counts as no delivery. Answers within
    20 s, whatever the receiver does.
    """
    return ping(shared.site, _known(shared, name))


def _known(shared: Context, name: str) -> Webhook:
    for hook in shared.site.webhooks:
        if hook.name == name:
            return hook
    raise _unknown(name)


def _unknown(name: str) -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, say("webhook_unknown", webhook=name[:64]))


def _set_up(hook: Webhook | None) -> dict[str, Any]:
    """What the site file says of a receiver."""
    if hook is None:
        nothing: dict[str, Any] = dict.fromkeys(("kinds", "stages", "divisions", "cameras"), ())
        return {**nothing, "url": "", "adapter": "", "fields": None, "media": "", "removed": True}
    return {
        "url": _shown(hook.url),
        "adapter": hook.adapter,
        "kinds": hook.kinds,
        "stages": hook.stages,
        "divisions": hook.divisions,
        "cameras": hook.cameras,
        "fields": None if hook.fields is None else [*NEEDED, *hook.fields],
        "media": hook.media,
        "removed": False,
    }


def _shown(url: str) -> str:
    """The address without what may be a credential: user, password, query and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _view(row: DeliveryRow) -> DeliveryView:
    pending = row.state == DeliveryState.PENDING.value
    return DeliveryView(
        id=row.id,
        event_id=row.event_id,
        case_id=row.case_id,
        sequence=row.sequence,
        type=row.type,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        last_result=row.last_result,
        created_at=row.created_at,
        next_attempt_at=row.next_attempt_at if pending else None,
        delivered_at=row.delivered_at,
    )
