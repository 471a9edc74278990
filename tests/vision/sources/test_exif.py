"""When and where photos were taken, as phones and cameras write it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from vision.audit.exif import read_exif
from vision.sources.exif import place
from vision.sources.picture import taken_at

EXIF, GPS = 0x8769, 0x8825
ORIGINAL, OFFSET = 0x9003, 0x9011
SIDE_N, LAT, SIDE_E, LON, BELOW, ALTITUDE, CLOCK, REF, HEADING, DATE, ERROR = (
    *(1, 2, 3, 4, 5, 6, 7, 16, 17, 29, 31),
)
HERE = {SIDE_N: "N", LAT: (31.0, 12.0, 36.0), SIDE_E: "E", LON: (121.0, 30.0, 0.0)}


def photo(folder: Path, exif: dict[int, object], gps: dict[int, object]) -> Path:
    made = Image.Exif()
    made.get_ifd(EXIF).update(exif)
    made.get_ifd(GPS).update(gps)
    Image.new("RGB", (8, 8)).save(folder / "a.jpg", exif=made)
    return folder / "a.jpg"


def satellites(text: str) -> dict[int, object]:
    date, clock = text.split()
    return {DATE: date, CLOCK: tuple(float(part) for part in clock.split(":"))}


@pytest.mark.parametrize(
    ("exif", "gps", "taken"),
    [
        ({ORIGINAL: "2026:03:01 08:30:00"}, {}, "2026-03-01T08:30:00"),
        ({ORIGINAL: "2026:03:01 08:30:00", OFFSET: "+08:00"}, {}, "2026-03-01T08:30:00+08:00"),
        ({ORIGINAL: "2026:03:01 08:30:00", OFFSET: "-03:30"}, {}, "2026-03-01T08:30:00-03:30"),
        ({ORIGINAL: "2026:03:01 08:30:00", OFFSET: "   :  "}, {}, "2026-03-01T08:30:00"),
        ({ORIGINAL: "2026:03:01 08:30:00"}, satellites("2026:03:01 00:29:41"),
         "2026-03-01T08:30:00+08:00"),
        ({ORIGINAL: "2026:03:01 08:30:00"}, satellites("2026:03:01 02:45:00"),
         "2026-03-01T08:30:00+05:45"),
        ({ORIGINAL: "2026:03:01 02:30:00"}, satellites("2026:02:28 18:30:01"),
         "2026-03-01T02:30:00+08:00"),
        ({ORIGINAL: "2026:03:01 08:30:00", OFFSET: "+09:00"}, satellites("2026:03:01 00:30:00"),
         "2026-03-01T08:30:00+09:00"),
        ({ORIGINAL: "2026:03:01 08:30:00"}, satellites("2026:03:01 00:24:00"),
         "2026-03-01T08:30:00"),  # an old fix
        ({ORIGINAL: "2020:01:01 00:00:00"}, satellites("2026:03:01 00:30:00"),
         "2020-01-01T00:00:00"),  # a clock that was never set
        ({ORIGINAL: "0000:00:00 00:00:00"}, satellites("2026:03:01 00:30:00"),
         "2026-03-01T00:30:00+00:00"),
        ({}, satellites("1980:01:06 00:00:00"), ""),
        ({ORIGINAL: "2026:13:01 08:30:00"}, {}, ""),
        ({ORIGINAL: "yesterday"}, {DATE: "today", CLOCK: (25.0, 0.0, 0.0)}, ""),
        ({}, {}, ""),
    ],
)  # fmt: skip
def test_a_time_has_the_zone_that_the_photo_tells(
    tmp_path: Path, exif: dict[int, object], gps: dict[int, object], taken: str
) -> None:
    path = photo(tmp_path, exif, gps)
    assert read_exif(path)[1] == taken
    if taken:
        told = datetime.fromisoformat(taken)
        assert taken_at(path) == (told if told.tzinfo else told.replace(tzinfo=UTC))


def test_a_place_has_its_height_and_heading(tmp_path: Path) -> None:
    more = {BELOW: b"\x00", ALTITUDE: IFDRational(1234, 100), REF: "T", HEADING: 271.5, ERROR: 4.75}
    where, _ = read_exif(photo(tmp_path, {}, HERE | more))
    assert where is not None
    assert (where.lon, where.lat) == (121.5, 31.21)
    assert (where.altitude_m, where.heading, where.accuracy_m) == (12.34, 271.5, 4.75)
    where, _ = read_exif(photo(tmp_path, {}, HERE | {BELOW: b"\x01", ALTITUDE: 3.0}))
    assert where is not None
    assert (where.altitude_m, where.heading, where.accuracy_m) == (-3.0, None, None)


@pytest.mark.parametrize("wrong", [IFDRational(0, 0), IFDRational(-1, 1), "north"])
def test_numbers_that_are_none_are_left_out(tmp_path: Path, wrong: object) -> None:
    more = {HEADING: wrong, ERROR: wrong}
    with Image.open(photo(tmp_path, {}, HERE)) as image:
        exif = image.getexif()
    exif.get_ifd(GPS).update(more)
    where = place(exif)
    assert where is not None
    assert (where.heading, where.accuracy_m) == (None, None)


@pytest.mark.parametrize(
    "gps",
    [
        HERE | {LAT: (0.0, 0.0, 0.0), LON: (0.0, 0.0, 0.0)},
        HERE | {LAT: (91.0, 0.0, 0.0)},
        HERE | {LON: (IFDRational(0, 0), 0.0, 0.0)},
        {SIDE_N: "N", LAT: (31.0, 12.0, 36.0)},
    ],
)
def test_a_place_that_is_none_is_none(tmp_path: Path, gps: dict[int, object]) -> None:
    assert read_exif(photo(tmp_path, {}, gps))[0] is None
