"""WVP-PRO's API: what it is asked, what its answers mean, and what is refused of them."""

from __future__ import annotations

import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.vision.gateways.sites import behind, gb
from tests.vision.gateways.wvp_server import PASSWORD, WvpServer, channel_id, device_id, no, ok
from vision.gateways.failures import (
    ChannelUnknown,
    DeviceOffline,
    NoStream,
    PlatformDown,
    TokenRefused,
    quoted,
)
from vision.gateways.http_api import HttpApi
from vision.gateways.opening import desk_of
from vision.gateways.stream_address import checked
from vision.gateways.wvp import Wvp
from vision.site.gateway import Gateway, Target, target_of


def target(number: int = 0, device: int | None = None) -> Target:
    found = target_of(gb(number, device))
    assert found is not None
    return found


def platform(server: WvpServer, **more: object) -> Wvp:
    gateway = behind(server.gateway(**more), gb(0)).gateway
    assert gateway is not None
    return Wvp(gateway)


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (no(100, "设备不存在"), ChannelUnknown, "channel unknown"),
        (no(100, "通道不存在"), ChannelUnknown, "channel unknown"),
        (no(404, "Not Found"), ChannelUnknown, "channel unknown"),
        (no(480, "Temporarily Unavailable"), DeviceOffline, "device offline"),
        (no(408, "Request Timeout"), DeviceOffline, "device offline"),
        (no(-1, "信令超时"), NoStream, "stream asked, but never came"),
        (no(-2, "收流超时"), NoStream, "stream asked, but never came"),
        (no(100, "点播超时"), NoStream, "stream asked, but never came"),
        (no(-3, "资源耗尽"), NoStream, "stream asked, but never came"),
        (ok({"rtsp": None}), NoStream, "is no address of one"),
        (ok({"rtsp": "file:///etc/passwd"}), NoStream, "is no address of one"),
        (ok({"rtsp": {"url": 1}}), NoStream, "is no address of one"),
        (ok(None), NoStream, "is no address of one"),
        ((500, {"code": 500, "msg": "null"}), PlatformDown, "platform down"),
        ((200, {"msg": "?"}), PlatformDown, "platform down"),
        ((302, "elsewhere"), PlatformDown, "platform down"),
    ],
)
def test_what_the_platform_says_is_told_in_few_words(
    wvp: WvpServer, answer: object, kind: type[Exception], words: str
):
    wvp.refusals[channel_id(0)] = answer  # type: ignore[assignment]
    with pytest.raises(kind, match=r"^city: ") as caught:
        platform(wvp).ask(target())
    assert words in str(caught.value)


def test_no_half_of_a_password_is_told_where_what_is_said_is_cut(wvp: WvpServer):
    at = "rtsp://admin:24681357@10.0.0.7/1"
    for before in range(120, 160):
        assert "2468" not in quoted("x" * before + " " + at)


def test_what_is_of_no_kind_that_is_known_is_no_number(
    wvp: WvpServer, monkeypatch: pytest.MonkeyPatch
):
    rows = [{"deviceId": device_id(0), "onLine": True, "channelCount": "2", "ptzType": [1]}]

    def page(given: dict[str, str], _: object) -> object:
        return ok({"total": "1", "list": rows if given["page"] == "1" else []})

    monkeypatch.setattr(wvp, "_page", page)
    assert [one.channels for one in platform(wvp).devices()] == [None]
    assert [one.turns for one in platform(wvp).channels(device_id(0))] == [None]


