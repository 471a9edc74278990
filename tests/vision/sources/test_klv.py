"""MISB ST 0601: real packets, worked-out values, and whatever else comes down a wire."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isnan
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from tests.vision.flights import turn
from tests.vision.klv_writer import KEY, ber, checked, local_set
from vision.site.flight import Flight
from vision.sources.klv import local_sets, numbers, sample, timestamp
from vision.sources.sample import Sample
from vision.sources.telemetry import pose_of

# As the standard's own examples give them for these items; roll differs between the two packets.
EXAMPLE = {
    5: 159.974365, 6: -0.431531724, 7: 3.40586566, 13: 60.1768229669783, 14: 128.426759042045,
    15: 14190.7195, 16: 144.571298, 18: 160.719211474396, 19: -168.792324833941, 20: 0.0,
    21: 68590.9832987, 25: 3216.03723,
}  # fmt: skip
WHOLE = "klvdata__DynamicOnlyMISMMSPacketData.bin"
SPOILT = "klvdata__DynamicConstantMISMMSPacketData.bin"


def test_a_real_packet_has_the_values_of_the_standard(shared_data: Path) -> None:
    (items,) = local_sets((shared_data / "klv" / WHOLE).read_bytes())
    assert sorted(items) == [1, 2, 5, 6, 7, *range(13, 26), 65]
    assert numbers(items) == pytest.approx(EXAMPLE, rel=1e-8)
    taken = datetime.fromtimestamp(timestamp(items), UTC)
    assert taken == datetime(2009, 1, 12, 22, 8, 22, tzinfo=UTC)
    told = sample(items, 3.0)
    assert (told.at, told.lon, told.lat, told.fov) == (
        3.0, pytest.approx(128.426759042), pytest.approx(60.176822967), pytest.approx(144.5713),
    )  # fmt: skip
    assert told.height_m == pytest.approx(14190.7195 - 3216.0372, abs=1e-3)
    assert told.lacks(Flight()) == ""
    assert pose_of(told, Flight(), 1920, 1080) is not None


def test_a_packet_that_fails_its_checksum_is_passed_over(shared_data: Path) -> None:
    """The file says AA43; by the standard's sum of its bytes it should say 3E1E."""
    content = (shared_data / "klv" / SPOILT).read_bytes()
    assert content.endswith(bytes.fromhex("0102aa43"))
    assert list(local_sets(content)) == []
    (items,) = local_sets(content[:-2] + bytes.fromhex("3e1e"))
    assert items[3] == b"Mission 12"
    assert numbers(items) == pytest.approx(EXAMPLE | {20: 176.865437691}, rel=1e-8)


def test_sets_of_another_standard_are_passed_over(shared_data: Path) -> None:
    assert list(local_sets((shared_data / "klv/jmisb__0903.bin").read_bytes())) == []


NORTH = {5: 0.0, 6: 0.0, 7: 0.0, 13: 31.0, 14: 113.0, 15: 150.0, 16: 60.0, 18: 0.0, 19: -90.0,
         20: 0.0, 25: 50.0}  # fmt: skip


def told(**changed: float | bytes | None) -> object:
    items = NORTH | {int(name[1:]): value for name, value in changed.items()}
    (found,) = local_sets(local_set({t: v for t, v in items.items() if v is not None}))
    return sample(found, 0.0)


@pytest.mark.parametrize(
    ("changed", "yaw", "pitch", "roll"),
    [
        ({}, 0.0, -90.0, 0.0),
        ({"_5": 90.0}, 90.0, -90.0, 0.0),
        ({"_5": 350.0, "_18": 30.0, "_19": -45.0}, 20.0, -45.0, 0.0),
        ({"_5": 180.0, "_19": -30.0, "_20": 10.0}, 180.0, -30.0, 10.0),
        ({"_6": 10.0, "_19": -40.0}, 0.0, -30.0, 0.0),  # nose up
        ({"_6": b"\x80\0", "_90": -30.0, "_19": -40.0}, 0.0, -70.0, 0.0),  # beyond 20 degrees
        ({"_7": 20.0, "_19": 0.0}, 0.0, 0.0, 20.0),  # right wing down
        ({"_7": 20.0, "_18": 90.0, "_19": 0.0}, 90.0, -20.0, 0.0),  # looking along that wing
    ],
)
def test_the_camera_looks_where_platform_and_gimbal_turn_it(
    changed: dict[str, float | bytes], yaw: float, pitch: float, roll: float
) -> None:
    found = told(**changed)
    assert (found.yaw % 360, found.pitch, found.roll) == (
        pytest.approx(yaw, abs=0.01), pytest.approx(pitch, abs=0.01),
        pytest.approx(roll, abs=0.01),
    )  # fmt: skip


