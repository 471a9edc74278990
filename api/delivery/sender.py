"""Sender: sends one event to its receiver, once, in the form of the receiver's adapter."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import httpx

from api.delivery.adapters import Answer, Event, Request, Undeliverable, adapter_of
from api.delivery.adapters.adapter import NoPictures, Pictures
from api.delivery.egress import PinnedTransport
from api.delivery.handshake import HandshakeRefused, shake_hands
from api.delivery.outcome import Outcome, Result
from api.delivery.secrets import signatures, verifiers
from api.errors import EgressRefused
from vision.errors import StorageUnavailable
from vision.printable import printable
from vision.site import Webhook
from vision.throttled_log import ThrottledLog

_TROUBLE = ThrottledLog(logging.getLogger("streetwarden.sender"))
LONGEST_ATTEMPT = timedelta(seconds=20)
_LONGEST_ERROR = 300
"""Maximum characters of an error that are kept: a receiver controls some of them."""
_LONGEST_NUMBER = 200
"""Maximum characters of a task number, as of one that a call-back gives."""
_LONGEST_READING_S = 5.0
"""How long an adapter's answer may take to arrive; its status has said already what counts."""
# At INFO, httpx logs the whole address of each request, which may hold a token.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Sender:
    """Sends to one receiver.

    Raises:
        SiteError: a secret of the receiver is not Base64, or nobody brings its adapter.
    """

    def __init__(
        self,
        hook: Webhook,
        total: timedelta = LONGEST_ATTEMPT,
        *,
        pictures: Pictures | None = None,
    ) -> None:
        self._hook = hook
        self._total = total
        self._signers = verifiers(hook)
        self._adapter = adapter_of(hook)
        self._pictures = pictures or NoPictures()
        # Pictures are read while others send: what a disk or a bucket does holds up this one alone.
        self._forms = ThreadPoolExecutor(1, thread_name_prefix="adapter")
        self._asked = hook.origin is None
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
        self._forms.shutdown(wait=False, cancel_futures=True)
        await self._client.aclose()

    async def send(self, event_id: str, body: str) -> Outcome:
        """Make one attempt within the total time; a failure is its outcome, not an exception."""
        adapter = self._adapter
        outcome = await self._attempt(event_id, body, adapter.request, adapter.judge)
        return replace(outcome, logged=adapter.logged)

    async def ping(self, event_id: str, body: str) -> Outcome:
        """Send the adapter's ping, as `send` does."""
        return await self._attempt(event_id, body, self._adapter.ping, self._adapter.pinged)

    async def _attempt(
        self,
        event_id: str,
        body: str,
        made: Callable[[Event], Request],
        judge: Callable[[Answer], Outcome],
    ) -> Outcome:
        ends = asyncio.get_running_loop().time() + self._total.total_seconds()
        event = Event(event_id, body, self._pictures)
        try:
            async with asyncio.timeout_at(ends):
                outcome = judge(await self._exchange(event, made, ends))
            error = outcome.error and _bounded(outcome.error)
            return replace(outcome, error=error, task_no=_number(outcome.task_no))
        except Undeliverable as error:
            return Outcome(Result.REFUSED, error=_words(error))
        except (EgressRefused, HandshakeRefused, StorageUnavailable) as error:
            return Outcome(Result.FAILED, error=_words(error))
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(Result.FAILED, error=_words(error))
        except Exception as error:  # noqa: BLE001 - what a receiver makes a library raise is its own
            _TROUBLE.traced(f"webhook {self._hook.name}", error)
            return Outcome(Result.FAILED, error=_words(error))

    async def _exchange(
        self, event: Event, made: Callable[[Event], Request], ends: float
    ) -> Answer:
        if not self._asked and self._hook.origin is not None:
            await shake_hands(self._client, self._hook.url, self._hook.origin)
            self._asked = True
        loop = asyncio.get_running_loop()
        request = await loop.run_in_executor(self._forms, made, event)
        try:
            sent = self._client.stream(
                request.method,
                self._url(request),
                headers=self._headers(request, event.id),
                **_body(request),
            )
            async with sent as response:
                read = self._read(response, min(loop.time() + _LONGEST_READING_S, ends - 0.5))
                return Answer(response.status_code, response.headers, await read)
        finally:
            for part in request.files:
                part.content.close()

    def _url(self, request: Request) -> httpx.URL:
        url = httpx.URL(self._hook.url)
        return url.copy_with(path=url.path.rstrip("/") + request.path) if request.path else url

    def _headers(self, request: Request, event_id: str) -> dict[str, str]:
        now = datetime.now(UTC)
        headers = {
            "user-agent": "Streetwarden",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            **request.headers,
        }
        if request.content is not None and self._signers:
            headers["webhook-signature"] = signatures(self._signers, event_id, now, request.content)
        if self._adapter.reads:
            headers["accept-encoding"] = "identity"  # no few bytes become gigabytes
        return headers

    async def _read(self, response: httpx.Response, until: float) -> bytes:
        """What the adapter wants of the body; a body may never end, or break off."""
        if not self._adapter.reads:
            return b""
        found = b""
        try:
            async with asyncio.timeout_at(until):
                async for piece in response.aiter_raw():
                    found += piece
                    if len(found) > self._adapter.reads:
                        return b""
        except (TimeoutError, httpx.HTTPError):
            return b""
        return found


def _body(request: Request) -> dict[str, Any]:
    """What httpx takes as a request's body."""
    if request.content is not None:
        return {"content": request.content.encode()}
    files = [(f.name, (f.filename, f.content, f.media_type)) for f in request.files]
    return {"data": dict(request.form), **({"files": files} if files else {})}


def _words(error: Exception) -> str:
    """Why, in printable words: they go into the database and onto terminals."""
    return _bounded(_said(error))


def _number(said: str | None) -> str | None:
    """A number that a receiver gave; it goes into the database and onto pages. None: there is none.

    What the database cannot hold would make a case that the receiver took look refused.
    """
    return printable((said or "").strip())[:_LONGEST_NUMBER] or None


def _bounded(text: str) -> str:
    return printable(text)[:_LONGEST_ERROR]


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
