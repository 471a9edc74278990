"""LiveEvent: what a listener is told, and how it is written as a server-sent event.

The form is the HTML standard's (`text/event-stream`): lines `event:`, `id:` and `data:`, then an
empty one. The data is one line of JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

COMMENT = ":\n\n"
"""Says nothing, and shows proxies and browsers that the stream lives."""
RETRY = "retry: 1000\n\n"
"""A browser that lost the stream asks again after so many milliseconds."""


class Name(StrEnum):
    """What an event is about."""

    CASE = "case"
    QUEUE = "queue"
    CAMERAS = "cameras"
    SITE = "site"
    MISSED = "missed"
    """More happened since `Last-Event-ID` than is told again: read lists anew."""


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event.

    Attributes:
        name: what it is about.
        data: JSON.
        no: the number of the log's record up to which the listener has been told everything; None
            where that has not changed.
    """

    name: Name
    data: Mapping[str, Any]
    no: int | None = None

    def __str__(self) -> str:
        """As it goes over the wire."""
        number = "" if self.no is None else f"id: {self.no}\n"
        data = json.dumps(dict(self.data), ensure_ascii=False, separators=(",", ":"))
        return f"event: {self.name}\n{number}data: {data}\n\n"
