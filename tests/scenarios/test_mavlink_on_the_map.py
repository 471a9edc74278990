"""A drone's picture is put on the map by what its autopilot sends beside it."""

from __future__ import annotations

from contextlib import closing

import numpy as np
import pytest

from tests.vision.autopilot import BEGAN, TOWN, Autopilot, feed_of
from tests.vision.flights import camera_of
from vision.frames import Clock
from vision.geo import DronePose, PoseDeviations
from vision.geo.errors import NoGround
from vision.sources.feed import Feed
from vision.sources.live_poses import Moment

VIEWS = 400
FOV, SIZE = 70.0, (1920, 1080)
RATE = 5.0
"""Messages per second, what ground stations ask autopilots for."""


@pytest.mark.parametrize("gimbal", ["device", "by nose", "mount"])
def test_ground_points_lie_inside_their_stated_ellipses(
    gimbal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 400 views by the renderer's camera, flown at up to 12 m/s and turning.

    The satellites are off by what they say, height, heading and level by the deviations that are
    shipped, the ground by a metre, the point by 0.4 % of the picture; messages are up to a fifth of
    a second late, pictures up to a second, and nobody says so.
    """
    monkeypatch.setattr(Feed, "_listen", lambda self: self._stop.wait())  # given by hand
    rng, sd, inside = np.random.default_rng(31), PoseDeviations(), list[bool]()
    while len(inside) < VIEWS:
        speed, course = rng.uniform(0, 12), rng.uniform(0, 2 * np.pi)
        pace = speed * np.array((np.cos(course), np.sin(course)))
        height, yaw, turning = rng.uniform(40, 120), rng.uniform(-180, 180), rng.uniform(-5, 5)
        pitch, stated = rng.uniform(-90, -40), rng.uniform(0.6, 4.0)
        off = rng.normal(0, (stated, stated, sd.altitude_m, sd.yaw, sd.pitch))
        link, boot = Autopilot(), rng.uniform(0, 1)
        with closing(feed_of("drone", "mavlink+tcp://127.0.0.1:1", flight={"fov": FOV})) as feed:
            for n in range(int(4 * RATE)):
                t = boot + n / RATE - 3
                east, north = pace * t + off[:2]
                packet = link.at(
                    t + 3, east, north, height=height + off[2], yaw=yaw + turning * t + off[3],
                    pitch=pitch + off[4], off_m=stated, gimbal=gimbal, unix=False,
                )  # fmt: skip
                arrived = t + rng.uniform(0.02, 0.2)
                if arrived <= 0:
                    feed.take(packet, BEGAN + arrived)
            shown = -rng.uniform(0, 1)  # when what arrives now was seen
            pose = feed.pose(Moment(None, BEGAN, Clock.ARRIVAL), *SIZE)
        assert isinstance(pose, DronePose), feed.trouble
        camera = camera_of(
            (*(pace * shown), height - rng.normal(0, sd.terrain_m)), yaw + turning * shown, pitch,
            fov=FOV, size=SIZE, level=float(rng.normal(0, sd.roll)),
        )  # fmt: skip
        point = rng.uniform(0, 1, 2) * SIZE
        truth = camera.ground_at(*point.tolist())
        if truth is None:
            continue
        u, v = (point / SIZE + rng.normal(0, sd.picture, 2)).tolist()
        try:
            place = pose.position(u, v)
        except NoGround:
            continue
        assert place.ellipse is not None
        at = TOWN.metres(place.lon, place.lat)
        inside.append(place.ellipse.covers(truth[0] - at[0], truth[1] - at[1]))
    print(f"MAVLink, {gimbal}: {np.mean(inside):.1%} of {VIEWS} views inside")
    assert 0.95 <= np.mean(inside) < 1
