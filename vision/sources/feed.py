"""Feed: the telemetry that a moving camera sends beside its live stream, over UDP or TCP.

A thread of its own listens. A sample's moment is when it came, less what it was late: messages that
pile up behind a stall of the network all come at once, but their sender's own clock tells them
apart (`Punctual`). Where the sender tells the time of satellites, and a picture its camera's own
clock, the two are laid beside each other by these.
"""

from __future__ import annotations

import logging
import math
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

from vision.errors import SourceBroken
from vision.frames import Clock, Pose
from vision.site import Camera
from vision.site.telemetry_address import TelemetryAddress, parse_telemetry
from vision.sources.heard import Listener
from vision.sources.live_poses import OLDEST_S, LivePoses, Moment
from vision.sources.telemetry import Making

_log = logging.getLogger(__name__)

_LAG_S = 0.5
"""Seconds, one deviation, by which a picture may come later than what was sent with it: ours.
Coding and sending a picture takes up to a second, and nobody tells how long."""
_LAG_CLOCKS_S = 0.2
"""The same where both tell the time by themselves; see `vision.sources.telemetry`."""
_WAIT_S = 0.25
_CONNECT_S = 5.0
_RETRY_S = 1.0
_LARGEST = 65_535
_BELIEVABLE_S = 2.0
"""Satellites' time that is farther from ours is not believed, as a stream's is not."""
_LEAP_S = 10.0
_DRIFT = 0.001
"""By which a sender's clock may gain on ours, per second."""


class Punctual:
    """Dates messages by their sender's clock, as the fastest of them came."""

    def __init__(self) -> None:
        self._offset = math.nan
        self._last = math.nan

    def at(self, own: float, arrived: float) -> float:
        """When it was sent, by our clock; never later than it came."""
        if not math.isfinite(own):
            return arrived
        step, self._last = own - self._last, own
        if not 0 <= step < _LEAP_S:  # the first one, or its sender was started again
            self._offset = arrived - own
        else:
            self._offset = min(self._offset + _DRIFT * step, arrived - own)
        return own + self._offset


class Feed:
    """The poses that are sent beside a live stream.

    Args:
        camera: with `telemetry`.
        making: makes poses of samples.
        wall: this machine's clock, Unix time in seconds.

    Raises:
        SourceBroken: what reads this form is not installed.
    """

    def __init__(
        self, camera: Camera, making: Making, wall: Callable[[], float] = time.time
    ) -> None:
        assert camera.telemetry is not None
        self._camera, self._shown = camera.id, camera.telemetry
        self._address = parse_telemetry(camera.telemetry)
        self._listener = _listener(self._address)
        self._wall = wall
        self._arrived = LivePoses(making, lag=_LAG_S)
        self._clocked = LivePoses(making, lag=_LAG_CLOCKS_S)
        self._punctual = Punctual()
        self._last, self._began = -math.inf, wall()
        self._fault = ""
        self._stop = Event()
        self.port = self._address.port
        """On which packets are awaited, or to which it is connected."""
        self._bound = self._bind() if self._address.carrier == "udp" else None
        self._thread = Thread(target=self._run, name=f"telemetry-{camera.id}", daemon=True)
        self._thread.start()

    def pose(self, moment: Moment, width: int, height: int) -> Pose | None:
        """The pose of a picture; None where nothing new enough tells."""
        clocked = None
        if moment.clock is Clock.STREAM:
            clocked = self._clocked.pose(moment.captured, width, height)
        # Its sender may never have told the time, or tell it no more.
        return clocked or self._arrived.pose(moment.captured, width, height)

    @property
    def trouble(self) -> str | None:
        """Why it tells no pose, in plain words; None while all is well."""
        said = f"{self._shown}: nothing can be put on the map: "
        if self._fault:
            return f"{said}{self._fault}"
        now = self._wall()
        if now - max(self._last, self._began) > 2 * OLDEST_S:
            return f"{said}no telemetry comes; see whether its sender runs and sends to this port"
        if not self._arrived.heard:
            return f"{said}no telemetry has come yet"
        why = self._arrived.lacks
        return f"{said}its telemetry has {why}" if why else None

    def close(self) -> None:
        """End listening."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen()
            except OSError as error:
                self._fault = f"{error.strerror or error}; check the address and its sender"
            except Exception as error:  # noqa: BLE001 - nothing may end this thread
                self._fault = f"{type(error).__name__}: {error}; report this"
                _log.exception("%s: reading telemetry failed", self._camera)
            self._stop.wait(_RETRY_S)
        if self._bound is not None:
            self._bound.close()

    def _listen(self) -> None:
        self._listener.restart()
        if self._address.carrier == "udp":
            self._bound = self._bound or self._bind()
            if self._bound is not None:
                self._read(self._bound)
            return
        with socket.create_connection(self._address[2:], timeout=_CONNECT_S) as connected:
            self._read(connected)
        if not self._stop.is_set():
            self._fault = "its sender closed the connection; see whether it still runs"

    def _bind(self) -> socket.socket | None:
        family = socket.AF_INET6 if ":" in self._address.host else socket.AF_INET
        made = socket.socket(family, socket.SOCK_DGRAM)
        try:
            made.bind(self._address[2:])
        except OSError as error:
            made.close()
            self._fault = f"{error.strerror or error}; another program may listen at this port"
            return None
        self.port = made.getsockname()[1]
        return made

    def _read(self, there: socket.socket) -> None:
        there.settimeout(_WAIT_S)
        while not self._stop.is_set():
            try:
                data = there.recv(_LARGEST)
            except TimeoutError:
                continue
            if not data and self._address.carrier == "tcp":
                return
            self._fault = ""
            self.take(data, self._wall())

    def take(self, data: bytes, arrived: float) -> None:
        """Take in what came at a moment (Unix time)."""
        for sample, own, utc in self._listener.take(data):
            self._last = arrived
            self._arrived.tell(replace(sample, at=self._punctual.at(own, arrived)))
            if abs(utc - arrived) <= _BELIEVABLE_S:
                self._clocked.tell(replace(sample, at=utc))


def _listener(address: TelemetryAddress) -> Listener:
    module, extra = ("mavlink", "mavlink") if address.form == "mavlink" else ("nmea", "tracks")
    try:
        if module == "mavlink":
            from vision.sources.mavlink import Mavlink  # noqa: PLC0415 - optional

            return Mavlink()
        from vision.sources.nmea import Nmea  # noqa: PLC0415 - optional

        return Nmea()
    except ImportError as error:
        raise SourceBroken(
            f"{error.name} is not installed, which reads {address.form}+{address.carrier}; install:"
            f" pip install 'streetwarden[{extra}]'"
        ) from None
