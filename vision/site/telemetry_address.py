"""TelemetryAddress: where telemetry comes from that is sent beside a live stream."""

from __future__ import annotations

from typing import Literal, NamedTuple, cast
from urllib.parse import urlsplit

from vision.mistakes.wrong import wrong

FORMS = ("mavlink+udp", "mavlink+tcp", "nmea+udp", "nmea+tcp")
_LIKE = "mavlink+udp://0.0.0.0:14550"


class TelemetryAddress(NamedTuple):
    """A form and a place: with `udp` packets are awaited there, with `tcp` it is connected to."""

    form: Literal["mavlink", "nmea"]
    carrier: Literal["udp", "tcp"]
    host: str
    port: int


def parse_telemetry(text: str) -> TelemetryAddress:
    """`mavlink+udp://0.0.0.0:14550`, `nmea+tcp://10.0.0.7:10110`.

    Raises:
        ValueError: it is none.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in FORMS or not host or not port or not bare:
        raise ValueError(wrong("telemetry_form", known=list(FORMS), like=_LIKE))
    form, _, carrier = parts.scheme.partition("+")
    return TelemetryAddress(
        cast("Literal['mavlink', 'nmea']", form), cast("Literal['udp', 'tcp']", carrier), host, port
    )
