"""Recording: when a video file began, and whether it ended as it should."""

from __future__ import annotations

from av.container import InputContainer
from av.video.stream import VideoStream

from vision.errors import SourceBroken, SourceError, SourceUnavailable
from vision.site import Camera
from vision.sources.address import Address, SourceKind
from vision.sources.timeline import LEAP_S, RecordingClock, recording_start


def recording_clock(
    container: InputContainer,
    stream: VideoStream,
    camera: Camera,
    address: Address,
    *,
    interval: float,
    promised: float,
) -> RecordingClock:
    """The clock of a recording.

    Args:
        container, stream: opened.
        camera: how fast it is played, and how far its looks are apart.
        address: where it lies.
        interval: seconds between two pictures.
        promised: seconds that it lasts; 0 where it does not say.
    """
    written = address.path.stat().st_mtime if address.kind is SourceKind.FILE else None
    lasts = None if camera.pace == "realtime" else promised
    start = recording_start(container.metadata, lasts, written)
    origin = float((stream.start_time or 0) * (stream.time_base or 0))
    # Looks may be farther apart than that, and key frames as far as looks.
    leap = max(LEAP_S, 2 / camera.analyse_fps)
    return RecordingClock(start, interval, origin, leap=leap)


def trouble_at_end(
    address: Address, failure: SourceError | None, *, seen: float, promised: float, damaged: int
) -> str | None:
    """How a recording ended: whole (None), damaged or cut off.

    Args:
        address: where it lies.
        failure: that ended it.
        seen: seconds of it.
        promised: seconds that it was to last; 0 where it did not say.
        damaged: parts that could not be decoded.

    Raises:
        SourceBroken, SourceUnavailable: not a single picture could be.
    """
    shown = address.shown
    if seen <= 0:
        kind = SourceUnavailable if address.network else SourceBroken
        raise failure or kind(f"{shown}: holds no picture that can be decoded; export it anew")
    if failure is not None:
        return str(failure)
    if promised - seen > max(1.0, 0.02 * promised):
        return (
            f"{shown}: ends after {seen:.1f} s of {promised:.1f} s; it is cut off or damaged,"
            " copy it again"
        )
    return f"{shown}: {damaged} damaged parts were left out; copy it again" if damaged else None
