"""The texts of several generations of drones, whole and broken."""

from __future__ import annotations

from math import isnan
from time import process_time

import pytest

from vision.site.flight import Flight
from vision.sources.srt import parse_srt
from vision.sources.srt_text import in_order
from vision.sources.telemetry import Sample

MAVIC_3_ENTERPRISE = """\
1
00:00:00,000 --> 00:00:00,033
<font size="28">FrameCnt: 1, DiffTime: 33ms
2026-05-31 19:04:26.691
[focal_len: 40.00] [dzoom_ratio: 2.00], [latitude: -37.920295] [longitude: 176.456417] \
[rel_alt: 62.370 abs_alt: 227.373] [gb_yaw: -142.5 gb_pitch: -28.7 gb_roll: 0.5] </font>

2
00:00:00,033 --> 00:00:00,066
<font size="28">FrameCnt: 2, DiffTime: 33ms
2026-05-31 19:04:26.724
[focal_len: 40.00] [dzoom_ratio: 2.00], [latitude: -37.920296] [longitude: 176.456418] \
[rel_alt: 62.400 abs_alt: 227.403] [gb_yaw: -142.4 gb_pitch: -28.7 gb_roll: 0.5] </font>

"""
MINI_3_PRO = """\
1
00:00:00,000 --> 00:00:00,016
<font size="28">SrtCnt : 1, DiffTime : 16ms
2026-01-18 10:23:26.397
[iso : 150] [shutter : 1/5000.0] [fnum : 170] [ev : 0] [ct : 5023] [color_md : default] \
[focal_len : 240] [dzoom_ratio: 10000, delta:0],[latitude: 31.722455] [longitude: 113.602414] \
[rel_alt: 30.300 abs_alt: 112.860] </font>

"""
MAVIC_2 = """\
1
00:00:00,000 --> 00:00:00,033
<font size="36">FrameCnt : 1, DiffTime : 33ms
2026-07-10 19:59:42,210,511
[iso : 110] [shutter : 1/200.0] [fnum : 280] [ev : 0.7] [ct : 5064] [color_md : default] \
[focal_len : 240] [latitude: 31.891878] [longtitude: 113.703095] [altitude: 151.773998] \
[Drone: Yaw:-62.1, Pitch:2.7, Roll:1.6] </font>

"""
PHANTOM_4_RTK = """\
36
00:00:35,000 --> 00:00:36,000
F/6.3, SS 60, ISO 100, EV 0, RTK (120.083799, 30.213635, 28), HOME (120.084146, 30.214243, \
103.55m), D 75.36m, H 76.19m, H.S 0.30m/s, V.S 0.00m/s, F.PRY (-5.3°, 2.1°, 28.3°), \
G.PRY (-40.0°, 0.5°, 28.2°)

"""
MINI_2 = """\
1
00:00:00,000 --> 00:00:01,000
F/2.8, SS 206.14, ISO 150, EV 0, DZOOM 1.5, GPS (113.6669, 31.7716, 10), D 2.80m, H 12.00m, \
H.S 0.00m/s, V.S 0.00m/s

"""
MATRICE_300 = """\
1
00:00:00,000 --> 00:00:01,000
2022.06.21 16:06:17
GPS(36.6146,-6.1120,0.0M) BAROMETER:0.3M

"""


def samples(text: str) -> list[Sample]:
    return list(parse_srt(text.splitlines(keepends=True)))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (MAVIC_3_ENTERPRISE[: MAVIC_3_ENTERPRISE.index("\n2\n")],
         Sample(lon=176.456417, lat=-37.920295, height_m=62.37, yaw=-142.5, pitch=-28.7, roll=0.5,
                focal_mm=40.0, zoom=2.0)),
        (MINI_3_PRO, Sample(lon=113.602414, lat=31.722455, height_m=30.3, focal_mm=24.0)),
        (MAVIC_2, Sample(lon=113.703095, lat=31.891878, focal_mm=24.0)),
        (PHANTOM_4_RTK, Sample(at=35.0, lon=120.083799, lat=30.213635, height_m=76.19, yaw=28.2,
                               pitch=-40.0, roll=0.5)),
        (MINI_2, Sample(lon=113.6669, lat=31.7716, digits=4, height_m=12.0, zoom=1.5)),
    ],
    ids=["Mavic 3E", "Mini 3 Pro", "Mavic 2", "Phantom 4 RTK", "Mini 2"],
)  # fmt: skip
def test_each_generation_is_understood(text: str, told: Sample) -> None:
    assert samples(text) == [told]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("focal_len: 240] [dzoom_ratio: 10000", (24.0, 1.0)),
        ("focal_len: 127] [dzoom_ratio: 20000", (12.7, 2.0)),
        ("focal_len: 24.00] [dzoom_ratio: 2.00", (24.0, 2.0)),
        ("focal_len: 24] [dzoom_ratio: 1", (24.0, 1.0)),
        ("focal_len: 70] [dzoom_ratio: 2", (70.0, 2.0)),
        ("focal_len: 2.4] [dzoom_ratio: 1.00", (2.4, 1.0)),
    ],
)
def test_a_focal_length_is_read_in_parts_only_where_a_lens_comes_of_it(
    written: str, meant: tuple[float, float]
) -> None:
    text = MAVIC_3_ENTERPRISE.replace("focal_len: 40.00] [dzoom_ratio: 2.00", written)
    assert [(s.focal_mm, s.zoom) for s in samples(text)] == [meant] * 2


