from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.frames import Clock
from vision.sources.timeline import DueTimes, LiveClock, RecordingClock, recording_start

NOON = 1_750_000_000.0


class Wall:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("native", "looks"), [(8, 5), (25, 1), (25, 10), (30, 7), (10, 10)])
def test_looks_per_second_hold_for_any_frame_rate(native: int, looks: int) -> None:
    jitter = random.Random(7)
    due = DueTimes(looks)
    times = [n / native + jitter.uniform(-0.2, 0.2) / native for n in range(native * 60)]
    assert sum(map(due.due, times)) == pytest.approx(looks * 60, abs=2)


def test_a_source_slower_than_the_look_rate_is_seen_whole() -> None:
    due = DueTimes(5)
    assert all(due.due(n / 2) for n in range(20))


def test_due_times_survive_jumps() -> None:
    due = DueTimes(1)
    taken = [t for t in (0, 0.4, 1, 1000, 1000.4, 1001, 3, 3.4, 4) if due.due(t)]
    assert taken == [0, 1, 1000, 1001, 3, 4]


def test_live_times_follow_presentation_time_from_the_fastest_frame() -> None:
    wall = Wall()
    clock = LiveClock(wall)
    stamps = []
    for n, delay in enumerate([0.3, 0.1, 0.25, 0.1, 0.2]):
        wall.now = NOON + n + delay
        stamps.append(clock.stamp(50 + n)[0].timestamp() - NOON)
    assert stamps == pytest.approx([0.3, 1.1, 2.1, 3.1, 4.1])


@pytest.mark.parametrize("jump", [-95443.7, -30, 600, 1e6], ids=["wrap", "back", "ahead", "far"])
def test_live_times_survive_jumps_of_presentation_time(jump: float) -> None:
    wall = Wall()
    clock = LiveClock(wall)
    for n in range(20):
        wall.now = NOON + n
        captured, source = clock.stamp(n + (jump if n >= 10 else 0))
        assert captured.timestamp() == pytest.approx(wall.now)
        assert source is Clock.ARRIVAL


def test_live_times_do_not_drift_away() -> None:
    wall = Wall()
    clock = LiveClock(wall)
    for n in range(20_000):  # the camera's crystal runs 0.1 % slow
        wall.now = NOON + n * 1.001
        assert wall.now - 2.01 <= clock.stamp(n)[0].timestamp() <= wall.now


def test_missing_presentation_times_are_dated_by_arrival() -> None:
    wall = Wall()
    clock = LiveClock(wall)
    for n in range(5):
        wall.now = NOON + n
        assert clock.stamp(None) == (datetime.fromtimestamp(NOON + n, UTC), Clock.ARRIVAL)


def test_the_streams_own_clock_is_taken_when_believable() -> None:
    wall = Wall()
    clock = LiveClock(wall)
    captured, source = clock.stamp(10, NOON - 10.5)
    assert (captured.timestamp(), source) == (NOON - 0.5, Clock.STREAM)
    captured, source = clock.stamp(11, 12.0)  # says 1970
    assert (captured.timestamp(), source) == (NOON, Clock.ARRIVAL)


def test_times_follow_when_this_machines_clock_is_set_back() -> None:
    wall = Wall()
    clock = LiveClock(wall)
    clock.stamp(0)
    wall.now = NOON - 3600
    assert clock.stamp(1)[0].timestamp() == wall.now


@given(
    st.lists(
        st.tuples(
            st.floats(0, 10),
            st.none() | st.floats(-1e6, 1e6),
            st.none() | st.floats(NOON - 1e6, NOON + 1e6),
        )
    )
)
def test_live_times_never_run_backwards(
    steps: list[tuple[float, float | None, float | None]],
) -> None:
    wall = Wall()
    clock = LiveClock(wall)
    last = datetime.fromtimestamp(0, UTC)
    for pause, at, own in steps:
        wall.now += pause
        captured, source = clock.stamp(at, own)
        assert captured >= last or (last.timestamp() - wall.now > 30)
        if source is Clock.ARRIVAL and last.timestamp() <= wall.now:
            assert captured.timestamp() <= wall.now + 1e-3
        last = captured


@given(st.lists(st.none() | st.floats(-1e5, 1e5)))
def test_recorded_times_never_run_backwards(times: list[float | None]) -> None:
    clock = RecordingClock(datetime.fromtimestamp(NOON, UTC), 0.1)
    elapsed = [clock.elapsed(at) for at in times]
    assert elapsed == sorted(elapsed)


def test_a_recording_starts_when_its_metadata_says() -> None:
    start = recording_start({"creation_time": "2026-03-01T08:00:00.000000Z"})
    assert start == datetime(2026, 3, 1, 8, tzinfo=UTC)
    apple = {"com.apple.quicktime.creationdate": "2026-03-01T16:00:00+0800"}
    assert recording_start(apple | {"creation_time": "2026-03-02T00:00:00Z"}) == start
    before = datetime.now(UTC)
    for nonsense in ({}, {"creation_time": "soon"}, {"creation_time": "1970-01-01T00:00:00Z"}):
        assert recording_start(nonsense) >= before
