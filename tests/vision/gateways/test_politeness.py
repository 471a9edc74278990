"""How often a platform is asked: counted, on a clock that the test turns."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from tests.vision.gateways.sites import Clock, behind, gb
from tests.vision.gateways.standing import serving
from tests.vision.gateways.wvp_server import WvpServer, channel_id, device_id, no
from vision.errors import SourceError
from vision.gateways import desk as desks
from vision.gateways.back_off import BackOff
from vision.gateways.desk import AT_ONCE, Desk
from vision.gateways.failures import DeviceOffline, NoStream, PlatformDown, TokenRefused
from vision.gateways.kept import Kept
from vision.gateways.wvp import Wvp
from vision.site.gateway import Target, target_of

LOGIN, DEVICES = "/api/user/login", "/api/device/query/devices"
PLAY, STOP = "/api/play/start", "/api/play/stop"
GO_ON = Event()


def desk_at(server: WvpServer, clock: Clock, **gateway: object) -> Desk:
    site = behind(server.gateway(**gateway), gb(0)).gateway
    assert site is not None
    return Desk(site.name, Wvp(site, clock), clock)


def targets(count: int) -> list[Target]:
    found = [target_of(gb(number)) for number in range(count)]
    return [one for one in found if one is not None]


def ask_all(desk: Desk, wanted: Sequence[Target]) -> list[object]:
    """What each is told, as from a reader's thread each."""

    def one(target: Target) -> object:
        try:
            return desk.ask(target, GO_ON)
        except SourceError as error:
            return error

    with ThreadPoolExecutor(len(wanted)) as pool:
        return list(pool.map(one, wanted))


def test_five_hundred_devices_are_five_pages_and_fifty_channels_an_ask_each():
    clock = Clock()
    with serving(WvpServer(500)) as server:
        desk = desk_at(server, clock)
        assert len(desk.call(lambda platform: platform.devices())) == 500
        assert server.asked == {LOGIN: 1, DEVICES: 5}
        wanted = targets(50)
        for look in range(1, 4):  # a schedule: every ten minutes a look each
            streams = ask_all(desk, wanted)
            assert not [s for s in streams if isinstance(s, SourceError)]
            for target, stream in zip(wanted, streams, strict=True):
                desk.let_go(target, stream)
            assert server.asked[PLAY] == server.asked[STOP] == 50 * look
            assert server.asked[DEVICES] == 5 * look  # the list is as old as the looks are apart
            clock.now += 600
        assert server.asked[LOGIN] == 1
        assert not server.plays


def test_a_token_that_expires_is_renewed_once_for_all_who_hold_it():
    with serving(WvpServer(30)) as server:
        desk = desk_at(server, Clock())
        ask_all(desk, targets(2))
        for again in range(1, 4):
            server.expire()
            assert not [s for s in ask_all(desk, targets(50)) if isinstance(s, SourceError)]
            assert server.asked[LOGIN] == 1 + again
        server.expire()
        together = Barrier(20)
        platform = desk.platform

        def list_channels(number: int) -> int:
            together.wait(30)
            return len(platform.channels(device_id(number)))

        with ThreadPoolExecutor(20) as pool:
            assert sum(pool.map(list_channels, range(20))) == 40
        assert server.asked[LOGIN] == 5


def test_a_token_good_for_one_ask_still_serves_and_never_loops(wvp: WvpServer):
    wvp.short_lived = True
    desk = desk_at(wvp, Clock())
    ask_all(desk, targets(1))
    assert wvp.asked == {LOGIN: 2, DEVICES: 1, PLAY: 2}
    assert wvp.plays == {channel_id(0)}


@pytest.mark.parametrize("mood", ["down", "lost", "rude"])
def test_a_platform_that_is_down_is_asked_ever_more_seldom_and_serves_all_when_back(mood: str):
    clock = Clock()
    with serving(WvpServer(25)) as server:
        desk = desk_at(server, clock)
        wanted = targets(50)
        ask_all(desk, wanted)
        server.asked.clear()
        server.mood = mood
        server.expire()
        spent = 0.0
        while spent < 3600:  # an hour, in which each of 3 readers tries every two seconds
            for target in wanted[:3]:
                with pytest.raises(
                    PlatformDown, match=r"^city: platform down: it .*asked again in"
                ):
                    raise told(desk, target)
            spent, clock.now = spent + 2, clock.now + 2
        # Waits double from 2 s to 2 min, each at least half of it: 6, then one a minute.
        assert 3600 / 122 <= sum(server.asked.values()) <= 6 + 3600 / 60 + 1
        server.mood = None
        clock.now += desks.LAST_DOWN
        server.asked.clear()
        failed = [s for s in ask_all(desk, wanted) if isinstance(s, SourceError)]
        # While one finds out that it is back, the others are told to wait.
        assert all(isinstance(one, PlatformDown) for one in failed)
        assert not [s for s in ask_all(desk, wanted) if isinstance(s, SourceError)]
        assert server.asked[LOGIN] == 1
        assert server.asked[PLAY] <= 50 + (50 - len(failed))


