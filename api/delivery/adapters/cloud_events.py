"""CloudEvents: the event as it is, signed after Standard Webhooks: the default."""

from __future__ import annotations

from typing import ClassVar

from api.delivery.adapters.adapter import Adapter, Answer, Event, Request
from api.delivery.outcome import Outcome


class CloudEvents(Adapter):
    """A CloudEvents 1.0 event in JSON ("structured mode")."""

    secret: ClassVar[bool] = True

    def request(self, event: Event) -> Request:
        """The body as it lies in the outbox, the same at each retry."""
        headers = {"content-type": "application/cloudevents+json; charset=utf-8"}
        return Request(headers=headers, content=event.body)

    def ping(self, event: Event) -> Request:
        """A ping is an event like others."""
        return self.request(event)

    def pinged(self, answer: Answer) -> Outcome:
        """And is accepted as they are."""
        return self.judge(answer)
