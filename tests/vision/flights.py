"""Flights: the renderer's camera in DJI's words, and what DJI's drones write of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from datasets.renderer.camera import Camera


def camera_of(
    position: tuple[float, float, float],
    yaw: float,
    pitch: float,
    roll: float = 0.0,
    *,
    fov: float,
    size: tuple[int, int] = (1920, 1080),
    level: float = 0.0,
) -> Camera:
    """The renderer's camera with DJI's gimbal angles; `level` tilts it across its heading."""
    attitude = turn(2, yaw) @ turn(0, level) @ turn(1, pitch) @ turn(0, roll)
    heading = np.degrees(np.arctan2(attitude[1, 0], attitude[0, 0]))
    down = np.degrees(np.arcsin(np.clip(attitude[2, 0], -1, 1)))
    about = np.degrees(np.arctan2(attitude[2, 1], attitude[2, 2]))
    return Camera(position, float(heading), float(down), fov, *size, -float(about))


def turn(axis: int, angle: float) -> NDArray[np.float64]:
    """A right-handed turn about north (0), east (1) or down (2)."""
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    matrix = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix[i, i], matrix[i, j], matrix[j, i], matrix[j, j] = c, -s, s, c
    return matrix


Moment = tuple[float, float, float, float, float, float, float]
"""Seconds; degrees of longitude and latitude; metres above take-off; yaw, pitch, roll."""


def srt(moments: Iterable[Moment], *, every: float, focal: float = 24.0) -> str:
    """As a Mavic 3 Enterprise rounds and writes it."""
    return "".join(
        f"{n}\n{_clock(t)} --> {_clock(t + every)}\n"
        f'<font size="28">FrameCnt: {n}, DiffTime: {every * 1000:.0f}ms\n'
        f"2026-05-01 16:00:{t % 60:06.3f}\n"
        f"[focal_len: {focal:.2f}] [dzoom_ratio: 1.00], [latitude: {lat:.6f}] "
        f"[longitude: {lon:.6f}] [rel_alt: {height:.3f} abs_alt: {height + 80:.3f}] "
        f"[gb_yaw: {(yaw + 180) % 360 - 180:.1f} gb_pitch: {pitch:.1f} gb_roll: {roll:.1f}] "
        "</font>\n\n"
        for n, (t, lon, lat, height, yaw, pitch, roll) in enumerate(moments, start=1)
    )


def _clock(seconds: float) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02},{thousandths:03}"