def told(desk: Desk, target: Target) -> SourceError:
    """The failure that is told, by the desk or, if it is its turn, by the platform."""
    try:
        desk.ask(target, GO_ON)
    except SourceError as error:
        return error if "asked again" in str(error) else PlatformDown(f"{error} asked again in 0 s")
    raise AssertionError


def test_those_that_find_it_down_together_are_no_more_than_may_ask_at_once():
    with serving(WvpServer(25)) as server:
        server.mood = "down"
        desk = desk_at(server, Clock())
        failed = ask_all(desk, targets(50))
        assert all(isinstance(one, PlatformDown) for one in failed)
        assert 1 <= sum(server.asked.values()) <= AT_ONCE


def test_a_password_that_is_refused_is_tried_once_and_then_ever_more_seldom(wvp: WvpServer):
    clock = Clock()
    desk = desk_at(wvp, clock, password="guessed")
    failed = ask_all(desk, targets(6))
    assert all(isinstance(one, TokenRefused) for one in failed)
    assert wvp.asked == {LOGIN: 1}
    for _ in range(24 * 60):  # a day of tries each minute
        clock.now += 60
        ask_all(desk, targets(1))
    assert wvp.asked == {LOGIN: wvp.asked[LOGIN]}
    assert 86400 / 900 <= wvp.asked[LOGIN] <= 86400 / 450 + 6


def test_a_channel_that_gives_nothing_is_asked_for_ever_more_seldom_and_alone(wvp: WvpServer):
    clock = Clock()
    wvp.refusals[channel_id(0)] = no(-1, "信令超时")
    desk = desk_at(wvp, clock)
    for _ in range(1800):  # an hour of a reader's tries
        ask_all(desk, targets(1))
        clock.now += 2
    first = wvp.asked[PLAY]
    assert 3600 / 302 <= first <= 7 + 3600 / 150
    assert not isinstance(desk.ask(targets(2)[1], GO_ON), SourceError)
    del wvp.refusals[channel_id(0)]
    clock.now += desks.LAST_CHANNEL
    assert not [s for s in ask_all(desk, targets(1)) if isinstance(s, SourceError)]


def test_an_offline_device_is_not_invited(wvp: WvpServer):
    wvp.offline.add(device_id(0))
    clock = Clock()
    desk = desk_at(wvp, clock)
    (failed,) = ask_all(desk, targets(1))
    assert isinstance(failed, DeviceOffline)
    assert "device offline" in str(failed)
    assert wvp.asked[PLAY] == 0
    wvp.offline.clear()
    clock.now += desks.LAST_CHANNEL
    assert not [s for s in ask_all(desk, targets(1)) if isinstance(s, SourceError)]


def test_who_is_stopped_while_it_queues_asks_nothing(wvp: WvpServer):
    desk, stop = desk_at(wvp, Clock()), Event()
    stop.set()
    for _ in range(AT_ONCE):
        desk._turns.acquire()
    with pytest.raises(NoStream, match="no longer wanted"):
        desk.ask(targets(1)[0], stop)
    assert not wvp.asked
    for _ in range(AT_ONCE):
        desk._turns.release()
    assert desk.ask(targets(1)[0], GO_ON).url  # the channel did not fail


def test_waits_double_within_their_bounds():
    clock = Clock()
    back_off = BackOff(2, 120, clock)
    assert back_off.left == 0
    for longest in (2, 4, 8, 16, 32, 64, 120, 120):
        back_off.failed(PlatformDown("x"))
        assert longest / 2 <= back_off.left <= longest
    clock.now += 120
    assert back_off.left == 0
    back_off.succeeded()
    back_off.failed(PlatformDown("x"))
    assert back_off.left <= 2


def test_what_is_kept_is_fetched_once_by_many_and_again_when_it_is_old():
    clock, fetched = Clock(), []
    together = Barrier(8)
    kept = Kept(lambda: fetched.append(1) or len(fetched), 10, clock)

    def get(_: int) -> int:
        together.wait(30)
        return kept.get()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(get, range(8))) == {1}
    clock.now += 10
    assert kept.get() == 2
