"""WebAddress: an http or https address in a site file, parsed when the file is loaded.

A typo that only shows when something is sent would be found by the first case that does not
arrive, so the address is parsed by the client that will use it, and its host as a resolver does.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator

from vision.mistakes.wrong import wrong

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_LIKE = "https://cases.example:8443/in"


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
        raise ValueError(wrong("address_form", like=_LIKE)) from None
    if url.scheme not in {"http", "https"}:
        raise ValueError(wrong("address_scheme", like=_LIKE))
    if url.port is not None and not 1 <= url.port <= 65535:
        raise ValueError(wrong("address_port", port=url.port))
    _check_host(url.raw_host.decode("ascii").strip("[]"))
    return text


def _check_host(host: str) -> None:
    if not host:
        raise ValueError(wrong("address_without_host", like=_LIKE))
    if "%" in host and ":" in host:
        raise ValueError(wrong("address_zone_id"))
    try:
        ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        return
    labels = host.removesuffix(".").split(".")
    odd = next((label for label in labels if not _LABEL.fullmatch(label)), None)
    if odd == "":
        raise ValueError(wrong("address_host_gap", host=host[:80]))
    if odd is not None or len(host) > 253:
        raise ValueError(wrong("address_host", host=host[:80]))
    if _NUMBER.fullmatch(labels[-1]):
        raise ValueError(wrong("address_number", host=host[:80]))


def _checked_start(text: str) -> str:
    if text and re.search(r"[?#\s]", checked(text)):
        raise ValueError(wrong("link_with_query"))
    return text


WebAddress = Annotated[str, AfterValidator(checked)]
LinkStart = Annotated[str, AfterValidator(_checked_start)]
"""What links start with; may be empty."""
