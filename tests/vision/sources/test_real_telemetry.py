"""What real drones wrote: for each file what is right, read off the file by eye.

Of a text the numbers are as it has them; `gps_order` and the like are what a site would state. What
`altitude` of a Mavic 2 or Air 2S counts from is not told, so it is no height above take-off.
"""

from __future__ import annotations

import shutil
from math import isnan, nan
from pathlib import Path
from threading import Event
from typing import NamedTuple

import pytest

from vision.audit.exif import read_exif
from vision.site import Camera
from vision.site.flight import Flight
from vision.sources.address import parse_address
from vision.sources.flown import read_track
from vision.sources.srt import parse_srt
from vision.sources.telemetry import Sample, Track, pose_of
from vision.sources.xmp import read_xmp


class Told(NamedTuple):
    """What one text tells, in order: seconds, longitude, latitude, height, yaw, pitch, roll."""

    at: float
    lon: float
    lat: float
    height: float = nan
    yaw: float = nan
    pitch: float = nan
    roll: float = nan


class Right(NamedTuple):
    """Of a file: its texts with telemetry, the first and the last, and why it has no track."""

    count: int
    first: Told | None
    last: Told | None
    why: str


NO_HEIGHT = "has no height above its take-off point"
NO_ANGLES = "has no gimbal angles"
NO_ORDER = "the longitude or the latitude first, as models differ; state gps_order"
NO_TIMES = "is no subtitles, as no text in it has a time"
RIGHT = {
    "iragnis__1.srt": Right(
        214, Told(0, 77.534032, 12.942753), Told(201.794, 77.533447, 12.941171), NO_HEIGHT
    ),
    "iragnis__DJI_0001.srt": Right(
        390, Told(0, 77.415549, 12.809886), Told(38.952, 77.415532, 12.809893), NO_HEIGHT
    ),
    "m4_or_m3_gimbal_quoted_in_test.srt": Right(  # 54 m in 33 ms
        2,
        Told(0, 73.592544, 39.4808, 1162.281, 178.1, -56.6, 0.0),
        Told(0.033, 73.5929, 39.4812, 1162.3, 178.2, -56.5, 0.1),
        "leaps as no drone can fly",
    ),
    "parser__MAVIC3.srt": Right(  # below its take-off point all the time; the last text is cut
        414,
        Told(0, -3.3744, 3.41531, -2.4),
        Told(8.26, -3.3744, 3.41531, -2.4),
        "has no height above the ground that it looks at",
    ),
    "parser__air2s.srt": Right(
        17, Told(0, 2.234156, 41.424724), Told(0.533, 2.234102, 41.42473), NO_HEIGHT
    ),
    "parser__broken_empty.SRT": Right(0, None, None, "is empty (0 bytes)"),
    "parser__broken_empty2.SRT": Right(0, None, None, NO_TIMES),
    "parser__broken_incomplete.SRT": Right(  # its twentieth text ends before the position
        19, Told(1, -58.4563, -34.7383, 20.1), Told(19, -58.4563, -34.7383, 7.7), NO_ORDER
    ),
    "parser__broken_incomplete2.SRT": Right(  # texts 3 and 6 are cut, in the latitude and after it
        6, Told(0, -57.823395, -34.86995), Told(0.2, nan, -34.869941), NO_HEIGHT
    ),
    "parser__m2zoom.SRT": Right(
        406, Told(0, 74.398751, 31.452012), Told(6.756, 74.398749, 31.452011), NO_HEIGHT
    ),
    "parser__mavic_2_style.SRT": Right(0, None, None, NO_TIMES),  # only the drone's own clock
    "parser__mavic_2pro_new.SRT": Right(
        436, Told(0, -60.286702, -35.080155), Told(20.08, -60.28627, -35.081304), NO_HEIGHT
    ),
    "parser__mavic_air.SRT": Right(0, None, None, "has 2 texts, none with a position"),
    "parser__mavic_mini.SRT": Right(
        117, Told(0, -121.7458, 48.0771, 200.7), Told(116, -121.7476, 48.0775, 200.8), NO_ANGLES
    ),
    "parser__mavic_pro.SRT": Right(
        468, Told(1, 149.0251, -20.2533, 1.9), Told(468, 149.0251, -20.2532, 0.0), NO_ANGLES
    ),
    "parser__mix_p4rtk_mavic2pro.srt": Right(  # two drones' films, cut into one
        12,
        Told(904.904, -59.409424, -34.6502, 17.39, -76.0, -27.3, 0.0),
        Told(910.242, -59.409483, -34.65118),
        "has no focal length; state fov",
    ),
    "parser__old_format.SRT": Right(
        468, Told(1, 149.0251, -20.2533, 1.9), Told(468, 149.0251, -20.2532, 0.0), NO_ANGLES
    ),
    "parser__p4p_sample.SRT": Right(
        5, Told(0, 8.209, 47.4692, 45.6), Told(4, 8.209, 47.4692, 45.6), NO_ANGLES
    ),
    "viewer__sample1.SRT": Right(  # two films; the last text is cut
        787,
        Told(1, 174.8943, -38.4271, 0.0),
        Told(241, 174.8945, -38.4272, 12.1),
        "goes back from 546.0 s to 1.0 s, as if two flights were in one file",
    ),
    "viewer__sample3.SRT": Right(
        546, Told(1, -1.0556, 42.0258, 0.0), Told(546, -1.0553, 42.0256, 48.8), NO_ORDER
    ),
}


