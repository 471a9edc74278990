"""HttpApi: asks a platform over HTTP for JSON, with one deadline and a bound on what comes back.

The address in the site file is trusted as a camera's is; it may not lead elsewhere: no redirect is
followed, no proxy is used. Certificates are verified, since a password is sent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from vision.gateways.failures import PlatformDown, quoted

_MOST_BYTES = 16 << 20
"""Of an answer: a page of channels has some 100 kB, a media server's list of streams a few MB."""
_CONNECT_S = 5.0


class HttpApi:
    """One platform's. Any thread may ask.

    Args:
        name: of the gateway, for what goes wrong.
        url: where it is.
    """

    def __init__(self, name: str, url: str) -> None:
        self._name = name
        self._url = url.rstrip("/")
        self._client = httpx.Client(
            follow_redirects=False,
            trust_env=False,
            # No compression: what unpacks to gigabytes is not read at all.
            headers={"User-Agent": "Streetwarden", "Accept-Encoding": "identity"},
        )

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
            within: seconds for all of it.

        Raises:
            PlatformDown: it does not answer in time, or what it answers is no JSON object.
        """
        deadline = time.monotonic() + within
        try:
            with self._client.stream(
                "GET" if form is None else "POST",
                self._url + path,
                params=query,
                data=form,
                headers=headers,
                timeout=httpx.Timeout(within, connect=min(_CONNECT_S, within)),
            ) as response:
                body = bytearray()
                for piece in response.iter_raw():
                    body += piece
                    if len(body) > _MOST_BYTES:
                        raise self._down(f"answers with more than {_MOST_BYTES >> 20} MB")
                    if time.monotonic() > deadline:
                        raise self._down("does not answer in time")
                status = response.status_code
        except httpx.ConnectError:
            failure = self._down("refuses the connection, or its name leads nowhere")
        except httpx.TimeoutException:
            failure = self._down("does not answer in time")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            failure = self._down(f"breaks off ({type(error).__name__})")
        else:
            return status, self._object(status, bytes(body))
        raise failure

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
