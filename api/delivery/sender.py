"""Sender: signs one event and posts it to its receiver, once."""

from __future__ import annotations

import asyncio
import email.utils
import logging
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Self

import httpx

from api.delivery.egress import PinnedTransport
from api.delivery.secrets import signatures, verifiers
from api.errors import EgressRefused
from vision.printable import printable
from vision.site import Webhook
from vision.throttled_log import ThrottledLog

_TROUBLE = ThrottledLog(logging.getLogger("streetwarden.sender"))
LONGEST_ATTEMPT = timedelta(seconds=20)
_LONGEST_ERROR = 300
"""Maximum characters of an error that are kept: a receiver controls some of them."""


class Result(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"
    """410: the receiver wants no more; it is disabled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of one attempt. `error` is None if the receiver accepted."""

    result: Result
    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None


class Sender:
    """Posts to one receiver.

    Raises:
        SiteError: a secret of the receiver is not Base64.
    """

    def __init__(self, hook: Webhook, total: timedelta = LONGEST_ATTEMPT) -> None:
        self._hook = hook
        self._total = total
        self._signers = verifiers(hook)
        self._client = httpx.AsyncClient(
            transport=PinnedTransport(hook.allow),
            timeout=httpx.Timeout(total.total_seconds()),
            follow_redirects=False,
            # A receiver's cookies would be kept, and sent back, for as long as this runs.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def send(self, event_id: str, body: str) -> Outcome:
        """Make one attempt within the total time; a failure is its outcome, not an exception."""
        try:
            async with asyncio.timeout(self._total.total_seconds()):
                return await self._send(event_id, body)
        except (EgressRefused, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(Result.FAILED, error=_words(error))
        except Exception as error:  # noqa: BLE001 - what a receiver makes a library raise is its own
            _TROUBLE.traced(f"webhook {self._hook.name}", error)
            return Outcome(Result.FAILED, error=_words(error))

    async def _send(self, event_id: str, body: str) -> Outcome:
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "Streetwarden",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures(self._signers, event_id, now, body),
        }
        request = self._client.stream(
            "POST", self._hook.url, content=body.encode(), headers=headers
        )
        async with request as response:  # the body is not read: it may never end
            return _judge(response)


def _judge(response: httpx.Response) -> Outcome:
    status = response.status_code
    if 200 <= status < 300:
        return Outcome(Result.DELIVERED, status=status)
    if status == httpx.codes.GONE:
        return Outcome(Result.GONE, status=status, error="the receiver answered 410 Gone")
    error = f"the receiver answered {status}"
    if 300 <= status < 400:
        error += "; redirects are not followed, correct the webhook's url"
    wait = _retry_after(response.headers.get("retry-after", ""))
    return Outcome(Result.FAILED, status=status, error=error, retry_after=wait)


def _retry_after(value: str) -> timedelta | None:
    """RFC 9110 section 10.2.3: seconds or a date; anything else is ignored."""
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value)) if len(value) < 10 else timedelta.max
    try:
        until = email.utils.parsedate_to_datetime(value)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(timedelta(), until - datetime.now(UTC))
    except (ValueError, OverflowError):  # a year that no calendar has
        return None


def _words(error: Exception) -> str:
    """Why, in printable words: they go into the database and onto terminals."""
    return printable(_said(error))[:_LONGEST_ERROR]


def _said(error: Exception) -> str:
    if isinstance(error, EgressRefused):
        return str(error)
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return "no answer in time"
    cause = error.__cause__
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f"TLS: {cause.reason or cause}"
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__
