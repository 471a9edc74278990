"""Flown: the telemetry of a moving camera's recording, wherever it stands, as its track."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from threading import Event

from av.error import FFmpegError

from vision.errors import SourceError
from vision.files import is_file
from vision.site import Camera
from vision.site.flight import Flight
from vision.sources.address import Address, SourceKind
from vision.sources.gpx import track_beside
from vision.sources.klv_stream import read_klv
from vision.sources.listing import sidecar
from vision.sources.sample import Told, Unfit
from vision.sources.srt import read_beside, read_inside
from vision.sources.srt_text import in_order
from vision.sources.telemetry import Track

_APART = 2.0
"""Seconds between the ends of telemetry and recording above which they are not of one length. Some
models write texts only until a second before the end, and the slowest one text a second."""


def read_track(
    camera: Camera,
    address: Address,
    promised: float,
    stop: Event,
    began: datetime | None = None,
) -> tuple[Track | None, str | None]:
    """The telemetry of a moving camera's recording.

    A drone's is an SRT file of its name, else its subtitles or KLV; a carried camera's a GPX file
    of its name.

    Args:
        promised: seconds that the recording lasts; 0 where it does not tell.
        began: when it began, by its own word.
        stop: setting it ends reading, without a track.

    Returns:
        The track, None where there is none; and why there is none, in plain words, where the site
        counts on it or part of it is there.
    """
    if not camera.moves or address.kind is not SourceKind.FILE:
        return None, None
    if camera.type != "drone":
        return track_beside(camera, address.path, promised, began)
    path, flight = address.path, camera.flight or Flight()
    beside = sidecar(path, is_file)
    shown = beside or path
    try:
        told = read_inside(address, stop) if beside is None else read_beside(beside, stop)
        if beside is None and not told.samples and not stop.is_set():
            told = read_klv(address, stop)
        track = None
        if not stop.is_set() and (told.samples or beside is not None):
            track = _fitting(told, flight, promised)
    except Unfit as why:
        return None, f"{shown}: nothing can be put on the map: its telemetry {why}"
    except (OSError, FFmpegError, SourceError) as error:
        return None, f"{shown}: its telemetry cannot be read ({error}); copy it again"
    if told.samples or stop.is_set() or camera.flight is None:
        return track, None  # a drone's recording without telemetry is a recording
    return None, (
        f"{shown}: holds no telemetry of a format that is read, so nothing can be put on"
        " the map; put the drone's .SRT file beside the recording"
    )


def _fitting(told: Told, flight: Flight, promised: float) -> Track:
    """The track of samples that end with the recording and of which some are whole."""
    samples, end, texts = told
    if not texts:
        raise Unfit(
            "is no subtitles, as no text in it has a time (00:00:01,000 --> 00:00:02,000); copy"
            " from the drone again what it wrote"
        )
    if not samples:
        raise Unfit(
            f"has {texts} texts, none with a position: this model writes none, or in a way that is"
            " not read"
        )
    if promised > 0 and abs(end - promised) > _APART:
        raise Unfit(
            f"ends after {end:.1f} s, but the recording after {promised:.1f} s: one of them was cut"
            " or is of another flight; copy both from the drone again, uncut"
        )
    samples = in_order(samples, flight.gps_order)
    track = Track(samples, flight)
    if not len(track):
        [(why, _)] = Counter(sample.lacks(flight) for sample in samples).most_common(1)
        raise Unfit(f"has {why}" if why else "leaps as no drone can fly; copy it again")
    return track
