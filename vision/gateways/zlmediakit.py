"""ZlMediaKit: ZLMediaKit's HTTP API: streams that are there, and cameras that it is to pull.

What is asked and answered, as of commit fdaec26 of github.com/ZLMediaKit/ZLMediaKit, in
`server/WebApi.cpp` (codes: `API::ApiErr` in `server/WebApi.h`):

    all               /index/api/…, posted as a form with `secret`; {code, msg, data}, 0 is success
    getMediaList      streams by schema, vhost, app, stream, with `totalReaderCount`
    addStreamProxy    has it pull an address; -1 with "This stream already exists" where it does
    delStreamProxy    by the `key` that addStreamProxy gave
    getServerConfig   `rtsp.port`

A media server does no signalling: what GB/T 28181 devices send it, under the app `rtp`, whoever
speaks SIP for it (such as WVP-PRO) has them send. `openRtpServer` is for who speaks SIP.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from vision.gateways.failures import (
    ChannelUnknown,
    NoStream,
    NotOffered,
    PlatformDown,
    TokenRefused,
    quoted,
)
from vision.gateways.http_api import HttpApi
from vision.gateways.kept import Kept
from vision.gateways.platform import Channel, Device, Point, Stream
from vision.site.gateway import Gateway, Target

LISTED_S = 10.0
"""Seconds that the list of streams is good for."""
_HOST = "__defaultVhost__"
_RTP = "rtp"  # the app that streams of GB/T 28181 devices belong to
_ASK_S = 10.0
_PULL_S = 10  # of its handshake with what it pulls
_AUTH_FAILED = -100


class ZlMediaKit:
    """See `vision.gateways.platform.Platform`.

    Args:
        gateway: where it is, its secret, and what it pulls.
        clock: in seconds.
    """

    def __init__(self, gateway: Gateway, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = gateway.name
        self._at = httpx.URL(gateway.url)
        self._api = HttpApi(gateway.name, gateway.url)
        self._secret = gateway.secret.get_secret_value() if gateway.secret is not None else ""
        self._pulls = {pull.stream: pull.url.get_secret_value() for pull in gateway.pulls}
        self._listed = Kept(self._media, LISTED_S, clock)
        self._port = Kept(self._rtsp_port, 3600.0, clock)

    def ask(self, target: Target) -> Stream:
        """Where a stream is read; where it is one of `pulls`, it is pulled from now on."""
        app, name = _named(target)
        port = self._port.get()
        url = str(httpx.URL(scheme="rtsp", host=self._at.host, port=port, path=f"/{app}/{name}"))
        if f"{app}/{name}" in self._pulls:
            return Stream(url, self._pull(app, name))
        if (app, name) not in self._listed.get():
            raise ChannelUnknown(
                f"{self._name}: channel unknown: the media server has no stream {app}/{name} now;"
                " have it sent there (GB/T 28181: by a gateway of kind wvp), or add it to `pulls`"
            )
        return Stream(url)

    def let_go(self, target: Target, stream: Stream) -> None:
        """End a pull that nobody watches; ZLMediaKit ends it itself when the last one goes."""
        app, name = _named(target)
        if any(one.get("totalReaderCount") for one in self._rows(app, name)):
            return
        self._call("delStreamProxy", {"key": stream.own[0]})

    def devices(self) -> list[Device]:
        """Itself: a media server knows streams, no devices."""
        found = len({*self._listed.get(), *self._pulled()})
        return [Device(self._name, "ZLMediaKit", online=True, channels=found)]

    def channels(self, device: str) -> list[Channel]:
        """Streams that are there, and those that it can pull."""
        there = self._listed.get()
        return [
            Channel(
                id=f"{app}/{name}",
                name=name,
                online=(app, name) in there,
                source=f"zlm://{device}/{app}/{name}",
            )
            for app, name in sorted({*there, *self._pulled()})
        ]

    def presets(self, target: Target) -> list[Point]:
        """None: a media server moves no camera."""
        raise NotOffered(
            f"{self._name}: a media server moves no camera; ask {target} of a WVP or of itself"
        )

    def call_preset(self, target: Target, number: str) -> None:
        """Not possible; see `presets`."""
        _ = number
        self.presets(target)

    def _pulled(self) -> Iterator[tuple[str, str]]:
        for stream in self._pulls:
            app, _, name = stream.partition("/")
            yield app, name

    def _pull(self, app: str, name: str) -> tuple[str, ...]:
        """Have it pull one; returns the key by which that is ended, none where it did."""
        key = f"{_HOST}/{app}/{name}"
        asked: dict[str, str | int] = {
            "vhost": _HOST,
            "app": app,
            "stream": name,
            "url": self._pulls[f"{app}/{name}"],
            "rtp_type": 0,  # over TCP, as we read
            "timeout_sec": _PULL_S,
            "retry_count": 3,
            "auto_close": 1,  # when nobody watches: also when this process was killed
        }
        code, told = self._said("addStreamProxy", asked, within=_PULL_S + _ASK_S)
        if code == 0:
            data = told.get("data")
            return (str(data.get("key") or key) if isinstance(data, dict) else key,)
        if "already exists" in str(told.get("msg")):
            return ()  # another's: it is theirs to end, and ends by itself when nobody watches
        raise NoStream(
            f"{self._name}: stream asked, but never came: {app}/{name}: {quoted(told.get('msg'))};"
            " correct its address in `pulls`"
        )

    def _media(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (str(one["app"]), str(one["stream"]))
            for one in self._rows()
            if one.get("app") and one.get("stream")
        )

    def _rows(self, app: str = "", name: str = "") -> list[dict[str, Any]]:
        wanted = {"schema": "rtsp", "vhost": _HOST}
        wanted |= {"app": app, "stream": name} if name else {}
        found = self._call("getMediaList", wanted).get("data")  # absent where there are none
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def _rtsp_port(self) -> int:
        found = self._call("getServerConfig", {}).get("data")
        first = found[0] if isinstance(found, list) and found else {}
        port = str(first.get("rtsp.port") if isinstance(first, dict) else "")
        if not port.isdecimal() or not 0 < int(port) < 1 << 16:
            raise NoStream(
                f"{self._name}: no stream: the media server serves no RTSP; set `port` in section"
                " [rtsp] of its config.ini"
            )
        return int(port)

    def _call(self, name: str, form: Mapping[str, str | int]) -> dict[str, Any]:
        code, told = self._said(name, form, within=_ASK_S)
        if code != 0:
            raise NoStream(f"{self._name}: {name}: {quoted(told.get('msg'))} (code {code})")
        return told

    def _said(
        self, name: str, form: Mapping[str, str | int], within: float
    ) -> tuple[int, dict[str, Any]]:
        """The code of an answer, and all of it."""
        # In the body: a secret in an address lands in logs.
        asked = {"secret": self._secret, **form}
        status, told = self._api.ask(f"/index/api/{name}", form=asked, within=within)
        code = told.get("code")
        if code == _AUTH_FAILED:
            raise TokenRefused(
                f"{self._name}: token refused: the media server does not take the `secret`"
                f" ({quoted(told.get('msg'))}); copy it from [api] of its config.ini"
            )
        if not isinstance(code, int) or status >= 500:
            raise PlatformDown(
                f"{self._name}: platform down: it answers {status}, not as a ZLMediaKit does; see"
                " the gateway's `url`"
            )
        return code, told


def _named(target: Target) -> tuple[str, str]:
    """The app and stream of a target.

    Those of GB/T 28181 are named as WVP-PRO names them: `playStop` in its
    `gb28181/controller/PlayController.java`.
    """
    if target.scheme == "gb28181":
        return _RTP, "_".join(target.parts)
    app, name = target.parts
    return app, name
