"""WebAddress: an http or https address in a site file, parsed when the file is loaded.

A typo that only shows when something is sent would be found by the first case that does not
arrive, so the address is parsed by the client that will use it, and its host as a resolver does.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LIKE = "write one such as https://cases.example:8443/in"


def checked(text: str) -> str:
    """The address as it was given.

    Raises:
        ValueError: no request can be sent to it. The message never holds what may be a password.
    """
    # Costs a third of a second to import, and a site without receivers does not need it.
    from httpx import URL, InvalidURL  # noqa: PLC0415

    try:
        url = URL(text)
    except (InvalidURL, ValueError, TypeError):
        raise ValueError(f"is no web address; {_LIKE}") from None
    if url.scheme not in {"http", "https"}:
        raise ValueError(f"does not begin with http:// or https://; {_LIKE}")
    if url.port is not None and not 1 <= url.port <= 65535:
        raise ValueError(f"port {url.port} does not exist; choose one from 1 to 65535")
    _check_host(url.raw_host.decode("ascii").strip("[]"))
    return text


def _check_host(host: str) -> None:
    if not host:
        raise ValueError(f"has no host name; {_LIKE}")
    if "%" in host and ":" in host:
        raise ValueError("an address with a zone id (%) cannot be used; give the host a name")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return
    labels = host.removesuffix(".").split(".")
    wrong = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if wrong is not None or len(host) > 253:
        told = "an empty part" if wrong == "" else "a part that no host name may have"
        raise ValueError(f"the host name {host[:80]!r} has {told}; correct its spelling")
    if _NUMBER.fullmatch(labels[-1]):
        raise ValueError(
            f"the host {host[:80]!r} is no address; write IPv4 as four numbers from 0 to 255"
        )


def _checked_start(text: str) -> str:
    if text and re.search(r"[?#\s]", checked(text)):
        raise ValueError(
            "has a query (?), a fragment (#) or a space, but links start with it; leave that out"
        )
    return text


WebAddress = Annotated[str, AfterValidator(checked)]
LinkStart = Annotated[str, AfterValidator(_checked_start)]
"""What links start with; may be empty."""
