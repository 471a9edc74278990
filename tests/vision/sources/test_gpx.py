"""A carried camera's recording with the track of its receiver beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import gpxpy.gpx
import numpy as np
import pytest

from vision.geo import LocalPlane

TOWN = LocalPlane(113.38, 31.71)
BEGAN = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
SPEED = 6.0
Point = tuple[float, float, float]
"""Seconds since the recording began, metres east and north."""


def gpx(points: list[Point], *, dop: float | None = 0.4, timed: bool = True) -> str:
    track = gpxpy.gpx.GPX()
    track.tracks.append(gpxpy.gpx.GPXTrack())
    part = gpxpy.gpx.GPXTrackSegment()
    track.tracks[0].segments.append(part)
    for t, east, north in points:
        lon, lat = TOWN.degrees(east, north)
        at = BEGAN + timedelta(seconds=t) if timed else None
        part.points.append(gpxpy.gpx.GPXTrackPoint(lat, lon, time=at, horizontal_dilution=dop))
    return track.to_xml()


def straight(first: int = -2, last: int = 5) -> list[Point]:
    return [(float(t), SPEED * t, 0.0) for t in range(first, last)]


@pytest.fixture
def film(make_video: Callable[..., Path]) -> Callable[..., Path]:
    def made(track: str, **metadata: str) -> Path:
        told = {"creation_time": BEGAN.isoformat()} | metadata
        path = make_video("ride.mp4", frames=30, fps=10, metadata=told)
        path.with_suffix(".gpx").write_text(track)
        return path

    return made


def test_frames_are_where_the_track_was_at_their_moment(film, read_all: Callable) -> None:
    rng, inside = np.random.default_rng(2), list[bool]()
    for _ in range(6):
        off, late = rng.normal(0, 2.0, 2), float(rng.normal(0, 1.0))  # HDOP 0.4 times 5 m
        points = [(t + late, e + off[0], n + off[1]) for t, e, n in straight()]
        frames, source = read_all(film(gpx(points)), analyse_fps=5, type="bodycam")
        assert source.trouble is None
        for number, frame in enumerate(frames):
            place = frame.pose.position(0.5, 0.5)
            far, way = rng.uniform(1, 30), rng.uniform(0, 2 * math.pi)
            seen = (SPEED * number / 5 + far * math.cos(way), far * math.sin(way))
            there = TOWN.metres(place.lon, place.lat)
            inside.append(place.ellipse.covers(seen[0] - there[0], seen[1] - there[1]))
    print(f"GPX: {np.mean(inside):.3f} of {len(inside)} things seen are inside")
    assert np.mean(inside) >= 0.95


@pytest.mark.parametrize(
    ("track", "said"),
    [
        ("", "is no GPX"), ("<gpx", "is no GPX"), (gpx([]), "no point with a time"),
        (gpx(straight(), timed=False), "no point with a time"),
        (gpx(straight(28_800, 28_810)), "tells local time"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + gpx(straight()), "declares entities"),
        (gpx([(t, 9000 * (t % 2), 0) for t in range(5)]), "leaps as nothing can drive"),
        (gpx(straight()).replace('lat="', 'lat="9'), "no position"),
    ],
    ids=["empty", "cut", "no points", "no times", "local time", "entities", "leaps", "nowhere"],
)  # fmt: skip
def test_what_keeps_it_off_the_map_is_said(film, read_all: Callable, track: str, said: str) -> None:
    frames, source = read_all(film(track), analyse_fps=5, type="vehicle")
    assert {frame.pose for frame in frames} == {None}
    assert said in source.trouble


def test_a_live_stream_s_telemetry_is_nothing_to_a_recording_with_a_track(
    film, read_all: Callable
) -> None:
    def trouble(path: Path) -> str | None:
        _, source = read_all(path, type="bodycam", telemetry="nmea+tcp://127.0.0.1:1")
        return source.trouble

    path = film(gpx(straight()))
    assert trouble(path) is None
    path.with_suffix(".gpx").write_text("no track")
    assert "is no GPX" in (trouble(path) or "")
    path.with_suffix(".gpx").unlink()
    assert "is not listened to" in (trouble(path) or "")


def test_a_recording_that_does_not_say_when_it_was_made_has_no_place(
    film, read_all: Callable
) -> None:
    frames, source = read_all(
        film(gpx(straight()), creation_time=""), analyse_fps=5, type="vehicle"
    )
    assert {frame.pose for frame in frames} == {None}
    assert "does not say when it was made" in source.trouble
