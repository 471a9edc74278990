"""A surveying drone's recording, with its telemetry as MISB metadata inside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.vision.klv_writer import Sent, local_set, write_stream
from vision.geo import LocalPlane
from vision.sources import klv_stream

PLANE = LocalPlane(113.38, 31.71)
SPEED = 5.0
EPOCH = 1_780_000_000.0


def flown(at: float, **changed: float | bytes | None) -> dict[int, float | bytes]:
    """East at five metres a second, 100 m above the ground, looking ahead and down."""
    lon, lat = PLANE.degrees(SPEED * at, 0)
    items: dict[int, float | bytes | None] = {
        5: 90.0, 6: 2.0, 7: 0.0, 13: lat, 14: lon, 15: 180.0, 16: 63.0, 18: 0.0, 19: -62.0,
        20: 0.0, 25: 80.0,
    }  # fmt: skip
    items |= {int(name[1:]): value for name, value in changed.items()}
    return {tag: value for tag, value in items.items() if value is not None}


def sets(
    seconds: float = 2.0, late: Callable[[int], float] = lambda _: 0.0, **changed: object
) -> list[Sent]:
    """Ten a second, each sent so many seconds after its own moment."""
    times = np.arange(0, seconds, 0.1).tolist()
    return [
        Sent(at + late(n), local_set(flown(at, **changed), EPOCH + at))
        for n, at in enumerate(times)
    ]


def east(frame) -> float:
    return PLANE.metres(frame.pose.lon, frame.pose.lat)[0]


@pytest.mark.parametrize("carriage", ["synchronous", "asynchronous with times", "asynchronous"])
def test_each_frame_has_the_pose_of_its_moment(
    tmp_path: Path, read_all: Callable, carriage: str
) -> None:
    path = write_stream(tmp_path / "flight.ts", sets(), carriage=carriage)
    frames, source = read_all(path, analyse_fps=10, type="drone", image_size=80)
    assert source.trouble is None
    assert len(frames) == 20
    for n, frame in enumerate(frames):
        assert east(frame) == pytest.approx(SPEED * n / 10, abs=0.05)
        assert frame.pose.altitude_m == pytest.approx(100, abs=0.5)
        assert (frame.pose.yaw, frame.pose.pitch) == pytest.approx((90, -60), abs=0.01)
        assert frame.pose.fov == pytest.approx(63, abs=0.01)
    ground = frames[0].pose.position(0.5, 0.5)
    assert PLANE.metres(ground.lon, ground.lat)[0] == pytest.approx(
        100 / np.tan(np.radians(60)), abs=1
    )


def test_sets_without_times_are_put_where_their_own_clock_says(
    tmp_path: Path, read_all: Callable
) -> None:
    """Some are sent up to 0.4 s late, out of step with what they tell."""
    late = (0.0, 0.0, 0.4, 0.0, 0.0, 0.3, 0.1)
    path = write_stream(
        tmp_path / "flight.ts", sets(late=lambda n: late[n % 7]), carriage="asynchronous"
    )
    frames, source = read_all(path, analyse_fps=10, type="drone")
    assert source.trouble is None
    for n, frame in enumerate(frames):
        assert east(frame) == pytest.approx(SPEED * n / 10, abs=0.05)


def test_sets_without_a_clock_stay_where_they_are_sent(tmp_path: Path, read_all: Callable) -> None:
    sent = [Sent(at, local_set(flown(at))) for at in np.arange(0, 2, 0.1).tolist()]
    path = write_stream(tmp_path / "flight.ts", sent, carriage="asynchronous")
    frames, source = read_all(path, analyse_fps=10, type="drone")
    assert source.trouble is None
    assert [east(f) for f in frames] == pytest.approx([0.5 * n for n in range(20)], abs=0.05)


def spoilt(sent: list[Sent]) -> list[Sent]:
    return [Sent(at, content[:-1] + bytes([content[-1] ^ 1])) for at, content in sent]


@pytest.mark.parametrize(
    ("sent", "flight", "trouble"),
    [
        ([], None, "it is empty"),
        (spoilt(sets()), None, "without one whole set of ST 0601"),
        ([Sent(0.5, b"no sets at all" * 9)], None, "without one whole set of ST 0601"),
        (sets(_25=None), None, "no height"),
        (sets(_16=None), None, "no focal length; state fov"),
        (sets(_16=None), {"fov": 63}, None),
        (sets(0.5), None, "one of them was cut"),
        (spoilt(sets())[::2] + sets()[1::2], None, None),
    ],
)
def test_what_keeps_it_off_the_map_is_said(
    tmp_path: Path, read_all: Callable, sent: list[Sent], flight: object, trouble: str | None
) -> None:
    path = write_stream(tmp_path / "flight.ts", sent, frames=30 if len(sent) == 5 else 20)
    frames, source = read_all(path, analyse_fps=10, type="drone", flight=flight)
    assert len(frames) >= 20
    if trouble is None:
        assert source.trouble is None
        assert all(frame.pose is not None for frame in frames)
    else:
        assert {frame.pose for frame in frames} == {None}
        assert trouble in source.trouble


def test_more_sets_than_any_flight_has_are_not_read(
    tmp_path: Path, read_all: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(klv_stream, "_MOST", 9)
    path = write_stream(tmp_path / "flight.ts", sets())
    frames, source = read_all(path, analyse_fps=10, type="drone")
    assert len(frames) == 20
    assert "has more than 9 sets; cut the recording" in source.trouble


def test_of_a_camera_that_is_no_drone_nothing_is_read(tmp_path: Path, read_all: Callable) -> None:
    frames, source = read_all(write_stream(tmp_path / "flight.ts", sets()), analyse_fps=10)
    assert {frame.pose for frame in frames} == {None}
    assert source.trouble is None
