"""Claim: a delivery that one worker may attempt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that this worker alone may attempt until its lease ends.

    Attributes:
        fault: why the event cannot be read from the database; it is not sent, and `body` is empty.
    """

    id: int
    event_id: str
    body: str
    fault: str | None = None
