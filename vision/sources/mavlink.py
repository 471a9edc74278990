"""MAVLink: where a drone is and which way its camera looks, from its autopilot's messages.

Of the common dialect (mavlink.io/en/messages/common.html): GLOBAL_POSITION_INT tells the place and
makes a sample, with the camera's angles that came last: GIMBAL_DEVICE_ATTITUDE_STATUS, or
MOUNT_ORIENTATION of older gimbals. GPS_RAW_INT tells the fix and how far off it may be,
SYSTEM_TIME the time of satellites. Signatures are not verified.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymavlink.dialects.v20 import common

from vision.sources.heard import Heard
from vision.sources.sample import Sample

_OLD_S = 1.0
"""Seconds on the autopilot's clock after which angles are no longer those of a place."""
_FIX_OLD_S = 5.0
_AWAY_S = 10.0
"""Seconds of silence after which another autopilot may be listened to."""
_3D_FIX = 3
_MM, _E7 = 1e-3, 1e-7
_LOCKED = 1 - 1e-6
"""Sine of the pitch from which yaw and roll cannot be told apart in 32 bits."""
_MOST = 1 << 20
"""Bytes that may wait for their message's end; no message is a thousandth as long."""


@dataclass(slots=True)
class _Told:
    """Angles of a moment: degrees; `at` on the autopilot's clock, seconds."""

    at: float = -math.inf
    yaw: float = math.nan
    pitch: float = math.nan
    roll: float = math.nan


class Mavlink:
    """See `vision.sources.heard.Listener`. Listens to the first autopilot that tells a place."""

    def __init__(self) -> None:
        self._autopilot: int | None = None
        self.restart()

    def restart(self) -> None:
        """See `Listener`."""
        self._parser = common.MAVLink(None)
        self._parser.robust_parsing = True
        self._forget()

    def take(self, data: bytes) -> Iterator[Heard]:
        """See `Listener`."""
        try:
            messages = self._parser.parse_buffer(data) or []
        except (common.MAVError, ValueError, TypeError, KeyError, IndexError):
            self.restart()
            return
        if self._parser.buf_len() > _MOST:
            self.restart()
        for message in messages:
            heard = self._hear(message)
            if heard is not None:
                yield heard

    def _forget(self) -> None:
        self._gimbal, self._craft = _Told(), _Told()
        self._error_m, self._fix, self._fix_at = math.nan, _3D_FIX, -math.inf
        self._unix = math.nan  # less the autopilot's clock
        self._boot = self._now = -math.inf

    def _hear(self, message: Any) -> Heard | None:
        name, sender = message.get_type(), message.get_srcSystem()
        if name == "BAD_DATA":
            return None
        boot = getattr(message, "time_boot_ms", None)
        now = boot * _MM if boot is not None else math.nan
        if name == "GLOBAL_POSITION_INT":
            if self._autopilot is None:
                self._autopilot = sender
            if sender != self._autopilot:
                return None
            if now < self._boot - 1:  # it was started again: what it told before counts no more
                self._forget()
            self._boot = now
            return self._place(message, now)
        if self._autopilot is not None and sender != self._autopilot:
            return None
        self._now = max(self._now, now) if math.isfinite(now) else self._now
        note = _NOTES.get(name)
        if note is not None:
            note(self, message, now)
        return None

    def _place(self, message: Any, now: float) -> Heard:
        angles = self._gimbal if now - self._gimbal.at <= _OLD_S else _Told()
        fixed = now - self._fix_at > _FIX_OLD_S or self._fix >= _3D_FIX
        course = math.degrees(math.atan2(message.vy, message.vx)) if message.vx or message.vy else 0
        sample = Sample(
            lon=message.lon * _E7 if fixed else math.nan,
            lat=message.lat * _E7 if fixed else math.nan,
            digits=7,
            height_m=message.relative_alt * _MM,
            yaw=angles.yaw,
            pitch=angles.pitch,
            roll=angles.roll,
            error_m=self._error_m if now - self._fix_at <= _FIX_OLD_S else math.nan,
            course=course,
        )
        return Heard(sample, now, now + self._unix)

    def _note_craft(self, message: Any, now: float) -> None:
        roll, pitch, yaw = (math.degrees(v) for v in (message.roll, message.pitch, message.yaw))
        self._craft = _Told(now, yaw, pitch, roll)

    def _note_gimbal(self, message: Any, now: float) -> None:
        """Roll and pitch are from the horizon; yaw is from north, or from the drone's nose."""
        flags = message.flags
        earth = flags & common.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME or (
            flags & common.GIMBAL_DEVICE_FLAGS_YAW_LOCK
            and not flags & common.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME
        )
        yaw, pitch, roll = _angles(*message.q)
        self._gimbal = _Told(now, yaw + (0.0 if earth else self._nose(now)), pitch, roll)

    def _note_mount(self, message: Any, now: float) -> None:
        yaw = message.yaw_absolute
        if not math.isfinite(yaw):
            yaw = message.yaw + self._nose(now)
        self._gimbal = _Told(now, yaw, message.pitch, message.roll)

    def _note_fix(self, message: Any, now: float) -> None:  # noqa: ARG002 - it has no clock of the autopilot's
        self._fix, self._fix_at = message.fix_type, self._now
        self._error_m = message.h_acc * _MM if message.h_acc else math.nan

    def _note_time(self, message: Any, now: float) -> None:
        unix = message.time_unix_usec / 1e6
        self._unix = unix - now if unix > 0 else math.nan

    def _nose(self, now: float) -> float:
        return self._craft.yaw if now - self._craft.at <= _OLD_S else math.nan


_NOTES = {
    "ATTITUDE": Mavlink._note_craft,
    "GIMBAL_DEVICE_ATTITUDE_STATUS": Mavlink._note_gimbal,
    "MOUNT_ORIENTATION": Mavlink._note_mount,
    "GPS_RAW_INT": Mavlink._note_fix,
    "SYSTEM_TIME": Mavlink._note_time,
}


def _angles(w: float, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Yaw, pitch and roll of a quaternion, degrees, turned in this order; NaN where it is none."""
    size = math.sqrt(w * w + x * x + y * y + z * z)
    if not (math.isfinite(size) and abs(size - 1) < 0.1):
        return math.nan, math.nan, math.nan
    w, x, y, z = w / size, x / size, y / size, z / size
    sine = max(-1.0, min(1.0, 2 * (w * y - z * x)))
    pitch = math.asin(sine)
    if abs(sine) > _LOCKED:  # straight down or up: all of the turn is yaw
        return math.degrees(2 * math.atan2(z, w)), math.degrees(pitch), 0.0
    yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    roll = math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)