def test_any_attitude_is_that_of_both_turns() -> None:
    draw = np.random.default_rng(7)
    for _ in range(200):
        heading, azimuth = draw.uniform(0, 360, 2)
        pitch, roll = draw.uniform(-20, 20), draw.uniform(-50, 50)
        elevation, twist = draw.uniform(-180, 180), draw.uniform(0, 360)
        found = told(_5=heading, _6=pitch, _7=roll, _18=azimuth, _19=elevation, _20=twist)
        expected = turn(2, heading) @ turn(1, pitch) @ turn(0, roll)
        expected = expected @ turn(2, azimuth) @ turn(1, elevation) @ turn(0, twist)
        made = turn(2, found.yaw) @ turn(1, found.pitch) @ turn(0, found.roll)
        assert np.abs(made - expected).max() < 2e-4, "as items are rounded"


@pytest.mark.parametrize(
    ("changed", "height"),
    [
        ({}, 100.0),
        ({"_25": None, "_21": 200.0, "_19": -30.0}, 100.0),  # by slant range
        ({"_25": None}, None),
        ({"_15": None}, None),
    ],
)
def test_the_height_is_above_the_ground_looked_at(
    changed: dict[str, float | None], height: float | None
) -> None:
    found = told(**changed)
    assert isnan(found.height_m) if height is None else abs(found.height_m - height) < 0.5
    assert ("no height" in found.lacks(Flight())) == (height is None)


@pytest.mark.parametrize(
    ("changed", "lacks"),
    [
        ({"_13": None}, "no position"),
        ({"_13": b"\x80\0\0\0"}, "no position"),
        ({"_5": None}, "no gimbal angles"),
        ({"_19": None}, "no gimbal angles"),
        ({"_6": b"\x80\0"}, "no gimbal angles"),
        ({"_6": b"\0"}, "no gimbal angles"),
        ({"_16": None}, "no focal length"),
        ({"_20": None}, ""),
        ({"_300": b"of a later version"}, ""),
    ],
)
def test_what_is_missing_is_missing(changed: dict[str, bytes | None], lacks: str) -> None:
    found = told(**changed).lacks(Flight())
    assert lacks in found if lacks else found == ""


def test_sets_are_found_wherever_they_stand() -> None:
    one, two = local_set(NORTH, 1.0), local_set(NORTH, 2.0)
    header = bytes([0, 5, 0xDF]) + len(one).to_bytes(2)
    content = header + one + b"\xff" * 9 + two + KEY + b"\x82"
    assert [timestamp(items) for items in local_sets(content)] == [1.0, 2.0]


GOOD = local_set(NORTH, 1.0)


@pytest.mark.parametrize(
    "content",
    [
        b"", KEY, KEY + b"\x80", KEY + b"\x84\xff\xff\xff\xff", KEY + b"\x88" + b"\xff" * 8,
        GOOD[:-1], GOOD[:-3], GOOD[:40], GOOD[:-1] + bytes([GOOD[-1] ^ 1]),
        GOOD.replace(b"\x0d\x04", b"\x0e\x04"),
        checked(KEY + ber(4))[:-4], KEY + ber(9) + b"\x0d\x04\0\0\0\0\x01\x02\0",
    ],
)  # fmt: skip
def test_what_is_cut_spoilt_or_absurd_is_passed_over(content: bytes) -> None:
    assert list(local_sets(content)) == []
    assert [timestamp(items) for items in local_sets(content + GOOD)] == [1.0]


@pytest.mark.parametrize("inside", [b"\x0d", b"\x0d\x84", b"\xff" * 30, b"\x0d\x7f\0"])
def test_an_item_that_leaves_its_set_ends_it(inside: bytes) -> None:
    """The set is whole, by its checksum; what it holds is not."""
    content = b"\x10\x02\x55\x55" + inside
    (items,) = local_sets(checked(KEY + ber(len(content) + 4) + content))
    assert items[16] == b"\x55\x55"
    assert isnan(sample(items, 0.0).lat)


def test_noise_is_no_telemetry() -> None:
    draw = np.random.default_rng(3)
    for _ in range(300):
        spoilt = bytearray(GOOD)
        for at in draw.integers(0, len(GOOD), 3):
            spoilt[at] ^= int(draw.integers(1, 256))
        for items in local_sets(bytes(spoilt)):
            assert isinstance(sample(items, 0.0), Sample)  # whatever it says, nothing is raised


@pytest.mark.parametrize(
    "unit", [KEY, KEY + b"\x82\x3f\xff", KEY + b"\x82\x3f\xff\x01\x02", GOOD[:-1], b"\xff"]
)
def test_megabytes_of_beginnings_are_read_in_no_time(unit: bytes) -> None:
    began = process_time()
    assert list(local_sets(unit * ((2 << 20) // len(unit)))) == []
    assert process_time() - began < 3
