"""A stand-in for ZLMediaKit's HTTP API; answers as `vision/gateways/zlmediakit.py` cites."""

from __future__ import annotations

from typing import Any

from tests.vision.gateways.standing import Answer, Standing

SECRET = "035c73f7-test"


class ZlmServer(Standing):
    """Streams that are there, and those that it pulls.

    Attributes:
        streams: app and stream; `readers` how many read each.
        pulls: what it pulls, by key; `origins` are those that answer.
        settings: with which each pull was asked for.
    """

    def __init__(self, rtsp_port: int = 554) -> None:
        super().__init__()
        self.rtsp_port = rtsp_port
        self.streams: set[tuple[str, str]] = set()
        self.readers: dict[tuple[str, str], int] = {}
        self.pulls: dict[str, str] = {}
        self.origins: set[str] = set()
        self.settings: list[dict[str, str]] = []

    def gateway(self, **more: object) -> dict[str, Any]:
        """As a site file names it."""
        return {"name": "media", "kind": "zlmediakit", "url": self.url, "secret": SECRET} | more

    def answer(self, route: str, given: dict[str, str], headers: dict[str, str]) -> Answer:
        if given.get("secret") != SECRET:
            return 200, {"code": -100, "msg": "Please login first", "cookie": "x"}
        match route.removeprefix("/index/api/"):
            case "getServerConfig":
                told = {"data": [{"rtsp.port": str(self.rtsp_port), "http.port": "80"}]}
            case "getMediaList":
                told = self._list(given)
            case "addStreamProxy":
                told = self._pull(given)
            case "delStreamProxy":
                self.streams.discard(_named(given["key"]))
                gone = self.pulls.pop(given["key"], None)
                told = {"data": {"flag": gone is not None}}
            case _:
                return 404, {"code": -500, "msg": "Not Found"}
        return 200, {"code": 0} | told

    def _list(self, given: dict[str, str]) -> dict[str, Any]:
        found = [
            {"schema": "rtsp", "app": a, "stream": s, "totalReaderCount": self.readers.get((a, s))}
            for a, s in sorted(self.streams)
            if given.get("app", a) == a and given.get("stream", s) == s
        ]
        return {"data": found} if found else {}  # ZLMediaKit leaves it out

    def _pull(self, given: dict[str, str]) -> dict[str, Any]:
        self.settings.append(given)
        key = f"{given['vhost']}/{given['app']}/{given['stream']}"
        if key in self.pulls:
            return {"code": -1, "msg": "This stream already exists"}
        if given["url"] not in self.origins:
            return {"code": -1, "msg": f"connect to {given['url']} failed"}
        self.pulls[key] = given["url"]
        self.streams.add(_named(key))
        return {"data": {"key": key}}


def _named(key: str) -> tuple[str, str]:
    _, app, stream = key.split("/")
    return app, stream
