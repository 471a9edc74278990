"""HttpApi: asks a platform over HTTP for JSON, with one deadline and a bound on what comes back.

The address in the site file is trusted as a camera's is; it may not lead elsewhere: no redirect is
followed, no proxy is used. Certificates are verified, since a password is sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx

from vision.gateways.failures import PlatformDown, quoted

_MOST_BYTES = 16 << 20
"""Of an answer: a page of channels has some 100 kB, a media server's list of streams a few MB."""
_CONNECT_S = 5.0


class HttpApi:
    """One platform's. Any thread may ask that runs no event loop.

    Args:
        name: of the gateway, for what goes wrong.
        url: where it is.
    """

    def __init__(self, name: str, url: str) -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._trusted = httpx.create_ssl_context(trust_env=False)
        self._trusted.load_default_certs()  # also those that SSL_CERT_FILE names

    def ask(
        self,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        form: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        within: float,
    ) -> tuple[int, dict[str, Any]]:
        """The status and the JSON object of an answer.

        Args:
            path: after the platform's address.
            query: settings in the address.
            form: settings in the body, which is then posted.
            headers: more of them.
            within: seconds for all of it, however slowly an answer comes. (A resolver that hangs
                has the operating system's patience.)

        Raises:
            PlatformDown: it does not answer in time, or what it answers is no JSON object.
        """
        how = {"params": query, "data": form, "headers": headers}
        method = "GET" if form is None else "POST"
        try:
            status, body = asyncio.run(self._exchange(method, self._url + path, how, within))
        except httpx.ConnectError:
            failure = self._down("refuses the connection, or its name leads nowhere")
        except (TimeoutError, httpx.TimeoutException):
            failure = self._down("does not answer in time")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            failure = self._down(f"breaks off ({type(error).__name__})")
        else:
            return status, self._object(status, body)
        raise failure

    async def _exchange(
        self, method: str, url: str, how: Mapping[str, Any], within: float
    ) -> tuple[int, bytes]:
        """The status and body of an answer; asynchronous, as only so one deadline covers it all."""
        async with (
            asyncio.timeout(within),
            httpx.AsyncClient(
                follow_redirects=False,
                trust_env=False,
                verify=self._trusted,
                # No compression: what unpacks to gigabytes is not read at all.
                headers={"User-Agent": "Streetwarden", "Accept-Encoding": "identity"},
                timeout=httpx.Timeout(within, connect=min(_CONNECT_S, within)),
            ) as client,
            client.stream(method, url, **how) as response,
        ):
            body = bytearray()
            async for piece in response.aiter_raw():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise self._down(f"answers with more than {_MOST_BYTES >> 20} MB")
            return response.status_code, bytes(body)

    def _object(self, status: int, body: bytes) -> dict[str, Any]:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        if isinstance(told, dict):
            return told
        if 300 <= status < 400:
            raise self._down(f"answers with a redirect ({status}); write where it leads to")
        raise self._down(f"answers {status} without JSON")

    def _down(self, why: str) -> PlatformDown:
        return PlatformDown(
            f"{self._name}: platform down: it {quoted(why)}; see whether it runs, and its `url`"
        )