def test_every_file_is_in_the_table(shared_data: Path) -> None:
    assert {path.name for path in (shared_data / "drone_srt").iterdir()} == set(RIGHT)


def told(sample: Sample) -> Told:
    angles = sample.yaw, sample.pitch, sample.roll
    return Told(sample.at, sample.lon, sample.lat, sample.height_m, *angles)


def same(one: Told, other: Told) -> bool:
    return all(a == b or (isnan(a) and isnan(b)) for a, b in zip(one, other, strict=True))


def track(file: Path, folder: Path, **flight: object) -> tuple[Track | None, str | None]:
    """Of a file that lies beside a recording."""
    shutil.copy(file, folder / "clip.SRT")
    camera = Camera(id="cam", source=str(folder / "clip.mp4"), type="drone", flight=flight or None)
    return read_track(camera, parse_address(camera.source), 0.0, Event())


@pytest.mark.parametrize("name", RIGHT)
def test_each_file_is_read_or_refused_with_the_right_reason(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    file, right = shared_data / "drone_srt" / name, RIGHT[name]
    with file.open(encoding="utf-8-sig") as lines:
        samples = list(parse_srt(lines))
    assert len(samples) == right.count
    if right.first and right.last:
        assert same(told(samples[0]), right.first)
        assert same(told(samples[-1]), right.last)
    found, why = track(file, tmp_path)
    assert found is None
    assert why is not None
    assert why.startswith(f"{tmp_path / 'clip.SRT'}: nothing can be put on the map: its telemetry ")
    assert right.why in why


DOWN = {"fov": 70, "yaw": 0, "pitch": -90, "terrain_m": -5}


@pytest.mark.parametrize(
    ("name", "flight", "count", "at", "lon", "lat", "height", "yaw"),
    [
        ("parser__mavic_pro.SRT", DOWN, 468, 468, 149.0251, -20.2532, 0.0, 0),
        ("parser__old_format.SRT", DOWN, 468, 1, 149.0251, -20.2533, 1.9, 0),
        ("viewer__sample3.SRT", DOWN | {"gps_order": "lon_lat"}, 546, 1, -1.0556, 42.0258, 0.0, 0),
        ("parser__mavic_mini.SRT", DOWN, 117, 0, -121.7458, 48.0771, 200.7, 0),
        ("parser__p4p_sample.SRT", DOWN, 5, 4, 8.209, 47.4692, 45.6, 0),
        ("parser__MAVIC3.srt", DOWN, 414, 0, -3.3744, 3.41531, -2.4, 0),
        ("parser__mix_p4rtk_mavic2pro.srt", {"fov": 70}, 6, 904.904, -59.409424, -34.6502, 17.39,
         -76),
    ],
)  # fmt: skip
def test_with_what_the_site_adds_there_is_a_track(
    shared_data: Path, tmp_path: Path, *, name: str, flight: dict[str, object], count: int,
    at: float, lon: float, lat: float, height: float, yaw: float,
) -> None:  # fmt: skip
    found, why = track(shared_data / "drone_srt" / name, tmp_path, **flight)
    assert why is None
    assert found is not None
    assert len(found) == count
    pose = found.pose(at, 1920, 1080)
    assert pose is not None
    assert (pose.lon, pose.lat, pose.altitude_m) == pytest.approx((lon, lat, height), abs=1e-9)
    assert pose.yaw == pytest.approx(yaw)


@pytest.mark.parametrize("code", ["utf-16", "utf-16-le", "utf-16-be", "gbk", "utf-8-sig"])
def test_a_text_may_be_in_any_code(shared_data: Path, tmp_path: Path, code: str) -> None:
    file = shared_data / "drone_srt/parser__mix_p4rtk_mavic2pro.srt"
    marks = {"utf-16-le": "\ufeff", "utf-16-be": "\ufeff"}
    content = marks.get(code, "") + file.read_text("utf-8-sig")
    (tmp_path / "coded.srt").write_bytes(content.encode(code))
    found, why = track(tmp_path / "coded.srt", tmp_path, fov=70)
    assert why is None
    assert found is not None
    pose = found.pose(904.904, 1920, 1080)
    assert pose is not None
    assert (pose.lon, pose.pitch, pose.yaw) == pytest.approx((-59.409424, -27.3, -76.0))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bytes(range(256)) * 999, NO_TIMES),
        (b"\0" * 999_999, NO_TIMES),
        (b"\xff\xfe\0", NO_TIMES),
        (b"00:00:00,000 --> 00:00:01,000\n" * 99_999, "has 99999 texts, none with a position"),
    ],
    ids=["bytes", "zeros", "cut code", "times alone"],
)
def test_what_is_no_telemetry_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "it.srt").write_bytes(content)
    found, told = track(tmp_path / "it.srt", tmp_path)
    assert found is None
    assert told is not None
    assert why in told


