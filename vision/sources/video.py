"""Video: a stream, recording or capture device, decoded by FFmpeg through PyAV."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Event

from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vision.errors import SourceError, SourceUnavailable
from vision.frames import Frame
from vision.site import Camera
from vision.sources.address import Address, SourceKind
from vision.sources.backlog import Backlog
from vision.sources.coded import Coded
from vision.sources.container import (
    HLS_READ_TIMEOUT,
    TIMEOUT,
    duration,
    open_container,
    video_stream,
)
from vision.sources.failures import FAILURES, explain
from vision.sources.framing import Framing
from vision.sources.key_frame_policy import KeyFramePolicy
from vision.sources.klv_live import KlvLive
from vision.sources.packets import at_own_speed, whole_pictures
from vision.sources.recording import recording_clock, trouble_at_end
from vision.sources.ring import Ring
from vision.sources.telling import telling_of
from vision.sources.timeline import DueTimes, LiveClock, own_time
from vision.sources.web_file import Opener

_log = logging.getLogger(__name__)

_BLIND = 30.0  # seconds of data without one picture before a stream is given up; above usual GOPs
_ASKED_EVERY = 0.5  # seconds between two looks at the calendar whether to watch
_IN_SLICES = ("h264", "hevc")  # codecs whose pictures come in slices
HIGHEST_RATE = 240.0  # frames/s that are believed of a recording


class Video:
    """See `vision.sources.source.Source`. Only frames that are due are scaled and handed on.

    If key frames come often enough for the looks, only they are decoded (`KeyFramePolicy`). Outside
    its hours, nothing of a live camera is decoded, and packets that are late because this machine
    lags are skipped (`Backlog`). Frame size may change at any time. Frames that the decoder marks
    as corrupt are left out. `stream` is what the container says of it.

    Args:
        camera: its looks per second and pace.
        address: what to open.
        stop: setting it ends waits at once and iteration at the next frame.
        image_size: longer side at which frames are looked at, in pixels; whole where none.
        watching: whether the camera is to be watched at a moment.
        pace: looks per second wanted now; the camera's own by default.
        ring: keeps what a live stream sends while it is watched.
        opener: fetches it, where it lies in the web.
    """

    def __init__(
        self,
        camera: Camera,
        address: Address,
        *,
        stop: Event,
        image_size: int | None = None,
        watching: Callable[[datetime], bool] = lambda _: True,
        pace: Callable[[], float] | None = None,
        ring: Ring | None = None,
        opener: Opener | None = None,
    ) -> None:
        self._camera, self._address = camera, address
        self._stop = stop
        self._watching = watching
        self._closing = ExitStack()
        self._opener = opener
        with ExitStack() as closing:
            if opener is not None:
                closing.callback(opener.close)
            self._container = open_container(address, camera.decoder, opener)
            closing.callback(self._container.close)
            self.stream = video_stream(self._container, address)
            self.live = address.live
            if opener is not None:
                endless = opener.endless or address.kind is SourceKind.HLS
                self.live = endless and not self._container.duration
            tell = telling_of(camera, address, self._container, live=self.live, stop=stop)
            self._poses, self.trouble = tell
            closing.callback(tell.close)
            self._closing = closing.pop_all()
        # A stream's 25 packets a second are read in Python: what each costs is kept small.
        self._tick = float(self.stream.time_base or 0)
        self._watched_now, self._asked_at = True, -math.inf
        self._framing = Framing(
            camera.id, image_size, self._poses, camera.decoder, angled=camera.type == "drone"
        )
        self._fps = camera.analyse_fps
        self._pace = pace if pace is not None else lambda: camera.analyse_fps
        self._due = DueTimes(camera.analyse_fps)
        self._key_frames = KeyFramePolicy(1 / camera.analyse_fps, live=self.live)
        self._backlog = Backlog()
        self._ring = ring if self.live else None
        if self._ring is not None:
            self._ring.begin(Coded.of(self.stream))
        self._own_anchor: float | None = None
        self._arrived = time.monotonic()  # when the latest packet was read
        self._damaged = 0

    def __iter__(self) -> Iterator[Frame]:
        frames = self._live_frames() if self.live else self._recorded_frames()
        failure: SourceError | None = None
        try:
            yield from frames
        except FAILURES as error:
            failure = self._failure() or explain(error, self._address, while_reading=True)
        if failure is not None:  # outside of `except`, so that FFmpeg's text is not its context
            raise failure

    @property
    def late(self) -> int:
        """See `vision.sources.source.Source`."""
        return int(self._backlog.passed_s * self._camera.analyse_fps)

    def __del__(self) -> None:
        # PyAV crashes where a container that reads files of Python's is collected while open.
        self.close()

    def close(self) -> None:
        """Free decoder, connection and buffers now, not when Python gets to it."""
        self._closing.close()

    def _failure(self) -> SourceError | None:
        return self._opener.web.failure if self._opener is not None else None

    def _live_frames(self) -> Iterator[Frame]:
        clock = LiveClock()
        for index, picture in enumerate(self._decoded(time.monotonic())):
            at = picture.time  # None where the stream gives none
            sent = self._backlog.sent(at, self._arrived)
            if not self._due.due(sent):
                continue
            own = self._own_anchor + at if self._own_anchor is not None and at is not None else None
            dated = clock.stamp(time.monotonic() - sent, own)
            frame = self._framing.frame(picture, dated, index + self._key_frames.left_out, at=at)
            if self._poses is not None:
                self.trouble = self._poses.trouble
            if frame is not None:
                yield frame
        if not self._stop.is_set():
            raise self._failure() or SourceUnavailable(
                f"{self._address.shown}: the stream ended; see whether its sender still runs"
            )

    def _recorded_frames(self) -> Iterator[Frame]:
        rate = float(self.stream.average_rate or self.stream.guessed_rate or 0)
        rate = rate if 0 < rate <= HIGHEST_RATE else 25  # an unknown one is given as 90000
        promised = duration(self._container, self.stream)
        about = self._container, self.stream, self._camera, self._address
        clock = recording_clock(*about, interval=1 / rate, promised=promised)
        started: float | None = None
        elapsed = -1 / rate
        failure: SourceError | None = None
        try:
            for index, picture in enumerate(self._decoded()):
                elapsed = clock.elapsed(picture.time)
                if not self._due.due(elapsed):
                    continue
                started = started if started is not None else time.monotonic() - clock.played
                if self._camera.pace == "realtime":
                    self._stop.wait(max(0.0, started + clock.played - time.monotonic()))
                if self._stop.is_set():
                    return
                number, dated = index + self._key_frames.left_out, clock.stamp(elapsed)
                frame = self._framing.frame(picture, dated, number, at=elapsed, part=clock.part)
                if frame is not None:
                    yield frame
        except SourceError as error:
            failure = error
        except FAILURES as error:
            failure = explain(error, self._address, while_reading=True)
        if not self._stop.is_set():
            self.trouble = (
                trouble_at_end(
                    self._address,
                    self._failure() or failure,
                    seen=elapsed + self._key_frames.behind + 1 / rate,
                    promised=0.0 if clock.part else promised,
                    damaged=self._damaged + self._framing.failed,
                )
                or self.trouble
            )
            if self.trouble is not None:
                _log.warning("%s: %s", self._camera.id, self.trouble)

    def _decoded(self, alive_at: float | None = None) -> Iterator[VideoFrame]:
        """Pictures in presentation order. `alive_at`: watch for a stream that shows none."""
        late_since: float | None = None
        packets = self._packets()
        asked = time.monotonic()
        for packet in packets:
            if self._stop.is_set():
                return
            now = self._arrived = time.monotonic()
            wanted = not self.live or self._worth_it(packet, now, now - asked)
            late_since = None if wanted or not self._watched_now else late_since or now
            if not wanted:
                self._key_frames.skipped()
                # Skipping buffered packets takes a moment only; longer, the sender's clock stands.
                if late_since is None or now - late_since < _BLIND:
                    alive_at, asked = now, time.monotonic()
                    continue
            if alive_at is not None and now - alive_at > _BLIND:
                raise SourceUnavailable(
                    f"{self._address.shown}: sends data but no picture for {_BLIND:.0f} s; check"
                    " the camera's codec settings and clock"
                )
            for picture in self._pictures(packet) if wanted else ():
                if not picture.is_corrupt:
                    alive_at = alive_at and time.monotonic()
                    yield picture
            asked = time.monotonic()

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        """What was sent; of a live stream a picture each, of a playlist at its own speed."""
        sent = self._container.demux(self.stream)
        if isinstance(self._poses, KlvLive):
            sent = self._poses.pictures(self._container, self.stream, self._stop)
        if self._opener is not None:
            patience = HLS_READ_TIMEOUT if self._address.kind is SourceKind.HLS else TIMEOUT
            sent = self._opener.web.each_within(patience, sent)
        if not self.live:
            return sent
        if self._address.kind is SourceKind.HLS:
            sent = at_own_speed(sent, self._stop)
        return whole_pictures(sent) if self.stream.codec.name in _IN_SLICES else sent

    def _keep_pace(self) -> None:
        """Apply the looks per second that are wanted now."""
        fps = self._pace()
        if fps != self._fps:
            self._fps, self._due = fps, DueTimes(fps)
            self._key_frames.look_every(1 / fps)

    def _worth_it(self, packet: Packet[VideoStream], now: float, waited: float) -> bool:
        """Whether to decode a packet: the camera is watched now, and the packet is not late."""
        if now - self._asked_at >= _ASKED_EVERY:
            self._watched_now, self._asked_at = self._watching(datetime.now(UTC)), now
        watched = self._watched_now
        dts = packet.dts
        at = self._seconds(dts if dts is not None else packet.pts)
        late = self._backlog.late(at, now, waited)
        if self._ring is not None:
            self._ring.add(packet) if watched else self._ring.forget()
        return watched and not late

    def _pictures(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """Return a packet's pictures; none if it is not wanted or cannot be decoded."""
        key = packet.is_keyframe
        if key or not self._key_frames.only_keys:
            self._keep_pace()
        at = self._seconds(packet.pts)
        stale = self._key_frames.stale
        end = packet.size == 0  # asks for what the decoder still holds
        sent = self._backlog.sent(at, self._arrived) if self.live else at
        if not end and not self._key_frames.wants(sent, key=key):
            return []
        if self.live and at is not None and (wall := own_time(packet)) is not None:
            self._own_anchor = wall - at
        codec = self.stream.codec_context
        if stale and not end:
            codec.flush_buffers()  # nothing from before the gap may be built upon
        try:
            pictures = codec.decode(packet)
            if self._key_frames.only_keys and not end:
                # A decoder holds a picture back until later ones tell its turn: none will come.
                pictures += codec.decode(None)
                codec.flush_buffers()
                self._key_frames.gave(sum(not picture.is_corrupt for picture in pictures))
        except FFmpegError:
            self._damaged += packet.size > 0
            return []
        for picture in pictures:
            # It is lost where the decoder was drained.
            picture.time_base = packet.time_base or picture.time_base
        return pictures

    def _seconds(self, count: int | None) -> float | None:
        """Of a time in ticks of the stream; None where it states none."""
        return count * self._tick if count is not None and self._tick else None
