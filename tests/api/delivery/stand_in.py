"""A receiver's stand-in: a real HTTP server that a test tells what to answer; and one delivery."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from api.delivery.outcome import Outcome
from api.delivery.pictures import StoredPictures
from api.delivery.queue import DeliveryQueue
from api.delivery.retry import RetryPolicy
from api.delivery.sender import Sender
from tests.api.world import World


@dataclass
class StandIn:
    """Where it is, and how many requests came."""

    port: int
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"


@contextmanager
def stand_in(answer: Callable[[Request], Response]) -> Iterator[StandIn]:
    """A server that answers each request so; what goes wrong in it is a 500."""

    def app(environ, start_response):
        request = Request(environ)
        made.asked.append(f"{request.method} {request.path}")
        try:
            with request:
                response = answer(request)
        except BaseException as error:
            wrong.append(error)
            raise
        return response(environ, start_response)

    wrong: list[BaseException] = []
    server = make_server("127.0.0.1", 0, app, threaded=True)
    made = StandIn(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    if wrong:
        raise wrong[0]


def deliver(world: World, name: str, retry: RetryPolicy | None = None) -> Outcome:
    """Make the next attempt at this receiver, and note it, as the worker does."""
    hook = next(hook for hook in world.site.webhooks if hook.name == name)
    queue = DeliveryQueue(world.database, world.site.calendar, "test")
    claim = queue.claim(name)
    assert claim is not None, "nothing is due"

    async def send() -> Outcome:
        async with Sender(hook, pictures=StoredPictures(world.database, world.evidence)) as sender:
            return await sender.send(claim.event_id, claim.body)

    outcome = asyncio.run(send())
    queue.settle(claim, outcome, retry or RetryPolicy())
    return outcome
