"""GPX: the way of a carried camera, as its receiver wrote it into a file beside the recording."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

from vision.errors import SourceBroken, SourceError
from vision.files import is_file
from vision.site import Camera
from vision.site.carried import Carried
from vision.sources.carried import Carrying
from vision.sources.live_poses import OLDEST_S
from vision.sources.sample import RANGE_ERROR_M, Sample, Told, Unfit
from vision.sources.telemetry import Track

_LAG_S = 1.0
"""Seconds, one deviation, by which a track is off its recording, which tells its start in whole
seconds, by a clock of its own."""
_LARGEST = 64 << 20
"""Bytes; a day of a point a second, 200 bytes each, has 17 million."""


def read_gpx(path: Path, began: datetime | None) -> Told:
    """What a track file tells, its moments counted from when the recording began.

    Args:
        path: of the file.
        began: when, by the recording's own word.

    Raises:
        Unfit: it is none, too large, without times, or nobody knows when the recording began.
        SourceBroken: what reads it is not installed.
        OSError: it cannot be read.
    """
    try:
        import gpxpy  # noqa: PLC0415 - optional
        from gpxpy.gpx import GPXException  # noqa: PLC0415
    except ImportError:
        raise SourceBroken(
            "gpxpy is not installed, which reads GPX tracks; install: pip install"
            " 'streetwarden[tracks]'"
        ) from None
    if path.stat().st_size > _LARGEST:
        raise Unfit(f"is larger than {_LARGEST >> 20} MiB; cut the recording into shorter ones")
    if began is None:
        raise Unfit(
            "has the time of day, but the recording does not say when it was made (creation_time);"
            " export it with its date, or give it a track of its own"
        )
    text = path.read_bytes().decode("utf-8-sig", errors="replace")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise Unfit("declares entities, which no track has; export it anew")
    try:
        tracks = gpxpy.parse(text).tracks
    except (GPXException, ValueError) as error:
        raise Unfit(f"is no GPX ({error}); export it anew") from None
    points = [point for track in tracks for part in track.segments for point in part.points]
    samples, last = list[Sample](), -math.inf
    for point in points:
        if point.time is None:
            continue
        moment = point.time if point.time.tzinfo is not None else point.time.replace(tzinfo=UTC)
        at = (moment - began).total_seconds()
        dop = point.horizontal_dilution
        off = RANGE_ERROR_M * dop if dop is not None and dop >= 0 else math.nan
        samples.append(
            Sample(at=at, lon=point.longitude, lat=point.latitude, digits=6, error_m=off)
        )
        last = max(last, at)
    if not samples:
        raise Unfit("has no point with a time; record the track with times")
    return Told(samples, last, len(points))


def track_beside(
    camera: Camera, path: Path, promised: float, began: datetime | None
) -> tuple[Track | None, str | None]:
    """The track of a carried camera's recording, and why there is none; see `flown.read_track`."""
    beside = next((p for p in map(path.with_suffix, (".gpx", ".GPX")) if is_file(p)), None)
    if beside is None:
        return None, None  # a recording without a track is a recording
    try:
        told = read_gpx(beside, began)
        return _fitting(told, Carrying(camera.carried or Carried()), promised), None
    except Unfit as why:
        return None, f"{beside}: nothing can be put on the map: its telemetry {why}"
    except (OSError, SourceError) as error:
        return None, f"{beside}: its telemetry cannot be read ({error}); copy it again"


def _fitting(told: Told, making: Carrying, promised: float) -> Track:
    """The track of samples of which some are of the recording's time, and whole."""
    first = min(sample.at for sample in told.samples)
    if told.end < 0 or (promised > 0 and first > promised):
        raise Unfit(
            f"is of another time: it begins {first:.0f} s after the recording does, and ends"
            f" {told.end:.0f} s after that; see whether one of their clocks tells local time"
        )
    track = Track(told.samples, making, lag=_LAG_S, reach=OLDEST_S)
    if not len(track):
        raise Unfit("has no position, or leaps as nothing can drive; record it again")
    return track
