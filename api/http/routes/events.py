"""`/v1/events`: what happens now, as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated

import anyio
from fastapi import APIRouter, Header
from starlette.responses import StreamingResponse

from api.http.context import Context, Reader, Shared
from api.http.problems import GUARDED, Refusal, described
from api.live.listener import Listener
from api.storage.limits import LARGEST_ID
from api.words.said import say

router = APIRouter(prefix="/v1/events", tags=["events"], responses=described(*GUARDED, 422))
_HEADERS = {"X-Accel-Buffering": "no"}  # nginx passes it on as it comes
_SAYS = """Events: `case` {`id`, `stage`, `kind`, `camera`, `entry`: what was logged}, of cases that
the key may see; `queue` {`total`}; `cameras` {`changed`: ids}; `site` {}; `missed` {}:
more happened since `Last-Event-ID` than is told again, so read lists anew. A stream ends after 100
s, when the key or session does, and when it is read too slowly: ask again with `Last-Event-ID`."""


@router.get(
    "",
    operation_id="listen",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": _SAYS,
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "example": 'event: queue\nid: 4711\ndata: {"total":12}\n\n',
                }
            },
        }
    },
)
async def listen(
    shared: Shared,
    who: Reader,
    last: Annotated[
        int | None,
        Header(alias="Last-Event-ID", ge=0, le=LARGEST_ID, description="The last `id` received."),
    ] = None,
) -> StreamingResponse:
    """Tell what happens, as it happens (`text/event-stream`)."""
    listener = Listener(who)
    if not await anyio.to_thread.run_sync(shared.live.admit, listener, last):
        raise Refusal(
            HTTPStatus.TOO_MANY_REQUESTS,
            say("listeners_too_many"),
            {"Retry-After": "5"},
        )
    return StreamingResponse(
        _until_over(shared, listener), media_type="text/event-stream", headers=_HEADERS
    )


async def _until_over(shared: Context, listener: Listener) -> AsyncIterator[str]:
    try:
        async for said in listener.stream():
            yield said
    finally:
        shared.live.leave(listener)
