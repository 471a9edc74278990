"""A drone's recording and the telemetry beside or inside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isclose
from pathlib import Path
from threading import Event

import av
import numpy as np
import pytest

from tests.vision.flights import srt
from vision.geo import LocalPlane
from vision.site import Camera
from vision.sources import srt as srt_module
from vision.sources.address import parse_address
from vision.sources.flown import read_track

PLANE = LocalPlane(113.38, 31.71)
MakeVideo = Callable[..., Path]
ReadAll = Callable[..., tuple]


def written(seconds: float = 2.0, every: float = 0.1, speed: float = 5.0) -> str:
    times = np.arange(0, seconds, every).tolist()
    return srt(((t, *PLANE.degrees(speed * t, 0), 60.0, 10.0, -60.0, 0.0) for t in times),
               every=every)  # fmt: skip


def with_text_inside(plain: Path, text: str) -> Path:
    """The recording with this text as a stream of its own."""
    beside = plain.with_name("text.srt")
    beside.write_text(text, "utf-8")
    path = plain.with_name("with-text.mp4")
    with (
        av.open(plain) as video,
        av.open(beside) as subtitled,
        av.open(path, "w") as container,
    ):
        pictures = container.add_stream_from_template(video.streams.video[0])
        subtitles = container.add_stream("mov_text")
        subtitles.codec_context.subtitle_header = b"[Script Info]\n"
        for packet in video.demux(video.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                container.mux(packet)
        for packet in subtitled.demux():
            if packet.size:
                content = bytes(packet)
                made = av.Packet(len(content).to_bytes(2) + content)
                made.pts = made.dts = packet.pts
                made.duration, made.time_base, made.stream = (
                    packet.duration, packet.time_base, subtitles,
                )  # fmt: skip
                container.mux(made)
    return path


@pytest.mark.parametrize("name", ["clip.srt", "clip.SRT"])
def test_a_recordings_frames_have_the_pose_of_their_moment(
    make_video: MakeVideo, read_all: ReadAll, name: str
) -> None:
    path = make_video(frames=20, fps=10, first_pts=30)
    path.with_name(name).write_text("\ufeff" + written(), "utf-8")
    frames, source = read_all(path, analyse_fps=10, type="drone", image_size=80)
    assert source.trouble is None
    assert len(frames) == 20
    for n, frame in enumerate(frames):
        assert frame.pose is not None
        east, _ = PLANE.metres(frame.pose.lon, frame.pose.lat)
        assert isclose(east, 0.5 * n, abs_tol=0.06), "as DJI rounds"
        assert (frame.pose.width, frame.pose.height) == (160, 96)


def test_the_text_inside_a_recording_is_read_too(make_video: MakeVideo, read_all: ReadAll) -> None:
    path = with_text_inside(make_video(frames=20, fps=10), written())
    frames, source = read_all(path, analyse_fps=10, type="drone")
    assert source.trouble is None
    assert [f.pose is not None for f in frames] == [True] * 20
    assert PLANE.metres(frames[10].pose.lon, 31.71)[0] == pytest.approx(5.0, abs=0.06)


def test_only_a_drone_s_telemetry_is_read(make_video: MakeVideo, read_all: ReadAll) -> None:
    path = make_video()
    path.with_suffix(".SRT").write_text(written(), "utf-8")
    frames, source = read_all(path, analyse_fps=10)
    assert {f.pose for f in frames} == {None}
    assert source.trouble is None


def test_a_file_that_is_no_telemetry_by_its_size_is_left_alone(
    make_video: MakeVideo, read_all: ReadAll
) -> None:
    path = make_video()
    with path.with_suffix(".SRT").open("wb") as file:
        file.truncate(65 << 20)
    frames, source = read_all(path, analyse_fps=10, type="drone")
    assert len(frames) == 20
    assert "its telemetry is larger than 64 MiB; cut the recording" in source.trouble


def test_a_picture_that_is_shown_turned_has_no_pose(
    make_video: MakeVideo, read_all: ReadAll
) -> None:
    path = make_video(rotation=90)
    path.with_suffix(".SRT").write_text(written(), "utf-8")
    frames, _ = read_all(path, analyse_fps=10, type="drone")
    assert {f.pose for f in frames} == {None}


@pytest.mark.parametrize(
    ("text", "flight", "trouble"),
    [
        (None, None, None),
        (None, {"fov": 70}, "put the drone's .SRT file beside the recording"),
        ("1\n00:00:00,000 --> 00:00:01,000\nTo be continued\n", None, "1 texts, none with a"),
        (written().replace("gb_", "x_"), None, r"clip.SRT: .* no gimbal angles; .* `flight`"),
        (written().replace("gb_", "x_"), {"yaw": 0, "pitch": -90}, None),
        (written().replace("rel_alt", "altitude"), None, "no height above its take-off"),
        (written().replace("focal_len", "f"), None, "no focal length; state fov"),
        (written().replace("24.00", "2.40"), None, "no focal length; state fov"),
        (written().replace("24.00", "24"), None, None),
        (written(), {"terrain_m": 60}, "terrain_m is 60; state it above the take-off point"),
        (written() + written(), None, r"goes back from 1.9 s to 0.0 s, as if two flights"),
        (written(speed=400), None, "its telemetry leaps as no drone can fly"),
        (written(0.9, every=0.3), None, None),
        (written(3.9), None, None),
    ],
)
def test_what_keeps_it_off_the_map_is_said_once(
    make_video: MakeVideo, read_all: ReadAll, text: str | None, flight: object, trouble: str | None
) -> None:
    path = make_video()
    if text is not None:
        path.with_suffix(".SRT").write_text(text, "utf-8")
    frames, source = read_all(path, analyse_fps=10, type="drone", flight=flight)
    assert len(frames) == 20
    if trouble is None:
        assert source.trouble is None
    else:
        assert {f.pose for f in frames} == {None}
        assert re.search(trouble, source.trouble)


@pytest.mark.parametrize(
    ("frames", "seconds", "fits"),
    [(30, 600, False), (30, 63, False), (50, 1, False), (30, 5.2, False), (31, 1, False),
     (30, 1, True), (30, 3, True), (30, 5, True)],
)  # fmt: skip
@pytest.mark.parametrize("inside", [False, True])
def test_telemetry_that_is_not_as_long_as_its_recording_is_not_used(
    make_video: MakeVideo,
    read_all: ReadAll,
    *,
    frames: int,
    seconds: float,
    fits: bool,
    inside: bool,
) -> None:
    """The recording was cut, or its text: nobody knows which end is missing."""
    path, text = make_video(frames=frames, fps=10), written(seconds)
    if inside:
        path = with_text_inside(path, text)
    else:
        path.with_suffix(".SRT").write_text(text, "utf-8")
    seen, source = read_all(path, analyse_fps=10, type="drone")
    assert len(seen) == frames
    if fits:
        assert source.trouble is None
        assert seen[0].pose is not None
        return
    assert {f.pose for f in seen} == {None}
    assert re.search(
        rf"{path.stem}.*its telemetry ends after {seconds:.1f} s, but the recording after"
        rf" {frames / 10:.1f} s: .* copy both from the drone again",
        source.trouble,
    )


def test_a_recording_that_promises_no_length_is_not_compared(
    make_video: MakeVideo, read_all: ReadAll
) -> None:
    path = make_video("clip.ts")
    with av.open(path) as container, av.open(path.with_name("raw.h264"), "w") as raw:
        stream = raw.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(container.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                raw.mux(packet)
    path.with_name("raw.SRT").write_text(written(60), "utf-8")
    frames, source = read_all(path.with_name("raw.h264"), analyse_fps=10, type="drone")
    assert source.trouble is None
    assert frames[0].pose is not None


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(
    ("most", "value", "why"),
    [("_MOST", 19, "has more than 19 texts"), ("_LARGEST", 3000, "is larger than 0 MiB")],
)
def test_more_text_than_any_flight_has_is_not_read(
    make_video: MakeVideo,
    read_all: ReadAll,
    monkeypatch: pytest.MonkeyPatch,
    *,
    most: str,
    value: int,
    why: str,
    inside: bool,
) -> None:
    monkeypatch.setattr(srt_module, most, value)
    path = make_video()
    if inside:
        path = with_text_inside(path, written())
    else:
        path.with_suffix(".SRT").write_text(written(), "utf-8")
    frames, source = read_all(path, analyse_fps=10, type="drone")
    assert {f.pose for f in frames} == {None}
    assert f"its telemetry {why}; cut the recording into shorter ones" in source.trouble


@pytest.mark.parametrize("inside", [False, True])
def test_whoever_is_stopped_reads_no_further(
    make_video: MakeVideo, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    path = make_video()
    if inside:
        path = with_text_inside(path, written())
    else:
        path.with_suffix(".SRT").write_text(written(), "utf-8")
    stop, told = Event(), []

    def parse(text: str, at: float) -> None:
        told.append(at)
        if len(told) == 3:
            stop.set()

    monkeypatch.setattr(srt_module, "parse_text", parse)
    camera = Camera(id="cam", source=str(path), type="drone", flight={"fov": 70})
    assert read_track(camera, parse_address(camera.source), 2.0, stop) == (None, None)
    assert len(told) <= 4, "the text at hand may still be told"