PLACE_22 = 46 + 50 / 60 + 34.6257 / 3600, -(91 + 59 / 60 + 38.5862 / 3600)
PLACE_24 = 46 + 50 / 60 + 34.3126 / 3600, -(91 + 59 / 60 + 37.308 / 3600)
PHOTOS = {
    # Written anew by an editor: EXIF has the place, XMP nothing of DJI's.
    "agung__DJI_20251001132715_0396_D_POOR_SHARPNESS.JPG": None,
    "agung__drone-testdata-agung-1-example.jpg": None,  # neither EXIF nor XMP
    # XMP as elements, with the gimbal's pitch alone; the place is EXIF's.
    "agung__DJI_20251027143608_0008_D_LENS_CAP.JPG": (
        Told(0, 115 + 29 / 60 + 40.092 / 3600, -(8 + 14 / 60 + 30.174 / 3600), pitch=-80.0),
        24.0,
        NO_HEIGHT,
    ),
    # XMP as attributes; the place is EXIF's.
    "brighton__DJI_0022.JPG": (Told(0, *PLACE_22[::-1], 40.0, 45.3, -90.0, 0.0), 20.0, ""),
    "brighton__DJI_0024.JPG": (Told(0, *PLACE_24[::-1], 39.9, -140.0, -89.9, 0.0), 20.0, ""),
}


def test_each_photo_tells_what_it_has(shared_data: Path) -> None:
    folder = shared_data / "drone_jpeg_xmp"
    assert {path.name for path in folder.iterdir()} == set(PHOTOS)
    for name, right in PHOTOS.items():
        sample = read_xmp(folder / name)
        if right is None:
            assert sample is None, name
            continue
        assert sample is not None, name
        assert list(told(sample)) == pytest.approx(list(right[0]), abs=1e-7, nan_ok=True), name
        assert (sample.focal_mm, sample.zoom) == (right[1], 1.0), name
        assert right[2].removeprefix("has ") in (sample.lacks(Flight()) or ""), name
    poses = [read_xmp(folder / f"brighton__DJI_00{n}.JPG") for n in (22, 24)]
    assert all(pose_of(sample, Flight(), 4000, 2250) for sample in poses if sample is not None)


def test_each_photo_tells_when_and_how_high_above_the_sea(shared_data: Path) -> None:
    folder = shared_data / "drone_jpeg_xmp"
    taken = {name: read_exif(folder / name) for name in PHOTOS}
    assert [time for _, time in taken.values()] == [
        *("2025-10-01T13:27:15", "", "2025-10-27T14:36:08"),
        *("2016-06-23T16:32:27", "2016-06-23T16:32:43"),
    ]
    assert [where and where.altitude_m for where, _ in taken.values()] == [
        *(None, None, None),
        *(198.51, 198.41),
    ]
    sharp, _ = taken["agung__DJI_20251001132715_0396_D_POOR_SHARPNESS.JPG"]
    assert sharp is not None
    assert (sharp.lon, sharp.lat) == (115.48416, -8.30396)
