"""MAVLink and NMEA beside a live stream, over real sockets, and whatever else comes there."""

from __future__ import annotations

import math
import random
import socket
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from itertools import count

import numpy as np
import pynmea2
import pytest
from pymavlink.dialects.v20 import common

from tests.vision.autopilot import BEGAN, TOWN, Autopilot, feed_of, quaternion
from vision.frames import Clock
from vision.geo import CarriedPose, DronePose, Ellipse
from vision.site import Camera
from vision.sources.feed import Feed, Punctual
from vision.sources.live_poses import Moment
from vision.sources.mavlink import Mavlink
from vision.sources.nmea import Nmea
from vision.sources.poses import making_of


def drone(**settings: object) -> Feed:
    return feed_of("drone", "mavlink+tcp://127.0.0.1:1", flight={"fov": 70.0}, **settings)


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packets are given by hand: nothing listens."""
    monkeypatch.setattr(Feed, "_listen", lambda self: self._stop.wait())


def moment(t: float, clock: Clock = Clock.ARRIVAL) -> Moment:
    return Moment(None, BEGAN + t, clock)


def pose_at(feed: Feed, t: float, clock: Clock = Clock.ARRIVAL) -> DronePose | None:
    pose = feed.pose(moment(t, clock), 1920, 1080)
    assert pose is None or isinstance(pose, DronePose)
    return pose


@pytest.mark.parametrize("gimbal", ["device", "by nose", "mount"])
def test_place_height_and_angles_are_the_autopilot_s(silent: None, gimbal: str) -> None:
    with closing(drone()) as feed:
        link = Autopilot()
        for t in (0.0, 0.5, 1.0):
            feed.take(link.at(t, 5 * t, 0, gimbal=gimbal), BEGAN + t + 0.05)
        pose = pose_at(feed, 1.0)
        assert feed.trouble is None
    assert pose is not None
    assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(4.75, abs=0.1), "of 0.05 s before"
    assert (pose.altitude_m, pose.yaw, pose.pitch) == pytest.approx((80, 30, -60), abs=0.01)
    gone = 5 * math.hypot(0.5, 0.5 / 3**0.5)
    assert pose.deviations.position_m == pytest.approx(math.hypot(1.5, gone), rel=0.05)


def test_straight_down_has_a_heading(silent: None) -> None:
    with closing(drone()) as feed:
        for t in (0.0, 0.5, 1.0):
            feed.take(Autopilot().at(t, 0, 0, yaw=-130, pitch=-90), BEGAN + t)
        pose = pose_at(feed, 1.0)
    assert pose is not None
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((-130, -90, 0), abs=0.1)


def test_by_clocks_of_their_own_both_are_laid_beside_each_other(silent: None) -> None:
    """The link is a second late: by arrival the drone would be 20 m behind."""
    with closing(drone()) as feed:
        link = Autopilot()
        for t in np.arange(0, 3, 0.2).tolist():
            feed.take(link.at(t, 20 * t, 0), BEGAN + t + 1)
        pose, late = pose_at(feed, 2.0, Clock.STREAM), pose_at(feed, 2.0)
    assert pose is not None
    assert late is not None
    assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(40, abs=0.1)
    assert TOWN.metres(late.lon, late.lat)[0] == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize(
    ("lie", "said"),
    [
        ({"fix": 1}, "no position"), ({"gimbal": "none"}, "no gimbal angles"),
        ({"height": -3.0}, "no height above the ground"), ({"yaw": math.nan}, "no gimbal angles"),
    ],
)  # fmt: skip
def test_what_is_lacking_is_said(silent: None, lie: dict[str, object], said: str) -> None:
    with closing(drone()) as feed:
        link = Autopilot()
        for t in (0.0, 0.5, 1.0):
            feed.take(link.at(t, 0, 0, **lie), BEGAN + t)
        assert pose_at(feed, 1.0) is None
        assert said in (feed.trouble or "")


@pytest.mark.parametrize("fix", [0, 3])
def test_the_fix_counts_where_only_places_bear_a_clock(silent: None, fix: int) -> None:
    fixed = {"fov": 70.0, "yaw": 10.0, "pitch": -60.0}
    with closing(feed_of("drone", "mavlink+tcp://127.0.0.1:1", flight=fixed)) as feed:
        link = Autopilot()
        for t in (0.0, 0.5, 1.0, 1.5):
            sent = link.at(t, 0, 0, gimbal="none", unix=False, nose=False, fix=fix, off_m=7.0)
            feed.take(sent, BEGAN + t)
        pose, trouble = pose_at(feed, 1.5), feed.trouble
    if fix:
        assert pose is not None
        assert pose.deviations.position_m >= 7.0
    else:
        assert pose is None
        assert "no position" in (trouble or "")


@pytest.mark.parametrize("boot", [0.0, 9000.0])
def test_a_gimbal_s_clock_is_its_own(silent: None, boot: float) -> None:
    """Its angles count while it sends, and no longer, whenever it was started."""
    gimbal = common.MAVLink(None, srcSystem=1, srcComponent=154)
    flags = common.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME
    with closing(drone()) as feed:
        link = Autopilot()
        for t in np.arange(0, 12, 0.5).tolist():
            if t <= 2:
                turned = common.MAVLink_gimbal_device_attitude_status_message(
                    0, 0, round((boot + t) * 1000), flags, quaternion(30, -60), 0, 0, 0, 0
                )
                feed.take(turned.pack(gimbal), BEGAN + t)
            feed.take(link.at(t, 0, 0, gimbal="none"), BEGAN + t)
            if t == 2:
                pose = pose_at(feed, 2.0)
        assert pose is not None
        assert (pose.yaw, pose.pitch) == pytest.approx((30, -60), abs=0.01)
        assert pose_at(feed, 11.5) is None
        assert "no gimbal angles" in (feed.trouble or "")


def test_over_another_connection_another_autopilot_may_be() -> None:
    listener = Mavlink()
    assert len(list(listener.take(Autopilot(1).at(0, 0, 0)))) == 1
    assert list(listener.take(Autopilot(2).at(0, 0, 0))) == []
    listener.restart()
    assert len(list(listener.take(Autopilot(2).at(0, 0, 0)))) == 1


def test_another_drone_at_the_same_port_is_not_listened_to(silent: None) -> None:
    with closing(drone()) as feed:
        ours, other = Autopilot(1), Autopilot(2, boot=7)
        for t in (0.0, 0.5, 1.0):
            feed.take(ours.at(t, 0, 0) + other.at(t, 900, 0, yaw=1.0), BEGAN + t)
        pose = pose_at(feed, 1.0)
    assert pose is not None
    assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(0, abs=0.1)
    assert pose.yaw == pytest.approx(30, abs=0.01)


def test_an_autopilot_that_is_started_again_goes_on(silent: None) -> None:
    with closing(drone()) as feed:
        before, after = Autopilot(boot=500), Autopilot(boot=1)
        for t in (0.0, 0.5, 1.0):
            feed.take(before.at(t, 0, 0), BEGAN + t)
        for t in (10.0, 10.5, 11.0):
            feed.take(after.at(t - 10, 3, 0), BEGAN + t)
        pose = pose_at(feed, 11.0)
    assert pose is not None
    assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(3, abs=0.1)


def test_a_sender_that_falls_silent_is_said(silent: None) -> None:
    now = [BEGAN]
    camera = {"flight": {"fov": 70.0}}
    with closing(feed_of("drone", "mavlink+tcp://127.0.0.1:1", lambda: now[0], **camera)) as feed:
        for t in (0.0, 0.5, 1.0):
            feed.take(Autopilot().at(t, 0, 0), BEGAN + t)
        now[0] = BEGAN + 3
        assert feed.trouble is None
        now[0] = BEGAN + 9
        assert "no telemetry comes" in (feed.trouble or "")
        assert pose_at(feed, 9.0) is None


def test_messages_that_a_stall_piled_up_are_of_their_own_moments() -> None:
    dated = Punctual()
    assert [dated.at(t, 50 + t + 0.1) for t in (0.0, 1.0, 2.0)] == pytest.approx([50.1, 51.1, 52.1])
    assert [dated.at(t, 60.0) for t in (3.0, 4.0, 5.0)] == pytest.approx(
        [53.1, 54.1, 55.1], abs=0.02
    )
    assert dated.at(0.5, 61.0) == 61.0, "its sender was started again"
    assert dated.at(math.nan, 62.0) == 62.0


def test_noise_and_cut_messages_are_passed_over(silent: None) -> None:
    noise = random.Random(5)
    with closing(drone()) as feed:
        link = Autopilot()
        for t in np.arange(0, 2, 0.1).tolist():
            sent = link.at(t, 0, 0)
            feed.take(sent[: noise.randrange(len(sent))], BEGAN + t)
            feed.take(noise.randbytes(noise.randrange(200)), BEGAN + t)
            feed.take(link.at(t + 0.05, 0, 0), BEGAN + t + 0.05)
        assert pose_at(feed, 2.0) is not None


def sentence(talker: str, *fields: object) -> bytes:
    body = ",".join([talker, *map(str, fields)])
    return f"${body}*{pynmea2.NMEASentence.checksum(body):02X}\r\n".encode()


def degrees(lon: float, lat: float) -> tuple[str, str, str, str]:
    def minutes(value: float, digits: int) -> str:
        whole = int(abs(value))
        return f"{whole:0{digits}d}{(abs(value) - whole) * 60:09.6f}"

    return minutes(lat, 2), "NS"[lat < 0], minutes(lon, 3), "EW"[lon < 0]


def receiver(
    t: float, east: float, north: float, *, sd: float | None = 2.0, status: str = "A"
) -> bytes:
    at = datetime.fromtimestamp(BEGAN + t, UTC)
    clock = f"{at:%H%M%S}.{at.microsecond // 10_000:02d}"
    place = degrees(*TOWN.degrees(float(east), float(north)))
    told = sentence("GNGGA", clock, *place, 1, 9, 0.9, 45.0, "M", 0.0, "M", "", "")
    if sd is not None:
        told += sentence("GNGST", clock, sd, sd, sd, 0, sd, sd, 3.0)
    return told + sentence("GNRMC", clock, status, *place, 20.0, 90.0, f"{at:%d%m%y}", "", "", "A")


def carried(feed: Feed, t: float) -> CarriedPose | None:
    pose = feed.pose(moment(t), 1280, 720)
    assert pose is None or isinstance(pose, CarriedPose)
    return pose


def vehicle() -> Feed:
    return feed_of("vehicle", "nmea+tcp://127.0.0.1:1", carried={"viewing_m": 25})


def test_a_receiver_s_place_and_error(silent: None) -> None:
    with closing(vehicle()) as feed:
        for t in (0.0, 1.0, 2.0):
            feed.take(receiver(t, 10 * t, 0, sd=1.5), BEGAN + t)
        pose = carried(feed, 2.0)
        assert feed.trouble is None
    assert pose is not None
    assert TOWN.metres(pose.lon, pose.lat) == pytest.approx((20, 0), abs=0.1)
    gone = 10 * math.hypot(0.5, 1 / 3**0.5)
    assert pose.position_m == pytest.approx(math.hypot(1.5, gone), rel=0.02)
    place = pose.position(0.1, 0.9)
    assert place.method == "gps_track"
    own = Ellipse.of(np.eye(2) * pose.position_m**2)
    assert place.accuracy_m == pytest.approx(own.major_m + 25)


def test_an_error_is_that_of_its_moment_over_midnight_too() -> None:
    listener, late = Nmea(), 86_398 - BEGAN % 86_400

    def error(t: float, sd: float | None, *, alone: bool = False) -> float:
        told = receiver(late + t, 0, 0, sd=sd)
        *_, heard = listener.take(told.splitlines(keepends=True)[-1] if alone else told)
        return heard.sample.error_m

    assert error(0, 1.5) == 1.5
    assert error(3, None) == 1.5, "another day, three seconds later"
    assert error(7, None) == pytest.approx(5 * 0.9), "as the satellites stand"
    assert error(11, None, alone=True) == pytest.approx(5 * 0.9)
    assert math.isnan(error(20, None, alone=True))


def test_a_receiver_that_loses_the_date_is_dated_by_its_arrival(silent: None) -> None:
    with closing(vehicle()) as feed:
        for t in range(15):
            told = receiver(t, 10 * t, 0)
            feed.take(told if t < 4 else told.splitlines(keepends=True)[0], BEGAN + t)
        assert feed.pose(moment(2.0, Clock.STREAM), 1280, 720) is not None
        pose = feed.pose(moment(14.0, Clock.STREAM), 1280, 720)
        assert pose is not None
        assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(140, abs=0.1)


@pytest.mark.parametrize(
    "lie",
    [
        receiver(3, 900, 0, status="V"), receiver(3, 900, 0).replace(b"*", b"*7"),
        receiver(3, 900, 0)[:-30], b"\xff\xfe\0" * 500, b"$GPRMC,,,,,,,,,,,,N*53\r\n",
        sentence("GNRMC", "99xx", "A", "91", "N", "999", "E", "x", "y", "z", "", "", "A"),
        b"$" + b"A" * 100_000,
    ],
    ids=["no fix", "checksum", "cut", "noise", "empty", "no numbers", "endless"],
)  # fmt: skip
def test_a_receiver_s_nonsense_is_no_place(silent: None, lie: bytes) -> None:
    with closing(vehicle()) as feed:
        for t in (0.0, 1.0, 2.0):
            feed.take(receiver(t, 10 * t, 0), BEGAN + t)
        feed.take(lie + b"\r\n", BEGAN + 3)
        pose = carried(feed, 3.0)
        assert pose is not None
        assert TOWN.metres(pose.lon, pose.lat)[0] <= 30.1
        feed.take(receiver(4, 40, 0), BEGAN + 4)
        pose = carried(feed, 4.0)
        assert pose is not None
        assert TOWN.metres(pose.lon, pose.lat)[0] == pytest.approx(40, abs=0.1)


def test_a_vehicle_s_places_are_inside_their_error() -> None:
    """Things seen within the viewing distance, from a way that bends, by a receiver that is off."""
    rng, inside, own = np.random.default_rng(8), list[bool](), list[bool]()
    for _ in range(200):
        camera = Camera(id="c", source="udp://127.0.0.1:1", type="vehicle",
                        telemetry="nmea+tcp://127.0.0.1:1")  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Feed, "_listen", lambda self: self._stop.wait())
            patch.setattr("vision.sources.feed._RETRY_S", 0.0)
            making = making_of(camera)
            assert making is not None
            with closing(Feed(camera, making, wall=lambda: BEGAN)) as feed:
                sd, speed, bend = rng.uniform(1, 6), rng.uniform(1, 15), rng.uniform(-0.15, 0.15)
                off = rng.normal(0, sd, 2)

                def at(t: float, speed=speed, bend=bend) -> tuple[float, float]:
                    turned = bend * t
                    return speed / bend * math.sin(turned), speed / bend * (1 - math.cos(turned))

                for t in np.arange(0.0, 5.0).tolist():
                    east, north = at(t)
                    feed.take(receiver(t, east + off[0], north + off[1], sd=sd), BEGAN + t)
                now = float(rng.uniform(3, 4 + 2))
                pose = carried(feed, now)
        assert pose is not None
        truth = np.array(at(now + rng.normal(0, 0.5)))
        far, way = rng.uniform(2, 30), rng.uniform(0, 2 * math.pi)
        seen = truth + far * np.array((math.cos(way), math.sin(way)))
        place = pose.position(0.5, 0.5)
        there = TOWN.metres(place.lon, place.lat)
        inside.append(place.ellipse.covers(*(seen - there)))
        own.append(Ellipse.of(np.eye(2) * pose.position_m**2).covers(*(truth - there)))
    print(f"vehicle: {np.mean(own):.3f} of itself, {np.mean(inside):.3f} of what it sees inside")
    assert np.mean(own) >= 0.95
    assert np.mean(inside) >= 0.95


def until(true: Callable[[], bool]) -> None:
    """Wait for another thread, which nothing tells of."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    pytest.fail("it never came true")


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_packets_come_over_udp() -> None:
    port = free_port()
    with (
        closing(feed_of("drone", f"mavlink+udp://127.0.0.1:{port}", flight={"fov": 70.0})) as feed,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there,
    ):
        assert "no telemetry has come yet" in (feed.trouble or "")
        for t in (0.0, 0.5, 1.0):
            there.sendto(Autopilot().at(t, 5 * t, 0), ("127.0.0.1", port))
        until(lambda: pose_at(feed, 1.0, Clock.STREAM) is not None)
        assert feed.trouble is None


def test_a_port_that_another_program_has_is_said() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        address = f"mavlink+udp://127.0.0.1:{there.getsockname()[1]}"
        with closing(feed_of("drone", address)) as feed:
            assert "another program may listen" in (feed.trouble or "")


def test_a_sender_that_comes_back_over_tcp_is_listened_to_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vision.sources.feed._RETRY_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"nmea+tcp://127.0.0.1:{server.getsockname()[1]}"
        wall = (BEGAN + 3.0 * n for n in count())  # three seconds whenever it is asked
        with closing(feed_of("bodycam", address, wall.__next__)) as feed:
            first, _ = server.accept()
            first.sendall(receiver(0, 0, 0) + receiver(1, 1, 0)[:-9])
            first.close()
            second, _ = server.accept()
            with second:
                second.sendall(b"".join(receiver(t, t, 0) for t in (2.0, 3.0, 4.0)))
                until(lambda: any(carried(feed, at) is not None for at in (3.0, 6.0)))
                assert feed.trouble is None
