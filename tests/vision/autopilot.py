"""An autopilot that sends MAVLink, and what listens to it."""

from __future__ import annotations

import math
from collections.abc import Callable

from pymavlink.dialects.v20 import common

from vision.geo import LocalPlane
from vision.site import Camera
from vision.sources.feed import Feed
from vision.sources.poses import making_of

TOWN = LocalPlane(113.38, 31.71)
BEGAN = 1_790_000_000.0


def feed_of(
    kind: str, address: str, wall: Callable[[], float] = lambda: BEGAN, **settings: object
) -> Feed:
    camera = Camera(id="c", source="udp://127.0.0.1:1", type=kind, telemetry=address, **settings)
    making = making_of(camera)
    assert making is not None
    return Feed(camera, making, wall=wall)


class Autopilot:
    """Sends what a flight controller does, by pymavlink's own encoder."""

    def __init__(self, system: int = 1, boot: float = 100.0) -> None:
        self._link = common.MAVLink(None, srcSystem=system, srcComponent=1)
        self._boot = boot

    def at(
        self, t: float, east: float, north: float, *, yaw: float = 30.0, pitch: float = -60.0,
        height: float = 80.0, gimbal: str = "device", fix: int = 3, off_m: float = 1.5,
        unix: bool = True, nose: bool = True,
    ) -> bytes:  # fmt: skip
        lon, lat = TOWN.degrees(east, north)
        now = round((self._boot + t) * 1000)
        link = self._link
        ahead = common.MAVLink_attitude_message(now, 0.0, 0.1, math.radians(20), 0, 0, 0)
        messages = [
            *([ahead] if nose else []),
            common.MAVLink_gps_raw_int_message(
                now * 1000, fix, 0, 0, 0, 100, 100, 0, 0, 12, h_acc=round(off_m * 1000)
            ),
        ]
        if unix:
            messages.append(common.MAVLink_system_time_message(round((BEGAN + t) * 1e6), now))
        flags = common.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME
        relative = common.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME
        if gimbal == "device":
            messages.append(common.MAVLink_gimbal_device_attitude_status_message(
                0, 0, now, flags, quaternion(yaw, pitch), 0, 0, 0, 0))  # fmt: skip
        elif gimbal == "by nose":
            messages.append(common.MAVLink_gimbal_device_attitude_status_message(
                0, 0, now, relative, quaternion(yaw - 20, pitch), 0, 0, 0, 0))  # fmt: skip
        elif gimbal == "mount":
            messages.append(common.MAVLink_mount_orientation_message(
                now, 0.0, pitch, yaw - 20, math.nan))  # fmt: skip
        messages.append(common.MAVLink_global_position_int_message(
            now, round(lat * 1e7), round(lon * 1e7), 0, round(height * 1000), 0, 500, 0, 9000
        ))  # fmt: skip
        return b"".join(message.pack(link) for message in messages)


def quaternion(yaw: float, pitch: float) -> list[float]:
    (cy, sy), (cp, sp) = (
        (math.cos(math.radians(a) / 2), math.sin(math.radians(a) / 2)) for a in (yaw, pitch)
    )
    return [cy * cp, -sy * sp, cy * sp, sy * cp]
