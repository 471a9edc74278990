"""A camera behind a gateway as a source: asked for when due, let go when not."""

from __future__ import annotations

from contextlib import closing
from itertools import islice, pairwise
from threading import Condition, Event

import pytest

from tests.vision.gateways.sites import behind, gb
from tests.vision.gateways.wvp_server import WvpServer, channel_id, no
from vision.errors import SourceBroken
from vision.gateways import asked
from vision.gateways import wvp as platforms
from vision.gateways.failures import NoStream
from vision.gateways.opening import desk_of, open_camera
from vision.gateways.platform import Stream
from vision.site import Camera
from vision.site.gateway import target_of
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.status import CameraState

PLAY, STOP = "/api/play/start", "/api/play/stop"


def test_frames_of_what_the_platform_answers_arrive(wvp: WvpServer):
    camera = behind(wvp.gateway(), gb(1), analyse_fps=20)
    with closing(open_camera(camera)) as source:
        assert source.live
        looks = iter(source)
        frames = list(islice(looks, 3))
        assert [frame.camera for frame in frames] == ["gate"] * 3
        assert frames[0].pixels.shape == (48, 64, 3)
        assert wvp.plays == {channel_id(1)}
    assert not wvp.plays
    assert wvp.asked[PLAY] == wvp.asked[STOP] == 1
    assert wvp.asked["/api/user/login"] == wvp.asked["/api/device/query/devices"] == 1


@pytest.mark.parametrize(
    ("viewers", "stopped"),
    [([0], True), ([1, 0], True), ([1, 1], False)],
    ids=["nobody", "ours, noticed late", "somebody"],
)
def test_what_nobody_watches_is_stopped_and_what_somebody_does_is_left(
    wvp: WvpServer, monkeypatch: pytest.MonkeyPatch, viewers: list[int], *, stopped: bool
):
    monkeypatch.setattr(platforms, "_LEAVING_S", 0)
    gateway, target = behind(wvp.gateway(), gb(1)).gateway, target_of(gb(1))
    assert gateway is not None
    assert target is not None
    wvp.others[channel_id(1)] = viewers
    wvp.plays.add(channel_id(1))
    stream = Stream(f"{wvp.url}/a", ("rtp", f"x_{channel_id(1)}", "zlm"))
    desk_of(gateway).let_go(target, stream)
    assert wvp.plays == (set() if stopped else {channel_id(1)})


def test_outside_its_hours_the_stream_is_let_go_and_asked_for_again_within(
    wvp: WvpServer, monkeypatch: pytest.MonkeyPatch
):
    watched, stop = Event(), Event()
    watched.set()
    monkeypatch.setattr(asked, "_CALENDAR_S", 0.05)
    camera = behind(wvp.gateway(), gb(1), analyse_fps=20)
    box = Mailbox("gate", live=True, ready=Condition())

    def opener(one: Camera, *, stop: Event) -> object:
        return open_camera(one, stop=stop, watching=lambda _: watched.is_set())

    reader = Reader(camera, box, opener=opener, watching=lambda _: watched.is_set())
    path = f"/pictures/{channel_id(1)}"
    reader.start()
    wvp.wait_for(lambda: wvp.watching[path] == 1)
    while not reader.status().width:
        stop.wait(0.01)
    assert reader.status().state is CameraState.ALIVE
    watched.clear()
    wvp.wait_for(lambda: wvp.watching[path] == 0)
    assert reader.status().state is CameraState.PAUSED
    assert wvp.asked[PLAY] == 1
    watched.set()
    wvp.wait_for(lambda: wvp.watching[path] == 1)
    assert wvp.asked[PLAY] == 2
    assert reader.stop(30)
    wvp.wait_for(lambda: wvp.watching[path] == 0)
    assert reader.status().reconnects == 0


def test_between_looks_that_lie_far_apart_nothing_streams(
    wvp: WvpServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(asked, "SELDOM_S", 0.3)
    camera = behind(wvp.gateway(), gb(1), analyse_fps=2)
    path = f"/pictures/{channel_id(1)}"
    with closing(open_camera(camera)) as source:
        looks = iter(source)
        times = []
        for number in range(1, 4):
            times.append(next(looks).captured_at)
            assert wvp.asked[PLAY] == number
    wvp.wait_for(lambda: wvp.watching[path] == 0)
    gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
    assert all(0.3 < gap < 5 for gap in gaps), gaps
    assert wvp.asked["/api/device/query/devices"] == 1


def test_a_stream_that_never_comes_is_told_and_not_asked_for_at_each_retry(wvp: WvpServer):
    wvp.stream = "{url}/nothing/here"
    camera = behind(wvp.gateway(), gb(1))
    for _ in range(5):
        with closing(open_camera(camera)) as source, pytest.raises(NoStream) as caught:
            next(iter(source))
        assert "stream asked, but never came" in str(caught.value)
    assert wvp.asked[PLAY] == 1
    assert not wvp.plays


def test_a_reader_says_what_is_the_matter_and_goes_on(wvp: WvpServer):
    wvp.refusals[channel_id(1)] = no(-2, "收流超时")
    camera = behind(wvp.gateway(), gb(1))
    box = Mailbox("gate", live=True, ready=Condition())
    reader = Reader(camera, box, opener=lambda one, *, stop: open_camera(one, stop=stop))
    reader.start()
    while reader.status().state is not CameraState.RETRYING:
        Event().wait(0.01)
    status = reader.status()
    assert reader.stop(30)
    assert status.error is not None
    assert status.error.startswith("city: stream asked, but never came")
    assert "收流超时" in status.error
    assert wvp.asked[PLAY] == 1


def test_a_camera_whose_gateway_nobody_knows_is_broken(wvp: WvpServer):
    camera = Camera(id="gate", source=gb(1))
    with pytest.raises(SourceBroken, match="no gateway is known by that name"):
        open_camera(camera)
