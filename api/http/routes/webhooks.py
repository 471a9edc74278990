"""`/v1/webhooks`: receivers, what was delivered to them, dead letters and their replay."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from api.access.roles import Principal, Right
from api.cases.scope import scoped
from api.delivery.events import DeliveryState
from api.delivery.queue import replay
from api.http.context import Context, Shared, allowed_to
from api.http.parameters import RowId, named
from api.http.problems import GUARDED, WRITING, Refusal, described
from api.storage.tables import CaseRow, DeliveryRow, ReceiverRow
from vision.site import Webhook

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], responses=described(*GUARDED))
Receiver = Annotated[str, named("case-system")]
Watcher = Annotated[Principal, Depends(allowed_to(Right.DELIVERIES))]
Replayer = Annotated[Principal, Depends(allowed_to(Right.REPLAY))]


class WebhookView(BaseModel):
    """A receiver; its secret is never shown."""

    name: str
    url: str
    kinds: list[str]
    stages: list[str]
    disabled_at: datetime | None
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
    cursor: RowId | None = Field(default=None, description="`next` of a page.")
    limit: int = Field(default=50, ge=1, le=200)


class Replayed(BaseModel):
    """How many deliveries are on their way again."""

    replayed: int


@router.get("", operation_id="listWebhooks")
def list_webhooks(shared: Shared, who: Watcher) -> WebhookList:
    """List the receivers with what waits, arrived and died."""
    columns = select(DeliveryRow.receiver, DeliveryRow.state, func.count())
    query = scoped(columns.join(CaseRow), who).group_by(DeliveryRow.receiver, DeliveryRow.state)
    with shared.database.read() as session:
        counts: dict[tuple[str, str], int] = {
            (name, state): count for name, state, count in session.execute(query)
        }
        disabled = {row.name: row.disabled_at for row in session.scalars(select(ReceiverRow))}
    return WebhookList(
        items=[
            WebhookView(
                name=hook.name,
                url=_shown(hook.url),
                kinds=list(hook.kinds),
                stages=list(hook.stages),
                disabled_at=disabled.get(hook.name),
                **{s.value: counts.get((hook.name, s.value), 0) for s in DeliveryState},
            )
            for hook in shared.site.webhooks
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
    _known(shared, name)
    found = scoped(select(DeliveryRow).join(CaseRow).where(DeliveryRow.receiver == name), who)
    if query.state is not None:
        found = found.where(DeliveryRow.state == query.state.value)
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


def _known(shared: Context, name: str) -> Webhook:
    for hook in shared.site.webhooks:
        if hook.name == name:
            return hook
    raise Refusal(HTTPStatus.NOT_FOUND, f"no webhook {name[:64]!r} is in the site file")


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
