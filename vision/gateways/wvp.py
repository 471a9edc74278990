"""Wvp: WVP-PRO's HTTP API: devices of GB/T 28181 and their streams.

What is asked and answered, as of commit 768d740 of github.com/648540858/wvp-GB28181-pro, below
`src/main/java/com/genersoft/iot/vmp/`:

    login             vmanager/user/UserController.java: the password as MD5, 32 hex digits
    token             conf/security/JwtUtils.java: header `access-token`, 30 minutes; or `api-key`
    its expiry        conf/security/AnonymousAuthenticationEntryPoint.java: 401, body {code: 401}
    answers           conf/GlobalResponseAdvice.java: {code, msg, data}; code 0 is success
    refusals          conf/GlobalExceptionHandler.java: code 100 and a sentence, with status 200
    devices, channels gb28181/controller/DeviceQuery.java, pages of PageHelper: {list, total, …}
    play, stop        gb28181/controller/PlayController.java, vmanager/bean/StreamContent.java
    why none came     service/bean/InviteErrorCode.java (below 0), else a status of SIP (RFC 3261)
    viewers           vmanager/server/ServerController.java: media/bean/MediaInfo.java readerCount
    presets           gb28181/controller/PtzController.java
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any, NoReturn

from vision.gateways.failures import (
    ChannelUnknown,
    DeviceOffline,
    NoStream,
    PlatformDown,
    TokenRefused,
    quoted,
)
from vision.gateways.http_api import HttpApi
from vision.gateways.kept import Kept
from vision.gateways.platform import Channel, Device, Point, Stream
from vision.gateways.stream_address import checked
from vision.redaction import REDACTION
from vision.site.gateway import Gateway, Target

PAGE = 100
"""Devices and channels asked for at once."""
LISTED_S = 60.0
"""Seconds that the list of devices is good for: cameras that open together share one."""
_MOST_PAGES = 1000
_ASK_S = 10.0
_PLAY_S = 25.0
"""A platform waits 10 s for the device's stream by default (`user-settings.play-timeout`)."""
_LEAVING_S = 0.5
"""Seconds after which a viewer that is still counted is somebody else."""
_READ = ("rtsp", "flv", "ts", "hls", "https_flv", "https_ts", "https_hls")
"""Of the addresses that it answers with, the ones that are read, best first."""
_TURNS = {1: True, 2: False, 3: False, 4: True}
"""Of `ptzType`: dome, hemisphere, fixed, remote-controlled (gb28181/bean/DeviceChannel.java)."""
_GONE = frozenset((404, 410, 604))  # statuses of SIP: it has no such channel
_AWAY = frozenset((408, 480, 503))  # the device is not there


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """The platform's own word that something cannot be done."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


class Wvp:
    """See `vision.gateways.platform.Platform`.

    Args:
        gateway: where it is, and how it is logged in to.
        clock: in seconds.
    """

    def __init__(self, gateway: Gateway, clock: Callable[[], float] = time.monotonic) -> None:
        self._gateway = gateway
        self._name = gateway.name
        self._api = HttpApi(gateway.name, gateway.url)
        self._key = gateway.secret.get_secret_value() if gateway.secret is not None else None
        self._lock = Lock()
        self._token: str | None = None
        self._logins = 0  # tried
        self._refusal: TokenRefused | PlatformDown | None = None
        self._listed = Kept(self._devices, LISTED_S, clock)

    def ask(self, target: Target) -> Stream:
        """Have a channel invited."""
        device, channel = target.parts
        known = self._listed.get().get(device)
        if known is None:
            raise ChannelUnknown(
                f"{self._name}: device unknown: the platform lists no device {device}; correct the"
                " source, or have the device registered there"
            )
        if not known.online:
            raise DeviceOffline(
                f"{self._name}: device offline: {device} ({quoted(known.name)}) is not registered"
                " at the platform now; see to its power and network"
            )
        try:
            told = self._call(f"/api/play/start/{device}/{channel}", within=_PLAY_S)
        except _Refused as refused:
            self._explain(refused, target)
        content = told if isinstance(told, dict) else {}
        url = next((content[name] for name in _READ if content.get(name)), None)
        own = tuple(str(content.get(name) or "") for name in ("app", "stream", "mediaServerId"))
        return Stream(checked(url, self._gateway), own)

    def let_go(self, target: Target, stream: Stream) -> None:
        """Stop a channel that nobody watches; while somebody does, WVP ends it when they go."""
        try:
            # The media server may not have noticed yet that we have left.
            if self._watched(stream):
                time.sleep(_LEAVING_S)
                if self._watched(stream):
                    return
            self._call("/api/play/stop/" + "/".join(target.parts))
        except _Refused as refused:
            raise NoStream(f"{self._name}: {quoted(refused.said)}") from None

    def _watched(self, stream: Stream) -> bool:
        """Whether somebody reads a stream."""
        app, name, server = stream.own
        query = {"app": app, "stream": name, "mediaServerId": server}
        told = self._call("/api/server/media_server/media_info", query)
        return isinstance(told, dict) and bool(told.get("readerCount"))

    def devices(self) -> list[Device]:
        """Every device that has ever registered there."""
        return list(self._listed.get().values())

    def channels(self, device: str) -> list[Channel]:
        """Those that a device's catalogue lists."""
        found = self._pages(f"/api/device/query/devices/{device}/channels")
        return [
            Channel(
                id=_text(one, "deviceId"),
                name=_text(one, "name"),
                online=_text(one, "status").upper() == "ON",
                source=f"gb28181://{self._name}/{device}/{_text(one, 'deviceId')}",
                turns=_TURNS.get(_number(one, "ptzType") or 0),
            )
            for one in found
        ]

    def presets(self, target: Target) -> list[Point]:
        """The directions that a camera remembers."""
        try:
            told = self._call("/api/front-end/preset/query/" + "/".join(target.parts))
        except _Refused as refused:
            self._explain(refused, target)
        rows = told if isinstance(told, list) else []
        return [
            Point(_text(one, "presetId"), _text(one, "presetName"))
            for one in rows
            if isinstance(one, dict)
        ]

    def call_preset(self, target: Target, number: str) -> None:
        """Turn a camera to one of them; 1 to 255."""
        path = "/api/front-end/preset/call/" + "/".join(target.parts)
        try:
            self._call(path, {"presetId": number})
        except _Refused as refused:
            self._explain(refused, target)

    def _explain(self, refused: _Refused, target: Target) -> NoReturn:
        """Say why a channel gave nothing."""
        code, said = refused.code, quoted(refused.said)
        if code in _GONE or "不存在" in refused.said:
            raise ChannelUnknown(
                f"{self._name}: channel unknown: {target}: {said}; correct the source, or have the"
                " device send its catalogue"
            ) from None
        if code in _AWAY or "离线" in refused.said or "不在线" in refused.said:
            raise DeviceOffline(
                f"{self._name}: device offline: {target}: {said}; see to its power and network"
            ) from None
        raise NoStream(
            f"{self._name}: stream asked, but never came: {target}: {said} (code {code}); see"
            " whether the platform itself can play it"
        ) from None

    def _devices(self) -> dict[str, Device]:
        return {
            _text(one, "deviceId"): Device(
                id=_text(one, "deviceId"),
                name=_text(one, "name"),
                online=one.get("onLine") is True,
                maker=_text(one, "manufacturer"),
                channels=_number(one, "channelCount"),
            )
            for one in self._pages("/api/device/query/devices")
        }

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Every row of a list, page after page."""
        seen = 0
        for page in range(1, _MOST_PAGES + 1):
            try:
                told = self._call(path, {"page": page, "count": PAGE})
            except _Refused as refused:
                raise ChannelUnknown(f"{self._name}: {quoted(refused.said)}") from None
            told = told if isinstance(told, dict) else {}
            rows = told.get("list")
            rows = rows if isinstance(rows, list) else []
            yield from (one for one in rows if isinstance(one, dict) and one.get("deviceId"))
            seen += len(rows)
            total = _number(told, "total")
            if not rows or (total and seen >= total):
                return

    def _call(
        self, path: str, query: Mapping[str, str | int] | None = None, within: float = _ASK_S
    ) -> Any:
        """The data of an answer; a token that has expired is renewed once for all who hold it.

        Raises:
            _Refused: the platform says that it cannot.
            PlatformDown, TokenRefused: the platform as a whole.
        """
        token = None
        for _ in range(2):
            token = self._key or self._fresh(token)
            header = {"api-key" if self._key else "access-token": token}
            status, told = self._api.ask(path, query=query, headers=header, within=within)
            code = told.get("code")
            if status == 401 or code == 401:
                if self._key:
                    break
                continue
            if status >= 500 or not isinstance(code, int):
                said = quoted(told.get("msg") or "an answer without a code")
                raise PlatformDown(
                    f"{self._name}: platform down: it answers {status}: {said}; see its log"
                )
            if code != 0:
                raise _Refused(code, str(told.get("msg") or ""))
            return told.get("data")
        raise TokenRefused(
            f"{self._name}: token refused: the platform does not take the key that it is asked"
            " with; correct the gateway's `secret`, or `user` and `password`"
        )

    def _fresh(self, spent: str | None) -> str:
        """A token other than the spent one: of those that wait for it, one logs in."""
        logins = self._logins
        with self._lock:
            if self._logins != logins and self._refusal is not None:
                raise type(self._refusal)(str(self._refusal))
            if self._token is None or self._token == spent:
                self._token = None
                try:
                    self._token, self._refusal = self._login(), None
                except (TokenRefused, PlatformDown) as error:
                    self._refusal = error
                    raise
                finally:
                    self._logins += 1
            return self._token

    def _login(self) -> str:
        password = self._gateway.password
        word = password.get_secret_value() if password is not None else ""
        # Not ours to choose: it is what the platform wants, and stores.
        digest = hashlib.md5(word.encode(), usedforsecurity=False).hexdigest()
        REDACTION.hide((digest,))
        query = {"username": self._gateway.user, "password": digest}
        status, told = self._api.ask("/api/user/login", query=query, within=_ASK_S)
        if status >= 500:
            raise PlatformDown(
                f"{self._name}: platform down: it answers {status} to the login; see its log"
            )
        data = told.get("data")
        token = data.get("accessToken") if isinstance(data, dict) else None
        if told.get("code") != 0 or not isinstance(token, str) or not token.isascii():
            raise TokenRefused(
                f"{self._name}: token refused: the login as {quoted(self._gateway.user)} fails:"
                f" {quoted(told.get('msg'))}; correct the gateway's `user` and `password`"
            )
        REDACTION.hide((token,))
        return token


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return str(value) if value is not None else ""


def _number(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    return value if isinstance(value, int) else None
