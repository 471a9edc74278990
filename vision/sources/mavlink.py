"""MAVLink: where a drone is and which way its camera looks, from its autopilot's messages.

Of the common dialect (mavlink.io/en/messages/common.html): GLOBAL_POSITION_INT tells the place and
makes a sample, with the camera's angles that came last: GIMBAL_DEVICE_ATTITUDE_STATUS, or
MOUNT_ORIENTATION of older gimbals. GPS_RAW_INT tells the fix and how far off it may be,
SYSTEM_TIME the time of satellites. A gimbal is a component with a boot clock of its own: its angles
are dated by the autopilot's as they come. Signatures are not verified.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pymavlink.dialects.v20 import common

from vision.sources.heard import Heard
from vision.sources.sample import Sample

_OLD_S = 1.0
"""Seconds on the autopilot's clock after which angles are no longer those of a place."""
_FIX_OLD_S = 5.0
_3D_FIX = 3
_MM, _E7 = 1e-3, 1e-7
_LOCKED = 1 - 1e-6
"""Sine of the pitch from which yaw and roll cannot be told apart in 32 bits."""
_EARLY = 64
"""Messages that are kept until a place is told: less than a second's."""
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
        self.restart()

    def restart(self) -> None:
        """See `Listener`; whoever sends there now may be another autopilot."""
        self._autopilot: tuple[int, int] | None = None  # its system and component
        self._early = deque[Any](maxlen=_EARLY)
        self._parse_anew()
        self._forget()

    def take(self, data: bytes) -> Iterator[Heard]:
        """See `Listener`."""
        try:
            messages = self._parser.parse_buffer(data) or []
        except (common.MAVError, ValueError, TypeError, KeyError, IndexError):
            self._parse_anew()
            return
        if self._parser.buf_len() > _MOST:
            self._parse_anew()
        for message in messages:
            heard = self._hear(message)
            if heard is not None:
                yield heard

    def _parse_anew(self) -> None:
        self._parser = common.MAVLink(None)
        self._parser.robust_parsing = True

    def _forget(self) -> None:
        self._gimbal, self._craft = _Told(), _Told()
        self._error_m, self._fix, self._fix_at = math.nan, _3D_FIX, -math.inf
        self._unix = math.nan  # less the autopilot's clock
        self._boot = self._now = -math.inf

    def _hear(self, message: Any) -> Heard | None:
        name = message.get_type()
        if name == "BAD_DATA":
            return None
        sender = _sender(message)
        if name == "GLOBAL_POSITION_INT":
            now = message.time_boot_ms * _MM
            if self._autopilot is None:
                self._autopilot, self._now = sender, now
                for early in self._early:
                    self._note(early)
                self._early.clear()
            if sender != self._autopilot:
                return None
            if now < self._boot - 1:  # it was started again: what it told before counts no more
                self._forget()
            self._boot = now
            self._now = max(self._now, now)
            return self._place(message, now)
        if self._autopilot is None:
            self._early.append(message)
        else:
            self._note(message)
        return None

    def _note(self, message: Any) -> None:
        name, sender = message.get_type(), _sender(message)
        if sender == self._autopilot:
            self._now = max(self._now, getattr(message, "time_boot_ms", -math.inf) * _MM)
        elif name not in _OF_GIMBAL or self._autopilot is None or sender[0] != self._autopilot[0]:
            return
        if name in _NOTES:
            _NOTES[name](self, message)

    def _place(self, message: Any, now: float) -> Heard:
        angles = self._gimbal if now - self._gimbal.at <= _OLD_S else _Told()
        fixed = now - self._fix_at > _FIX_OLD_S or self._fix >= _3D_FIX
        sample = Sample(
            lon=message.lon * _E7 if fixed else math.nan,
            lat=message.lat * _E7 if fixed else math.nan,
            digits=7,
            height_m=message.relative_alt * _MM,
            yaw=angles.yaw,
            pitch=angles.pitch,
            roll=angles.roll,
            error_m=self._error_m if now - self._fix_at <= _FIX_OLD_S else math.nan,
        )
        return Heard(sample, now, now + self._unix)

    def _note_craft(self, message: Any) -> None:
        roll, pitch, yaw = (math.degrees(v) for v in (message.roll, message.pitch, message.yaw))
        self._craft = _Told(self._now, yaw, pitch, roll)

    def _note_gimbal(self, message: Any) -> None:
        """Roll and pitch are from the horizon; yaw is from north, or from the drone's nose."""
        flags = message.flags
        earth = flags & common.GIMBAL_DEVICE_FLAGS_YAW_IN_EARTH_FRAME or (
            flags & common.GIMBAL_DEVICE_FLAGS_YAW_LOCK
            and not flags & common.GIMBAL_DEVICE_FLAGS_YAW_IN_VEHICLE_FRAME
        )
        yaw, pitch, roll = _angles(*message.q)
        self._gimbal = _Told(self._now, yaw + (0.0 if earth else self._nose), pitch, roll)

    def _note_mount(self, message: Any) -> None:
        yaw = message.yaw_absolute
        if not math.isfinite(yaw):
            yaw = message.yaw + self._nose
        self._gimbal = _Told(self._now, yaw, message.pitch, message.roll)

    def _note_fix(self, message: Any) -> None:
        self._fix, self._fix_at = message.fix_type, self._now
        self._error_m = message.h_acc * _MM if message.h_acc else math.nan

    def _note_time(self, message: Any) -> None:
        unix = message.time_unix_usec / 1e6
        self._unix = unix - message.time_boot_ms * _MM if unix > 0 else math.nan

    @property
    def _nose(self) -> float:
        return self._craft.yaw if self._now - self._craft.at <= _OLD_S else math.nan


_NOTES = {
    "ATTITUDE": Mavlink._note_craft,
    "GIMBAL_DEVICE_ATTITUDE_STATUS": Mavlink._note_gimbal,
    "MOUNT_ORIENTATION": Mavlink._note_mount,
    "GPS_RAW_INT": Mavlink._note_fix,
    "SYSTEM_TIME": Mavlink._note_time,
}
_OF_GIMBAL = {"GIMBAL_DEVICE_ATTITUDE_STATUS", "MOUNT_ORIENTATION"}


def _sender(message: Any) -> tuple[int, int]:
    return message.get_srcSystem(), message.get_srcComponent()


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
