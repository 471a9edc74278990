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
from standardwebhooks.webhooks import Webhook as Signer

from api.delivery.egress import PinnedTransport
from api.errors import EgressRefused
from vision.errors import SiteError
from vision.printable import printable
from vision.site import Webhook
from vision.throttled_log import ThrottledLog

_TROUBLE = ThrottledLog(logging.getLogger("streetwarden.sender"))
_LONGEST_ERROR = 300
"""Characters of an error that are kept: a receiver may choose some of them."""


class Result(StrEnum):
    """How an attempt ended."""

    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"
    """410: the receiver wants no more; it is disabled."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt. `error` is None when the receiver accepted."""

    result: Result
    status: int | None = None
    error: str | None = None
    retry_after: timedelta | None = None


class Sender:
    """Posts to one receiver.

    Raises:
        SiteError: the receiver's secret is not Base64.
    """

    def __init__(self, hook: Webhook, total: timedelta = timedelta(seconds=20)) -> None:
        self._hook = hook
        self._total = total
        self._signer = signer(hook)
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
        """One attempt, ended after the total time at the latest; what goes wrong is its outcome."""
        try:
            async with asyncio.timeout(self._total.total_seconds()):
                return await self._send(event_id, body)
        except (EgressRefused, OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(Result.FAILED, error=_words(error))
        except Exception as error:  # noqa: BLE001 - what a receiver makes a library raise is its own
            _TROUBLE.traced(f"webhook {self._hook.name}", error)
            return Outcome(Result.FAILED, error=_words(error))

    async def _send(self, event_id: str, body: str) -> Outcome:
        now = datetime.now(UTC)  # standardwebhooks signs correctly for UTC only
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "Streetwarden",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(event_id, now, body),
        }
        request = self._client.stream(
            "POST", self._hook.url, content=body.encode(), headers=headers
        )
        async with request as response:  # whose body nobody reads: it may never end
            return _judge(response)


def signer(hook: Webhook) -> Signer:
    """The receiver's signer.

    Raises:
        SiteError: the secret cannot be used.
    """
    try:
        return Signer(hook.secret.get_secret_value())
    except Exception as error:  # the library's own, binascii's: all mean the same
        raise SiteError(
            f"webhook {hook.name}: its secret is not Base64 (with or without whsec_); "
            "make one with: openssl rand -base64 32"
        ) from error


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
