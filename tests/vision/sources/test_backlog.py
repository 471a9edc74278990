from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vision.sources.backlog import BUDGET_S, Backlog

RATE = 25


def _read(delays: list[float], *, jump: dict[int, float] | None = None) -> tuple[list[int], float]:
    """Numbers of the packets passed over, of a stream whose packets come so many seconds late."""
    backlog, late, shift = Backlog(), [], 0.0
    for number, delay in enumerate(delays):
        shift += (jump or {}).get(number, 0.0)
        if backlog.late(number / RATE + shift, 1000 + number / RATE + delay):
            late.append(number)
    return late, backlog.passed_s


def test_a_stream_that_comes_in_time_is_read_whole() -> None:
    assert _read([0.01 * (number % 7) for number in range(1000)]) == ([], 0.0)


def test_what_waits_is_passed_over_until_the_present_is_reached() -> None:
    falling_behind = [0.02 * number for number in range(52)]  # at two thirds of its speed
    catching_up = [max(0.0, 1.02 - 0.039 * number) for number in range(60)]
    late, passed = _read([*falling_behind, *catching_up, *([0.0] * 50)])
    assert late == list(range(51, 72))
    assert abs(passed - 21 / RATE) < 0.05


def test_a_sender_whose_clock_is_slow_loses_half_a_second_once() -> None:
    """Reading faster brings nothing nearer, so nothing was waiting."""
    late, _ = _read([0.0] * 100 + [BUDGET_S + 0.5] * 500)
    assert late == list(range(100, 113))


def test_a_jump_of_its_times_is_not_a_delay() -> None:
    wrap = 2**33 / 90_000
    assert _read([0.0] * 300, jump={100: -wrap, 200: 3600.0}) == ([], 0.0)


def test_a_stream_without_times_is_read_whole() -> None:
    backlog = Backlog()
    assert not any(backlog.late(None, number) for number in range(100))


@given(st.lists(st.floats(0, BUDGET_S * 0.99), min_size=1, max_size=300))
def test_nothing_within_the_budget_is_passed_over(delays: list[float]) -> None:
    assert _read(delays) == ([], 0.0)