@pytest.mark.parametrize("slowly", ["HTTP/1.1 200 OK\r\nX-Slow: ", "HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_trickles_is_given_up_in_the_middle(slowly: str):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def trickle() -> int:
            line, _ = server.accept()
            with line:
                line.sendall(slowly.encode())
                for sent in range(600):
                    try:
                        line.sendall(b"x")
                    except OSError:
                        return sent
                    Event().wait(0.05)
            return 600

        sent = pool.submit(trickle)
        api = HttpApi("city", f"http://127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(PlatformDown, match="does not answer in time"):
            api.ask("/", within=0.5)
        assert sent.result(60) < 600


def test_a_device_that_is_not_listed_is_unknown(wvp: WvpServer):
    with pytest.raises(ChannelUnknown, match="device unknown"):
        platform(wvp).ask(target(0, device=77))


def test_channels_are_listed_with_what_a_site_file_says_of_them(wvp: WvpServer):
    first, second = platform(wvp).channels(device_id(1))
    assert second.source == gb(3)
    assert (first.online, first.turns, second.online, second.turns) == (False, False, True, True)


def test_presets_are_listed_and_called(wvp: WvpServer):
    city = platform(wvp)
    assert [(p.number, p.name) for p in city.presets(target(1))] == [("1", "北门"), ("2", "")]
    city.call_preset(target(1), "2")
    assert wvp.points == {channel_id(1): "2"}


def test_an_api_key_needs_no_login(wvp: WvpServer):
    wvp.api_keys.add("eyJ.key")
    assert len(platform(wvp, secret="eyJ.key").devices()) == 3
    assert "/api/user/login" not in wvp.asked
    with pytest.raises(TokenRefused, match="token refused"):
        platform(wvp, secret="eyJ.other").devices()


def test_neither_password_nor_token_is_logged_or_told(
    wvp: WvpServer, caplog: pytest.LogCaptureFixture
):
    from vision.redaction import REDACTION

    caplog.set_level(logging.DEBUG)
    platform(wvp).devices()
    digest = "password=" + next(iter(wvp.asked))  # something was asked
    assert digest
    shown = REDACTION(caplog.text)
    for secret in (PASSWORD, *wvp.tokens):
        assert secret not in shown
    with pytest.raises(TokenRefused) as caught:
        platform(wvp, password="w@rong/pass").devices()
    assert "w@rong" not in str(caught.value)
    assert "w@rong" not in repr(behind(wvp.gateway(password="w@rong/pass"), gb(0)).gateway)


def resolving(**hosts: str) -> object:
    def resolve(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host not in hosts:
            raise OSError
        return [(0, 0, 0, "", (hosts[host], 0))]

    return resolve


@pytest.mark.parametrize(
    ("url", "connected"),
    [
        ("rtsp://wvp.city:554/rtp/a", "rtsp://wvp.city:554/rtp/a"),
        ("rtsp://media.city:554/rtp/a?callId=9", "rtsp://10.1.0.7:554/rtp/a?callId=9"),
        ("http://same.city/a.live.flv", "http://10.0.0.1/a.live.flv"),
        ("rtsp://public.city/a", "rtsp://8.8.8.8/a"),
        ("rtsp://six.city:554/a", "rtsp://[2606:4700::1]:554/a"),
        ("rtsp://inner.city/a", None),
        ("http://169.254.169.254/latest", None),
        ("rtsp://nowhere.city/a", None),
        ("gopher://public.city/a", None),
        ("rtsp://:554", None),
        ("", None),
        (None, None),
    ],
)
def test_a_stream_lies_at_the_platform_or_where_the_site_allows(url: object, connected: str | None):
    gateway = Gateway.model_validate(
        {
            "name": "city",
            "kind": "wvp",
            "url": "http://wvp.city:18080",
            "secret": "k",
            "allow": ["10.1.0.0/16"],
        }
    )
    hosts = {
        "wvp.city": "10.0.0.1",
        "same.city": "10.0.0.1",
        "media.city": "10.1.0.7",
        "inner.city": "192.168.3.4",
        "public.city": "8.8.8.8",
        "six.city": "2606:4700::1",
        "169.254.169.254": "169.254.169.254",
    }
    if connected is None:
        with pytest.raises(NoStream):
            checked(url, gateway, resolving(**hosts))  # type: ignore[arg-type]
    else:
        assert checked(url, gateway, resolving(**hosts)) == connected  # type: ignore[arg-type]


def test_cameras_of_one_gateway_share_a_desk_and_other_settings_make_another(wvp: WvpServer):
    one, same = behind(wvp.gateway(), gb(0)), behind(wvp.gateway(), gb(1))
    other = behind(wvp.gateway(user="another"), gb(0))
    assert one.gateway is not None
    assert same.gateway is not None
    assert other.gateway is not None
    assert desk_of(one.gateway) is desk_of(same.gateway) is not desk_of(other.gateway)
    assert desk_of(one.gateway).ask(target(), Event()).url.startswith(wvp.url)
