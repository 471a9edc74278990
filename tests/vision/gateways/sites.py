"""Sites whose cameras lie behind a gateway, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Mapping

from tests.vision.gateways.wvp_server import channel_id, device_id
from vision.site import Camera, Site


def site_of(gateway: Mapping[str, object], *cameras: Mapping[str, object]) -> Site:
    """A site of one gateway and these cameras, validated as a file's is."""
    return Site.model_validate(
        {"site": {"name": "t"}, "gateways": [gateway], "cameras": [dict(c) for c in cameras]}
    )


def behind(gateway: Mapping[str, object], source: str, **more: object) -> Camera:
    """A camera behind it."""
    return site_of(gateway, {"id": "gate", "source": source, **more}).cameras[0]


def gb(number: int, device: int | None = None) -> str:
    """The source of a channel; two belong to a device."""
    of = number // 2 if device is None else device
    return f"gb28181://city/{device_id(of)}/{channel_id(number)}"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
