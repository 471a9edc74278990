"""Onvif: a device that speaks ONVIF: its profiles, their streams, its presets.

By onvif-zeep-async (MIT), the optional extra `onvif`, which is imported when a device is asked.
The operations are those of ONVIF's Media and PTZ service specifications (GetProfiles,
GetStreamUri, GetPresets, GotoPreset); passwords go as digests by WS-Security.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from threading import Event, Lock
from typing import Any, TypeVar
from urllib.parse import quote

import httpx

from vision.errors import SourceBroken
from vision.gateways.failures import ChannelUnknown, NoStream, PlatformDown, TokenRefused, quoted
from vision.gateways.kept import Kept
from vision.gateways.platform import Channel, Device, Point, Stream
from vision.gateways.stream_address import checked
from vision.site.gateway import Gateway, Target

_ASK_S = 15.0
"""Seconds for all of a device's answers."""
_PROFILES_S = 60.0
_RTSP = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}

_SERVICES = ("http://www.onvif.org/ver10/media/wsdl", "http://www.onvif.org/ver20/ptz/wsdl")

_T = TypeVar("_T")
_READING, _READ = Lock(), Event()
"""The descriptions of the services take seconds of Python to read: once in a process."""


class Onvif:
    """See `vision.gateways.platform.Platform`. A device whose channels are its profiles.

    Args:
        gateway: the device. Only host and port of its address count: its services are asked there,
            wherever it says that they lie.
        clock: in seconds.
    """

    def __init__(self, gateway: Gateway, clock: Callable[[], float] = time.monotonic) -> None:
        self._gateway = gateway
        self._name = gateway.name
        self._at = httpx.URL(gateway.url)
        self._user = gateway.user
        word = gateway.password
        self._password = word.get_secret_value() if word is not None else ""
        self._listed = Kept(self._profiles, _PROFILES_S, clock)

    def ask(self, target: Target) -> Stream:
        """The stream of a profile, by token or name; the first where none is named."""
        token = self._token(target)

        async def uri(device: Any) -> Any:
            media = await device.create_media_service()
            asked = {"StreamSetup": _RTSP, "ProfileToken": token}
            return (await media.GetStreamUri(asked)).Uri

        url = checked(self._run(uri), self._gateway)
        at = httpx.URL(url)
        if self._user and not at.userinfo:
            # Encoded here: by httpx, `:` and others would stay as they are.
            user = f"{quote(self._user, safe='')}:{quote(self._password, safe='')}"
            url = url.replace("://", f"://{user}@", 1)
        return Stream(url)

    def let_go(self, target: Target, stream: Stream) -> None:
        """Nothing to do: a device streams to whoever reads."""

    def devices(self) -> list[Device]:
        """Itself."""

        async def facts(device: Any) -> Any:
            service = await device.create_devicemgmt_service()
            return await service.GetDeviceInformation()

        told = self._run(facts)
        found = len(self._listed.get())
        model = quoted(told.Model or "")
        maker = quoted(told.Manufacturer or "")
        return [Device(self._name, model, online=True, maker=maker, channels=found)]

    def channels(self, device: str) -> list[Channel]:
        """Its profiles."""
        return [
            Channel(
                id=token,
                name=name,
                online=True,
                source=f"onvif://{device}/{quote(token, safe='')}",
                turns=turns,
            )
            for token, name, turns in self._listed.get()
        ]

    def presets(self, target: Target) -> list[Point]:
        """The directions that it remembers."""
        token = self._token(target)

        async def points(device: Any) -> Any:
            turning = await device.create_ptz_service()
            return await turning.GetPresets({"ProfileToken": token})

        return [Point(str(one.token), str(one.Name or "")) for one in self._run(points) or ()]

    def call_preset(self, target: Target, number: str) -> None:
        """Turn it to one of them."""
        token = self._token(target)

        async def turn(device: Any) -> None:
            turning = await device.create_ptz_service()
            await turning.GotoPreset({"ProfileToken": token, "PresetToken": number})

        self._run(turn)

    def _token(self, target: Target) -> str:
        wanted = target.parts[0] if target.parts else None
        for token, name, _ in self._listed.get():
            if wanted is None or wanted in {token, name}:
                return token
        known = ", ".join(token for token, _, _ in self._listed.get()) or "none"
        raise ChannelUnknown(
            f"{self._name}: channel unknown: the device has no profile {quoted(wanted)}; it has"
            f" {quoted(known)}"
        )

    def _profiles(self) -> list[tuple[str, str, bool]]:
        async def profiles(device: Any) -> Any:
            media = await device.create_media_service()
            return await media.GetProfiles()

        return [
            (str(one.token), str(one.Name or ""), one.PTZConfiguration is not None)
            for one in self._run(profiles) or ()
        ]

    def _run(self, what: Callable[[Any], Awaitable[_T]]) -> _T:
        """What a device answers.

        Raises:
            TokenRefused: it refuses the password.
            PlatformDown: it does not answer, or not as an ONVIF device.
            NoStream: it answers with a fault.
            SourceBroken: the extra is not installed.
        """
        try:
            from onvif import ONVIFCamera  # noqa: PLC0415 - an optional extra
            from onvif.exceptions import ONVIFError  # noqa: PLC0415
            from onvif.util import is_auth_error  # noqa: PLC0415
            from zeep.exceptions import Error  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise SourceBroken(
                f"{self._name}: ONVIF needs the package {error.name}; install it with:"
                " pip install 'streetwarden[onvif]'"
            ) from None

        with _READING:
            if not _READ.is_set():
                asyncio.run(_read_descriptions(ONVIFCamera))
                _READ.set()

        async def session() -> _T:
            async with asyncio.timeout(_ASK_S):
                device = ONVIFCamera(
                    self._at.host,
                    self._at.port or 80,
                    self._user or None,
                    self._password or None,
                    # Its services are asked where it is, whatever addresses it names.
                    nat_override=True,
                    # A device without a clock refuses digests of any other time.
                    adjust_time=True,
                    no_cache=True,
                )
                try:
                    await device.update_xaddrs()
                    return await what(device)
                finally:
                    await device.close()

        try:
            return asyncio.run(session())
        except Exception as error:  # noqa: BLE001 - zeep passes on what its parts raise
            refused, fault = is_auth_error(error), isinstance(error, (ONVIFError, Error))
            said = quoted(f"{type(error).__name__}: {error}")
        if refused:
            raise TokenRefused(
                f"{self._name}: token refused: the device does not take the user name or password;"
                " correct `user` and `password`"
            )
        if fault:
            raise NoStream(f"{self._name}: the device answers with a fault: {said}")
        raise PlatformDown(
            f"{self._name}: platform down: the device does not answer as an ONVIF one: {said}; see"
            " to its power, and the gateway's `url`"
        )


async def _read_descriptions(camera: Any) -> None:
    """Have the library read what it keeps of the services that are asked; nothing is sent."""
    device = camera("localhost", 80, None, None, no_cache=True)
    try:
        device.xaddrs = dict.fromkeys(_SERVICES, "http://localhost/")
        await device.create_devicemgmt_service()
        await device.create_media_service()
        await device.create_ptz_service()
    finally:
        await device.close()
