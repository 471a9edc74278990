"""A drone's recording and the telemetry beside or inside it."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isclose
from pathlib import Path

import av
import numpy as np
import pytest

from tests.vision.flights import srt
from vision.places import LocalPlane

PLANE = LocalPlane(113.38, 31.71)
MakeVideo = Callable[..., Path]
ReadAll = Callable[..., tuple]


def written(seconds: float = 2.0, every: float = 0.1, speed: float = 5.0) -> str:
    times = np.arange(0, seconds, every).tolist()
    return srt(((t, *PLANE.degrees(speed * t, 0), 60.0, 10.0, -60.0, 0.0) for t in times),
               every=every)  # fmt: skip


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


def test_the_text_inside_a_recording_is_read_too(
    make_video: MakeVideo, read_all: ReadAll, tmp_path: Path
) -> None:
    plain = make_video(frames=20, fps=10)
    (tmp_path / "text.srt").write_text(written(), "utf-8")
    path = tmp_path / "with-text.mp4"
    with (
        av.open(plain) as video,
        av.open(tmp_path / "text.srt") as text,
        av.open(path, "w") as container,
    ):
        pictures = container.add_stream_from_template(video.streams.video[0])
        subtitles = container.add_stream("mov_text")
        subtitles.codec_context.subtitle_header = b"[Script Info]\n"
        for packet in video.demux(video.streams.video[0]):
            if packet.dts is not None:
                packet.stream = pictures
                container.mux(packet)
        for packet in text.demux():
            if packet.size:
                content = bytes(packet)
                made = av.Packet(len(content).to_bytes(2) + content)
                made.pts = made.dts = packet.pts
                made.duration, made.time_base, made.stream = (
                    packet.duration, packet.time_base, subtitles,
                )  # fmt: skip
                container.mux(made)
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
        file.truncate(201 << 20)
    frames, source = read_all(path, analyse_fps=10, type="drone")
    assert len(frames) == 20
    assert "cannot be read (it is larger than 200 MiB)" in source.trouble


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
        ("1\n00:00:00,000 --> 00:00:01,000\nTo be continued\n", None, "no telemetry of a format"),
        (written().replace("gb_", "x_"), None, r"clip.SRT: .* no gimbal angles; .* `flight`"),
        (written().replace("gb_", "x_"), {"yaw": 0, "pitch": -90}, None),
        (written().replace("rel_alt", "altitude"), None, "no height above its take-off"),
        (written().replace("focal_len", "f"), None, "no focal length; state fov"),
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
