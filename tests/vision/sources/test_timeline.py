from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

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


def test_looks_a_little_out_of_order_begin_nothing_anew() -> None:
    due = DueTimes(1)
    assert [t for t in (0.0, 0.6, 0.4, 0.7, 1.4, 1.6) if due.due(t)] == [0.0, 0.6, 1.6]


def test_live_times_are_those_when_frames_were_sent() -> None:
    clock = LiveClock(Wall())
    assert clock.stamp(0.75) == (datetime.fromtimestamp(NOON - 0.75, UTC), Clock.ARRIVAL)
    assert clock.stamp(-3.0) == (datetime.fromtimestamp(NOON, UTC), Clock.ARRIVAL)


@pytest.mark.parametrize(
    ("own", "dated", "source"),
    [
        (NOON - 0.5, NOON - 0.5, Clock.STREAM),
        (NOON + 1.5, NOON, Clock.STREAM),  # nothing is dated in the future
        (NOON - 3, NOON - 0.25, Clock.ARRIVAL),
        (NOON + 3, NOON - 0.25, Clock.ARRIVAL),
        (12.0, NOON - 0.25, Clock.ARRIVAL),  # says 1970
    ],
)
def test_the_streams_own_clock_is_taken_while_it_agrees(
    own: float, dated: float, source: Clock
) -> None:
    captured, told = LiveClock(Wall()).stamp(0.25, own)
    assert (captured.timestamp(), told) == (dated, source)


@pytest.mark.parametrize("back", [3.0, 3600.0])
def test_times_follow_when_this_machines_clock_is_set_back(back: float) -> None:
    wall = Wall()
    clock = LiveClock(wall)
    clock.stamp(0)
    wall.now = NOON - back
    assert clock.stamp(0)[0].timestamp() == wall.now


@given(
    st.lists(
        st.tuples(
            st.floats(0, 10), st.floats(-1e6, 1), st.none() | st.floats(NOON - 1e6, NOON + 1e6)
        )
    )
)
def test_live_times_never_run_backwards_and_never_lie_in_the_future(
    steps: list[tuple[float, float, float | None]],
) -> None:
    wall = Wall()
    clock = LiveClock(wall)
    last = datetime.fromtimestamp(0, UTC)
    for pause, ago, own in steps:
        wall.now += pause
        captured, _ = clock.stamp(ago, own)
        assert last <= captured
        assert captured.timestamp() <= wall.now + 1e-3
        last = captured


def test_a_recording_that_leaps_ahead_is_followed_as_far_as_now_but_not_waited_for() -> None:
    wall = Wall()
    clock = RecordingClock(datetime.fromtimestamp(NOON - 40_000, UTC), 0.1, wall=wall)
    times = [0.0, 0.1, 36_000.0, 36_000.1, 99_000.0, 99_000.1]
    told = [(clock.elapsed(at), clock.part, clock.played) for at in times]
    assert [t for t, _, _ in told] == pytest.approx([0, 0.1, 36_000, 36_000.1, 36_000.2, 36_000.3])
    assert [part for _, part, _ in told] == [0, 0, 1, 1, 2, 2]
    assert [played for _, _, played in told] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5])


def test_a_recording_that_starts_again_is_another_part() -> None:
    clock = RecordingClock(datetime.fromtimestamp(NOON, UTC), 0.1)
    told = [(clock.elapsed(at), clock.part) for at in (0.0, 10.0, 20.0, 0.0, 0.1, 0.1, 0.05)]
    assert [t for t, _ in told] == pytest.approx([0, 10, 20, 20.1, 20.2, 20.3, 20.4])
    assert [part for _, part in told] == [0, 0, 0, 1, 1, 1, 1]


def test_looks_far_apart_are_no_leap() -> None:
    clock = RecordingClock(datetime.fromtimestamp(NOON, UTC), 0.1, leap=200.0)
    assert [clock.elapsed(at) for at in (0.0, 150.0, 300.0)] == [0, 150, 300]
    assert (clock.part, clock.played) == (0, 300)


def test_no_recorded_time_lies_in_the_future() -> None:
    wall = Wall()
    clock = RecordingClock(datetime.fromtimestamp(NOON - 5, UTC), 0.1, wall=wall)
    assert clock.stamp(3.0)[0].timestamp() == NOON - 2
    assert clock.stamp(30.0)[0].timestamp() == NOON


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
    ahead = (before + timedelta(days=400)).isoformat()
    for nonsense in (*NOT_SAID, {"creation_time": ahead}):
        assert recording_start(nonsense) >= before


NOT_SAID: tuple[dict[str, str], ...] = (
    {},
    {"creation_time": "soon"},
    {"creation_time": "1970-01-01T00:00:00Z"},
)


def test_a_recording_that_is_not_played_in_real_time_has_ended() -> None:
    now = datetime.now(UTC)
    day, hour = timedelta(days=1), timedelta(hours=1)
    for nonsense in NOT_SAID:
        old = recording_start(nonsense, 3600.0, (now - 9 * day).timestamp())
        assert old == pytest.approx(now - 9 * day - hour, abs=timedelta(seconds=1))
        fresh = recording_start(nonsense, 3600.0, now.timestamp())
        assert fresh == pytest.approx(now - day, abs=timedelta(seconds=5))
        long = recording_start(nonsense, 1e300)  # as damage may say
        assert long < now - 1000 * day
    ended = recording_start({"creation_time": now.isoformat()}, 3600.0)
    assert ended == pytest.approx(now - hour, abs=timedelta(seconds=5))
