"""Outcome: how one attempt at a receiver ended, and what an HTTP answer says of that."""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus


class Result(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"
    """410: the receiver wants no more; it is disabled."""
    REFUSED = "refused"
    """It will not be accepted however often it is sent: a dead letter at once."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of one attempt. `error` is None if the receiver accepted.

    `task_no` is the number under which the receiver keeps the case, where it told one. `logged`:
    the action under which the case's log keeps this outcome, where it has to.
    """

    result: Result
    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None
    task_no: str | None = None
    logged: str | None = None


def judged(status: int, headers: Mapping[str, str]) -> Outcome:
    """What an answer says by its status alone: 2xx accepts, 410 disables, else it is tried again.

    Args:
        status: of the answer.
        headers: with names in lower case; `retry-after` is honoured.
    """
    if 200 <= status < 300:
        return Outcome(Result.DELIVERED, status=status)
    if status == HTTPStatus.GONE:
        return Outcome(Result.GONE, status=status, error="the receiver answered 410 Gone")
    error = f"the receiver answered {status}"
    if 300 <= status < 400:
        error += "; redirects are not followed, correct the webhook's url"
    wait = retry_after(headers.get("retry-after", ""))
    return Outcome(Result.FAILED, status=status, error=error, retry_after=wait)


def retry_after(value: str) -> timedelta | None:
    """RFC 9110 section 10.2.3: seconds or a date; anything else is ignored."""
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value)) if len(value) < 10 else timedelta.max
    try:
        until = email.utils.parsedate_to_datetime(value)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(timedelta(), until - datetime.now(UTC))
    except (ValueError, OverflowError):  # a year that no calendar has
        return None
