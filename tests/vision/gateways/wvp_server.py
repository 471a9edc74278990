"""A stand-in for WVP-PRO's HTTP API; what it answers is as `vision/gateways/wvp.py` cites."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from tests.vision.gateways.standing import Answer, Standing

USER, PASSWORD = "streetwarden", "p@ss:w/rd"
_IDS = re.compile(r"/\d{20}")


def device_id(number: int) -> str:
    """Of a recorder."""
    return f"3402000000118{number:07d}"


def channel_id(number: int) -> str:
    """Of a camera."""
    return f"3402000000132{number:07d}"


def ok(data: object) -> Answer:
    """As `GlobalResponseAdvice` wraps it."""
    return 200, {"code": 0, "msg": "成功", "data": data}


def no(code: int, said: str) -> Answer:
    """As `GlobalExceptionHandler` says it, and `play` where no stream came."""
    return 200, {"code": code, "msg": said, "data": None}


class WvpServer(Standing):
    """Devices with two channels each, the second of which can be turned.

    Attributes:
        offline: devices that are not registered now.
        plays: channels that are invited.
        refusals: what `play` answers for a channel instead.
        tokens: those that are good; `expire` takes them away.
        others: by channel, how many viewers it is said to have, ask after ask.
        points: channels and the preset that they were turned to.
        stream: the address of a channel's stream; that of its pictures by default.
    """

    def __init__(self, devices: int = 3) -> None:
        super().__init__()
        self.devices = [device_id(n) for n in range(devices)]
        self.offline: set[str] = set()
        self.plays: set[str] = set()
        self.refusals: dict[str, Answer] = {}
        self.tokens: set[str] = set()
        self.api_keys: set[str] = set()
        self.others: dict[str, list[int]] = {}
        self.points: dict[str, str] = {}
        self.stream = "{url}/pictures/{channel}"
        self.short_lived = False  # a token is good for one ask

    def gateway(self, **more: object) -> dict[str, Any]:
        """As a site file names it."""
        login = {"user": USER, "password": PASSWORD}
        return {"name": "city", "kind": "wvp", "url": self.url} | login | more

    def expire(self) -> None:
        """No token is good any more."""
        self.tokens.clear()

    def route(self, path: str) -> str:
        return _IDS.sub("", path)

    def answer(self, path: str, given: dict[str, str], headers: dict[str, str]) -> Answer:
        if path == "/api/user/login":
            return self._login(given)
        token = headers.get("access-token")
        if token not in self.tokens and headers.get("api-key") not in self.api_keys:
            return 401, {"code": 401, "msg": "请登录后重新请求"}
        if self.short_lived:
            self.tokens.discard(str(token))
        ids = re.findall(r"\d{20}", path)
        routes: dict[str, Callable[[], Answer]] = {
            "/api/device/query/devices": lambda: self._page(
                given, [self._device(one) for one in self.devices]
            ),
            "/api/device/query/devices/channels": lambda: self._channels(given, *ids),
            "/api/play/start": lambda: self._play(*ids),
            "/api/play/stop": lambda: self._stop(*ids),
            "/api/server/media_server/media_info": lambda: self._readers(given),
            "/api/front-end/preset/query": lambda: ok(
                [{"presetId": "1", "presetName": "北门"}, {"presetId": "2"}]
            ),
            "/api/front-end/preset/call": lambda: self._turn(ids[1], given["presetId"]),
        }
        return routes.get(self.route(path), lambda: (404, {"code": 404, "msg": "资源未找到"}))()

    def _channels(self, given: dict[str, str], device: str) -> Answer:
        number = self.devices.index(device)
        return self._page(given, [self._channel(number, n) for n in range(2)])

    def _stop(self, device: str, channel: str) -> Answer:
        self.plays.discard(channel)
        return ok({"deviceId": device, "channelId": channel})

    def _readers(self, given: dict[str, str]) -> Answer:
        channel = given["stream"].partition("_")[2]
        if said := self.others.get(channel):
            readers = said.pop(0)
        else:  # as a media server that notices at once that somebody leaves
            self.wait_for(lambda: not self.watching[f"/pictures/{channel}"])
            readers = 0
        return ok({"app": "rtp", "stream": given["stream"], "readerCount": readers})

    def _turn(self, channel: str, number: str) -> Answer:
        self.points[channel] = number
        return ok(None)

    def _login(self, given: dict[str, str]) -> Answer:
        digest = hashlib.md5(PASSWORD.encode()).hexdigest()
        if given != {"username": USER, "password": digest}:
            return no(100, "用户名或密码错误")
        with self.lock:
            token = f"eyJhbGciOiJSUzI1NiJ9.e30.{len(self.tokens)}-{self.asked['/api/user/login']}"
            self.tokens.add(token)
        return ok({"id": 1, "username": USER, "accessToken": token, "serverId": "000000"})

    def _device(self, one: str) -> dict[str, Any]:
        online = one not in self.offline
        return {"deviceId": one, "name": f"NVR {one[-3:]}", "onLine": online, "channelCount": 2}

    @staticmethod
    def _channel(number: int, n: int) -> dict[str, Any]:
        status = "ON" if n else "OFF"
        told = {"deviceId": channel_id(2 * number + n), "name": f"路口 {n}", "status": status}
        return told | {"ptzType": 1 if n else 3}

    @staticmethod
    def _page(given: dict[str, str], rows: list[dict[str, Any]]) -> Answer:
        page, count = int(given["page"]), int(given["count"])
        shown = rows[(page - 1) * count : page * count]
        return ok({"total": len(rows), "list": shown, "pageNum": page, "pageSize": count})

    def _play(self, device: str, channel: str) -> Answer:
        if channel in self.refusals:
            return self.refusals[channel]
        if device not in self.devices:
            return no(100, "设备不存在")
        self.plays.add(channel)
        url = self.stream.format(url=self.url, channel=channel)
        told = {"app": "rtp", "stream": f"{device}_{channel}", "mediaServerId": "zlm", "rtsp": None}
        return ok(told | {"rtsp": url} if url.startswith("rtsp") else told | {"flv": url})
