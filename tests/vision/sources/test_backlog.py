from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.sources.backlog import BUDGET_S, PROBATION_S, Backlog

RATE = 25


def _arrivals(delays: Iterable[float]) -> Iterator[tuple[float, float, float]]:
    """Time, arrival and wait for each packet, where reading waits for what is not there yet."""
    before = 1000.0
    for number, delay in enumerate(delays):
        now = max(before + 0.001, 1000 + number / RATE + delay)
        yield number / RATE, now, now - before
        before = now


def _read(packets: Iterable[tuple[float | None, float, float]]) -> tuple[list[int], Backlog]:
    """Numbers of the packets passed over."""
    backlog = Backlog()
    return [n for n, packet in enumerate(packets) if backlog.late(*packet)], backlog


def _at_rate(seconds: float, stamped: float, sent: float) -> Iterator[tuple[float, float, float]]:
    """A camera that stamps so many pictures a second and sends so many."""
    noise = random.Random(3)
    before = 0.0
    for number in range(int(seconds * sent)):
        now = max(before, (number + noise.uniform(0, 0.2)) / sent)
        yield number / stamped, now, now - before
        before = now


def test_a_stream_that_comes_in_time_is_read_whole() -> None:
    late, backlog = _read(_arrivals(0.01 * (number % 7) for number in range(1000)))
    assert (late, backlog.passed_s) == ([], 0.0)


def test_what_waits_is_passed_over_until_the_present_is_reached() -> None:
    """Reading costs a millisecond, looking more than the camera leaves: packets wait."""
    backlog, late, now = Backlog(), [], 1000.0
    busy = [0.06] * 80 + [0.0] * 100
    for number, lasts in enumerate(busy):
        at, asked = number / RATE, now
        now = max(now + 0.001, 1000 + at)
        passed = backlog.late(at, now, now - asked)
        late += [number] if passed else []
        now += 0.0 if passed else lasts
    assert late
    assert late[0] > 40, "not before it is a second behind"
    assert now - 1000 - (len(busy) - 1) / RATE < BUDGET_S / 4
    assert backlog.passed_s == pytest.approx(len(late) / RATE, abs=0.05)


def test_what_a_stalled_network_held_up_is_passed_over() -> None:
    held = [max(0.0, 3.0 - 0.039 * number) for number in range(100)]  # then it comes at once
    late, backlog = _read(_arrivals([*[0.0] * 100, *held, *[0.0] * 100]))
    assert 100 <= late[0] <= 115
    assert late[-1] > 165
    assert backlog.sent(300 / RATE, 1000 + 300 / RATE) == pytest.approx(1000 + 300 / RATE)


@pytest.mark.parametrize(
    ("stamped", "sent"), [(25, 21), (25, 5), (25, 1), (25, 2.5), (30, 25), (25, 24), (20, 25)]
)
def test_a_sender_whose_clock_is_wrong_is_read_whole_and_dated_by_arrival(
    stamped: float, sent: float
) -> None:
    backlog, seconds = Backlog(), 60.0
    for at, now, waited in _at_rate(seconds, stamped, sent):
        assert not backlog.late(at, now, waited)
        assert 0 <= now - backlog.sent(at, now) <= BUDGET_S
    assert backlog.passed_s == 0.0


def test_times_are_believed_again_when_they_have_agreed_for_a_while() -> None:
    backlog = Backlog()
    shift, late = 0.0, []
    for number in range(40 * RATE):
        now = 1000 + number / RATE + (0.2 if number % RATE == 7 else 0.0)
        shift += 36_000.0 if number == 10 * RATE else 0.0
        at = number / RATE + shift
        assert not backlog.late(at, now, 1 / RATE)
        late.append(now - backlog.sent(at, now))
    jitter = [late[number] for number in range(len(late)) if number % RATE == 7]
    doubted = range(10, 10 + int(PROBATION_S))
    assert [second for second, late in enumerate(jitter) if late < 0.1] == list(doubted)


@pytest.mark.parametrize("leap", [-(2**33) / 90_000, 3600.0, 36_000.0, -30.0])
def test_a_leap_of_its_times_is_not_a_delay(leap: float) -> None:
    packets = [(at + (leap if at > 4 else 0), now, w) for at, now, w in _arrivals([0.0] * 300)]
    late, backlog = _read(packets)
    assert (late, backlog.passed_s) == ([], 0.0)
    assert backlog.sent(packets[-1][0], packets[-1][1]) == packets[-1][1]


def test_times_that_stand_still_are_not_believed() -> None:
    backlog = Backlog()
    for number in range(500):
        now = number / RATE
        assert not backlog.late(7.0, now, 1 / RATE)
        assert 0 <= now - backlog.sent(7.0, now) <= BUDGET_S
    assert backlog.sent(7.0, 20.0) == 20.0


def test_a_stream_without_times_is_read_whole_and_dated_by_arrival() -> None:
    late, backlog = _read([(None, float(number), 0.0) for number in range(100)])
    assert late == []
    assert backlog.sent(None, 100.0) == 100.0


@given(st.lists(st.floats(0, BUDGET_S * 0.99), min_size=1, max_size=300))
def test_nothing_within_the_budget_is_passed_over(delays: list[float]) -> None:
    late, _ = _read(_arrivals(delays))
    assert late == []


@given(
    st.lists(
        st.tuples(st.none() | st.floats(-1e6, 1e6), st.floats(0, 20), st.floats(0, 1)), max_size=80
    )
)
def test_nothing_was_sent_after_it_came_nor_more_than_the_budget_before(
    packets: list[tuple[float | None, float, float]],
) -> None:
    backlog, now = Backlog(), 0.0
    for at, pause, share in packets:
        now += pause
        backlog.late(at, now, pause * share)
        assert 0 <= now - backlog.sent(at, now) <= BUDGET_S + 1e-6
