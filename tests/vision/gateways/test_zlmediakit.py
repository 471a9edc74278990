"""ZLMediaKit's API: streams that are there, streams that it pulls, and its secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from threading import Event

import pytest

from tests.vision.gateways.sites import behind
from tests.vision.gateways.standing import serving
from tests.vision.gateways.wvp_server import channel_id, device_id
from tests.vision.gateways.zlm_server import SECRET, ZlmServer
from vision.gateways.desk import Desk
from vision.gateways.failures import (
    ChannelUnknown,
    NoStream,
    NotOffered,
    PlatformDown,
    TokenRefused,
)
from vision.gateways.opening import desk_of, open_camera
from vision.gateways.zlmediakit import ZlMediaKit
from vision.site.gateway import Target, target_of

ORIGIN = "rtsp://admin:p%40ss@10.0.0.7/1"
PULLS = [{"stream": "live/gate", "url": ORIGIN}]


@pytest.fixture
def zlm() -> Iterator[ZlmServer]:
    with serving(ZlmServer()) as server:
        server.origins.add(ORIGIN)
        yield server


def platform(server: ZlmServer, **more: object) -> ZlMediaKit:
    gateway = behind(server.gateway(**more), "zlm://media/live/gate").gateway
    assert gateway is not None
    return ZlMediaKit(gateway)


def named(source: str) -> Target:
    found = target_of(source)
    assert found is not None
    return found


def test_a_stream_that_is_there_is_read_and_left(zlm: ZlmServer):
    zlm.streams.add(("live", "gate"))
    media, target = platform(zlm), named("zlm://media/live/gate")
    stream = media.ask(target)
    assert stream.url == "rtsp://127.0.0.1:554/live/gate"
    assert stream.own == ()  # somebody else's: it is not ended
    assert zlm.asked["/index/api/addStreamProxy"] == 0


def test_one_that_is_not_there_is_told_and_the_list_is_asked_for_once_by_many(zlm: ZlmServer):
    media = platform(zlm)
    for number in range(50):
        with pytest.raises(ChannelUnknown, match="has no stream live/"):
            media.ask(named(f"zlm://media/live/n{number}"))
    assert zlm.asked["/index/api/getMediaList"] == 1
    assert zlm.asked["/index/api/getServerConfig"] == 1


def test_what_a_device_sends_it_is_found_by_its_ids(zlm: ZlmServer):
    zlm.streams.add(("rtp", f"{device_id(1)}_{channel_id(2)}"))
    source = f"gb28181://media/{device_id(1)}/{channel_id(2)}"
    url = platform(zlm).ask(named(source)).url
    assert url.endswith(f"/rtp/{device_id(1)}_{channel_id(2)}")


def test_a_pull_is_asked_for_and_ended_when_nobody_else_reads(zlm: ZlmServer):
    media, target = platform(zlm, pulls=PULLS), named("zlm://media/live/gate")
    stream = media.ask(target)
    assert zlm.pulls == {"__defaultVhost__/live/gate": ORIGIN}
    assert zlm.settings[0]["auto_close"] == "1"  # a killed process leaves none behind
    another = media.ask(target)  # as another process of ours, or somebody else
    assert (another.url, another.own) == (stream.url, ())
    Desk("media", media).let_go(target, another)
    assert zlm.pulls
    zlm.readers["live", "gate"] = 1
    media.let_go(target, stream)
    assert zlm.pulls
    zlm.readers.clear()
    media.let_go(target, stream)
    assert not zlm.pulls


def test_a_pull_whose_camera_is_away_is_told_without_its_password(zlm: ZlmServer):
    zlm.origins.clear()
    with pytest.raises(NoStream, match="stream asked, but never came") as caught:
        platform(zlm, pulls=PULLS).ask(named("zlm://media/live/gate"))
    assert "p%40ss" not in str(caught.value)


def test_its_secret_is_in_no_address_and_a_wrong_one_is_refused(
    zlm: ZlmServer, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ChannelUnknown):
        platform(zlm).ask(named("zlm://media/live/gate"))
    assert SECRET not in caplog.text
    with pytest.raises(TokenRefused, match="does not take the `secret`"):
        platform(zlm, secret="guessed").devices()


@pytest.mark.parametrize("mood", ["down", "lost", "rude"])
def test_a_media_server_that_is_down_is_said_to_be(zlm: ZlmServer, mood: str):
    zlm.mood = mood
    with pytest.raises(PlatformDown, match=r"^media: platform down"):
        platform(zlm).devices()


def test_streams_there_and_to_be_pulled_are_listed_and_none_can_be_turned(zlm: ZlmServer):
    zlm.streams.add(("live", "bins"))
    media = platform(zlm, pulls=PULLS)
    assert [(c.source, c.online) for c in media.channels("media")] == [
        ("zlm://media/live/bins", True),
        ("zlm://media/live/gate", False),
    ]
    (itself,) = media.devices()
    assert itself.channels == 2
    for ask in (media.presets, lambda t: media.call_preset(t, "1")):
        with pytest.raises(NotOffered, match="moves no camera"):
            ask(named("zlm://media/live/gate"))


def test_frames_of_a_pull_arrive_over_rtsp(zlm: ZlmServer, make_video):
    from scripts.rtsp import RtspServer, RtspServerMissingError

    clip = make_video("clip.mp4", frames=40, fps=20, gop=5)
    try:
        server = RtspServer(f"--mount=live/gate={clip}")
    except RtspServerMissingError as error:
        pytest.skip(str(error))
    try:
        zlm.rtsp_port = server.port
        camera = behind(zlm.gateway(pulls=PULLS), "zlm://media/live/gate", analyse_fps=5)
        with closing(open_camera(camera, stop=Event())) as source:
            frames = list(islice(iter(source), 2))
        assert frames[1].pixels.shape == (96, 160, 3)
        assert not zlm.pulls
        assert camera.gateway is not None
        assert desk_of(camera.gateway).call(lambda p: p.devices())[0].name == "ZLMediaKit"
    finally:
        server.kill()