OLD = """\
1
00:00:01,000 --> 00:00:02,000
HOME({0},{1}) 2017.08.05 14:11:51
GPS({0},{1},16) BAROMETER:1.9
ISO:100 Shutter:60 EV: Fnum:2.2

"""


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        (OLD.format("149.0251", "-20.2533"), None, (149.0251, -20.2533)),
        (OLD.format("-20.2533", "149.0251"), None, (149.0251, -20.2533)),
        (OLD.format("-20.2533", "149.0251"), "lon_lat", (149.0251, -20.2533)),
        (OLD.format("89.9", "10.1") + OLD.format("90.1", "10.1"), None, (89.9, 10.1)),
        (OLD.format("8.2", "47.4"), "lon_lat", (8.2, 47.4)),
        (MATRICE_300, "lat_lon", (-6.112, 36.6146)),
        (MATRICE_300, None, None),
        (OLD.format("8.2", "47.4"), None, None),
        (OLD.format("100.1", "47.4") + OLD.format("47.4", "100.1"), "lon_lat", None),
        (PHANTOM_4_RTK, "lat_lon", (120.083799, 30.213635)),
    ],
)
def test_of_two_numbers_the_longitude_is_known_by_its_size_or_from_the_site(
    text: str, said: str | None, place: tuple[float, float] | None
) -> None:
    first = in_order(samples(text), said)[0]
    assert first.unordered == (place is None)
    if place is None:
        assert "state gps_order" in first.lacks(Flight())
    else:
        assert (first.lon, first.lat) == place


@pytest.mark.parametrize("sign", ["°", "\ufffd", "\ufffd\ufffd", "Â°", ""])
def test_the_sign_of_degrees_may_be_in_any_code(sign: str) -> None:
    assert samples(PHANTOM_4_RTK.replace("°", sign)) == samples(PHANTOM_4_RTK)


@pytest.mark.parametrize("text", [MAVIC_3_ENTERPRISE, MAVIC_2, PHANTOM_4_RTK, MINI_2, MATRICE_300])
def test_a_text_that_is_cut_tells_no_number_that_is_cut(text: str) -> None:
    whole = samples(text)[0]
    names = ("lon", "lat", "height_m", "yaw", "pitch", "roll", "focal_mm")
    for end in range(len(text[: text.index("\n\n")])):
        for sample in samples(text[:end]):
            for name in names:
                told = getattr(sample, name)
                assert isnan(told) or told == getattr(whole, name), (end, name)


def test_a_text_begins_when_it_is_shown() -> None:
    later = MAVIC_3_ENTERPRISE.replace("00:00:00,0", "01:02:03.5")
    assert [s.at for s in samples(later)] == [3723.5, 3723.533]


@pytest.mark.parametrize(
    "change", [("\n", "\r\n"), ("\n\n", "\n"), (" --> ", "-->"), (": ", " : ")]
)
def test_line_ends_and_spaces_change_nothing(change: tuple[str, str]) -> None:
    assert samples(MAVIC_3_ENTERPRISE.replace(*change)) == samples(MAVIC_3_ENTERPRISE)


@pytest.mark.parametrize(
    ("broken", "left"),
    [
        (MAVIC_3_ENTERPRISE.replace("00:00:00,000 -->", "00:00:00 ->"), [0.033]),
        (MAVIC_3_ENTERPRISE[:500].rstrip("]"), [0.0, 0.033]),
        ("no subtitles at all\n", []),
        ("", []),
        (MAVIC_3_ENTERPRISE.replace("-37.920295", "").replace("176.456417", "n/a"), [0.0, 0.033]),
    ],
)
def test_a_broken_cue_costs_itself_alone(broken: str, left: list[float]) -> None:
    assert [s.at for s in samples(broken)] == left


def test_a_field_without_a_number_is_none() -> None:
    first, second = samples(MAVIC_3_ENTERPRISE.replace("-37.920295", "").replace("62.370", "nan"))
    assert isnan(first.lat)
    assert isnan(first.height_m)
    assert second.lat == -37.920296


@pytest.mark.parametrize(
    "line",
    [
        "[" * 1_000_000,
        "latitude: " * 100_000,
        "F/2.8, " * 150_000,
        "F/1," * 250_000,
        "9" * 1_000_000,
        "\0" * 500_000,
    ],
    ids=["brackets", "names", "compact", "apertures", "digits", "zeros"],
)
def test_endless_lines_are_not_looked_at_whole(line: str) -> None:
    """A search that is quadratic would not come back from them."""
    told = samples(f"1\n00:00:00,000 --> 00:00:00,033\n{line}\n\n{MAVIC_3_ENTERPRISE}")
    assert [s.at for s in told][-2:] == [0.0, 0.033]


def test_many_texts_of_nothing_are_read_in_no_time() -> None:
    """Three megabytes: each text is full of what begins like a compact one."""
    text = "00:00:00,000 --> 00:00:00,033\n" + "F/1,\n" * 820
    began = process_time()
    assert list(parse_srt((text * 800).splitlines(keepends=True))) == []
    assert process_time() - began < 3


def test_what_stands_beyond_the_length_of_a_text_is_not_looked_at() -> None:
    compact = PHANTOM_4_RTK.replace("F/6.3", "x" * 500 + " F/6.3")
    assert samples(PHANTOM_4_RTK.replace("F/6.3", "x" * 100 + " F/6.3")) == samples(PHANTOM_4_RTK)
    assert samples(compact) == []
    assert samples(MAVIC_3_ENTERPRISE.replace("[focal", "x\n" * 2100 + "[focal")) == []
