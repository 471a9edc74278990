"""Endpoint: asks a model one question about one picture, and takes what comes as the worst.

Any server of the OpenAI form `chat/completions` will do: vLLM, llama.cpp, Ollama, LMDeploy. Nothing
is sent but the picture and the prompt, to addresses of the site's own network alone.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import logging
import threading
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final

import httpx

from api.delivery.bounded import MOST_READ
from api.delivery.egress import MOST_ADDRESSES, PinnedTransport
from api.delivery.outcome import retry_after
from api.errors import EgressRefused
from api.opinions.prompt import Prompt
from api.opinions.reply import FORM, NotInForm, Reply, read
from vision.egress_addresses import Network, on_site
from vision.printable import printable
from vision.site.second_opinion import SecondOpinion

_MOST_TOKENS: Final = 1024
"""What a model may say: 300 characters of Chinese are some 300, and some think aloud first."""
_LONGEST_ERROR: Final = 300
_GLANCE_S = 0.2
_NO_SCHEMA = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.NOT_IMPLEMENTED}
)
"""What servers answer that do not know `response_format: json_schema`."""
_OF_THE_QUESTION = frozenset(
    {
        *(HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        *(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.UNPROCESSABLE_ENTITY),
    }
)
"""Answers about what was sent; every other one that is no answer is about the endpoint."""


# At INFO, httpx logs the whole address of each request, which may hold a token.
logging.getLogger("httpx").setLevel(logging.WARNING)


class Blame(StrEnum):
    """Whose fault it is that there is no answer."""

    ENDPOINT = "endpoint"
    """It is away, busy, or set up otherwise than the site file says: later ones fail as well."""
    ANSWER = "answer"
    """It cannot make an answer of this picture in the form: others may be answered."""
    EVIDENCE = "evidence"
    """Its picture cannot be read now."""
    STOPPED = "stopped"
    """This program is ending."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer, in printable words. `retry_after`: for so long, it says itself."""

    blame: Blame
    error: str
    status: int | None = None
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An answer. `held`: the endpoint was held to the form, and did not only follow the prompt."""

    reply: Reply
    ms: int
    held: bool


class Endpoint:
    """The endpoint of a site; for one thread."""

    def __init__(self, settings: SecondOpinion) -> None:
        self._settings = settings
        url = httpx.URL(settings.url)
        self._url = url.copy_with(path=url.path.rstrip("/") + "/chat/completions")
        self.host = printable(url.netloc.decode("ascii"))
        """Host and port, without user and password."""
        self._schema = True

    def ask(
        self,
        picture: bytes,
        media_type: str,
        prompt: Prompt,
        stopping: threading.Event | None = None,
    ) -> Told | Failure:
        """Ask once; a failure is what it gives, not an exception.

        Args:
            picture: a masked one, as it is stored.
            media_type: of it, such as image/jpeg.
            prompt: what is asked of it.
            stopping: once it is set, the question is given up.
        """
        began = time.perf_counter()
        asked = self._within(picture, media_type, prompt)
        try:
            reply = asyncio.run(_unless(stopping or threading.Event(), asked))
        except _Failed as failed:
            return failed.failure
        return Told(reply, round((time.perf_counter() - began) * 1000), self._schema)

    async def _within(self, picture: bytes, media_type: str, prompt: Prompt) -> Reply:
        """Ask within the time that one answer has, whatever becomes of it."""
        body = self._body(picture, media_type, prompt)
        try:
            async with asyncio.timeout(self._settings.timeout.total_seconds()):
                return await self._ask(body)
        except (TimeoutError, httpx.TimeoutException) as error:
            in_words = (
                f"{self.host} has not answered in {self._settings.timeout.total_seconds():g} s"
            )
            raise _Failed(Failure(Blame.ENDPOINT, in_words)) from error
        except EgressRefused as error:
            raise _Failed(Failure(Blame.ENDPOINT, str(error))) from error
        except NotInForm as error:
            raise _Failed(Failure(Blame.ANSWER, f"what {self.host} answers {error}")) from error
        except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
            said = printable(str(error) or type(error).__name__)
            in_words = f"{self.host}: {said}"[:_LONGEST_ERROR]
            raise _Failed(Failure(Blame.ENDPOINT, in_words)) from error

    async def _ask(self, body: dict[str, Any]) -> Reply:
        async with self._client() as client:
            if self._schema:
                status, headers, content = await self._post(client, body | _HELD)
                if status not in _NO_SCHEMA:
                    return self._judged(status, headers, content)
            status, headers, content = await self._post(client, body)
            if status == HTTPStatus.OK:
                self._schema = False
            return self._judged(status, headers, content)

    def _judged(self, status: int, headers: Mapping[str, str], content: bytes) -> Reply:
        if status == HTTPStatus.OK:
            return read(content)
        error = f"{self.host} answered {status}"
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            error += "; see the key of second_opinion"
        elif status == HTTPStatus.NOT_FOUND:
            error += "; see the url and model of second_opinion"
        elif 300 <= status < 400:
            error += "; redirects are not followed, correct the url of second_opinion"
        blame = Blame.ANSWER if status in _OF_THE_QUESTION else Blame.ENDPOINT
        wait = retry_after(headers.get("retry-after", ""))
        raise _Failed(Failure(blame, error, status, wait))

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            transport=PinnedTransport(self._settings.allow, pin=_pinned),
            timeout=httpx.Timeout(self._settings.timeout.total_seconds()),
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            trust_env=False,
        )

    async def _post(
        self, client: httpx.AsyncClient, body: dict[str, Any]
    ) -> tuple[int, Mapping[str, str], bytes]:
        # No few bytes become gigabytes.
        headers = {"user-agent": "Streetwarden", "accept-encoding": "identity"}
        if self._settings.key is not None:
            headers["authorization"] = f"Bearer {self._settings.key.get_secret_value()}"
        async with client.stream("POST", self._url, json=body, headers=headers) as response:
            content = bytearray()
            if response.status_code == HTTPStatus.OK:
                async for piece in response.aiter_raw():
                    content += piece
                    if len(content) > MOST_READ:
                        raise NotInForm("is too long")
            return response.status_code, response.headers, bytes(content)

    def _body(self, picture: bytes, media_type: str, prompt: Prompt) -> dict[str, Any]:
        """The request, all in one message of the user: some models' templates have no other."""
        data = base64.b64encode(picture).decode()
        image = {"url": f"data:{media_type};base64,{data}"}
        return {
            "model": self._settings.model,
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "image_url", "image_url": image},
                        {"type": "text", "text": prompt.text},
                    ],
                }
            ],
            "temperature": 0,
            "max_tokens": _MOST_TOKENS,
            "stream": False,
        }


