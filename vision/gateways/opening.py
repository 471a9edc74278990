"""Opening: a camera's source, wherever it lies: at an address of its own or behind a gateway."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Event, Lock
from typing import Any

from vision.errors import SourceBroken
from vision.gateways.asked import Asked
from vision.gateways.desk import Desk
from vision.gateways.onvif import Onvif
from vision.gateways.platform import Platform
from vision.gateways.wvp import Wvp
from vision.gateways.zlmediakit import ZlMediaKit
from vision.site import Camera
from vision.site.gateway import Gateway, GatewayKind, target_of
from vision.sources.address import parse_address
from vision.sources.source import Source, open_source

_KINDS: dict[GatewayKind, Callable[[Gateway], Platform]] = {
    "wvp": Wvp,
    "zlmediakit": ZlMediaKit,
    "onvif": Onvif,
}
_DESKS: dict[Gateway, Desk] = {}
_LOCK = Lock()


def desk_of(gateway: Gateway) -> Desk:
    """This process's desk at a gateway: token, list and waits are shared by all its cameras."""
    with _LOCK:
        if gateway not in _DESKS:
            _DESKS[gateway] = Desk(gateway.name, _KINDS[gateway.kind](gateway))
        return _DESKS[gateway]


def open_camera(
    camera: Camera,
    *,
    stop: Event | None = None,
    watching: Callable[[datetime], bool] = lambda _: True,
    pace: Callable[[], float] | None = None,
    **how: Any,
) -> Source:
    """Open a camera's source as `vision.sources.source.open_source` does; its arguments and errors.

    One that lies behind a gateway is asked for when the first look is due.
    """
    target = target_of(camera.source)
    if target is None:
        return open_source(camera, stop=stop, watching=watching, pace=pace, **how)
    if camera.gateway is None:
        raise SourceBroken(
            f"{parse_address(camera.source).shown}: no gateway is known by that name here; name the"
            " camera in a site file that lists it among its `gateways`"
        )
    return Asked(
        camera,
        camera.gateway,
        target,
        desk_of(camera.gateway),
        stop=stop if stop is not None else Event(),
        watching=watching,
        pace=pace,
        how=how,
    )