_HELD: Final[dict[str, Any]] = {
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "second_opinion", "strict": True, "schema": FORM},
    }
}


class _Failed(Exception):  # noqa: N818 - carries a failure out of what is nested
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error)
        self.failure = failure


async def _unless(stopping: threading.Event, asked: Coroutine[Any, Any, Reply]) -> Reply:
    """What is asked, unless the program ends meanwhile."""
    task = asyncio.ensure_future(asked)
    while not task.done():
        await asyncio.wait({task}, timeout=_GLANCE_S)
        if stopping.is_set() and not task.done():
            task.cancel()
            await asyncio.wait({task})
            raise _Failed(Failure(Blame.STOPPED, "given up, as the program ends"))
    return task.result()


def _pinned(host: str, addresses: Sequence[str], allow: Sequence[Network]) -> list[str]:
    """Those of the host's addresses that are on the site's own network, or allowed.

    Raises:
        EgressRefused: none is.
    """
    found = [text for text in addresses if on_site(ipaddress.ip_address(text), allow)]
    if found:
        return found[:MOST_ADDRESSES]
    raise EgressRefused(
        f"{host} leads to {', '.join(sorted(addresses))}, which is not on the site's own network: "
        "pictures are sent to private addresses alone; add that network to the `allow` list of "
        "second_opinion if this is meant"
    )
