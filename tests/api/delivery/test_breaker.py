"""How many attempts a receiver gets: one now and then while it is down, more when it is back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from api.delivery.breaker import Breaker, Pace
from api.delivery.outcome import Outcome, Result

OK = Outcome(Result.DELIVERED, status=200)
DOWN = Outcome(Result.FAILED, error="no answer in time")


def answered(status: int, after: timedelta | None = None) -> Outcome:
    return Outcome(Result.FAILED, status=status, error="no", retry_after=after)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(Pace(), clock)


def pauses(breaker: Breaker, clock: Clock, count: int) -> list[float]:
    """Ask with one attempt after each pause, which fails."""
    found = []
    for _ in range(count):
        found.append(breaker.wait_s())
        clock.now += breaker.wait_s()
        assert (breaker.room(0), breaker.room(1)) == (1, 0)
        breaker.note(DOWN)
    return found


def test_a_receiver_that_is_down_is_asked_less_and_less_and_gently_when_it_is_back(breaker, clock):
    assert breaker.room(0) == 8
    for _ in range(5):
        assert breaker.room(5) == 3
        breaker.note(DOWN)
    assert breaker.room(0) == 0
    waited = pauses(breaker, clock, 10)
    for wait, planned in zip(waited, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60], strict=True):
        assert planned <= wait <= planned * 1.2
    clock.now += breaker.wait_s()
    widths = []
    for _ in range(4):
        widths.append(breaker.room(0))
        breaker.note(OK)
    assert [*widths, breaker.room(0)] == [1, 2, 4, 8, 8]
    for _ in range(4):
        breaker.note(DOWN)
    assert breaker.room(0) == 8, "it counts anew"


def test_what_began_before_the_pause_makes_it_no_longer(breaker):
    for _ in range(8):
        breaker.note(DOWN)
    assert breaker.wait_s() <= 1.2


@pytest.mark.parametrize("status", [302, 400, 401, 404, 422])
def test_a_receiver_that_refuses_is_there(breaker, status):
    for _ in range(100):
        breaker.note(answered(status))
    assert breaker.room(0) == 8


def test_what_we_refuse_to_send_says_nothing_about_the_receiver(breaker):
    for _ in range(5):
        breaker.note(DOWN)
        breaker.note(Outcome(Result.REFUSED, error="a field is missing"))
    assert breaker.room(0) == 0


@pytest.mark.parametrize(
    ("status", "asked", "waits"),
    [
        (429, timedelta(seconds=30), 30),
        (503, timedelta(seconds=30), 30),
        (503, timedelta(days=1), 300),
        (429, timedelta.max, 300),
        (500, timedelta(seconds=30), 0),
        (404, timedelta(seconds=30), 0),
        (429, None, 0),
    ],
)
def test_a_receiver_that_asks_for_time_gets_it_within_bounds(breaker, status, asked, waits):
    breaker.note(answered(status, asked))
    assert breaker.wait_s() == waits


def test_the_start_of_a_long_failure_is_told_when_it_is_over(breaker, clock):
    began = datetime.now(UTC)
    for _ in range(5):
        breaker.note(DOWN)
    assert breaker.note(OK) is None, "a short one leaves every delivery its schedule"
    for _ in range(5):
        breaker.note(DOWN)
    pauses(breaker, clock, 7)
    since = breaker.note(OK)
    assert since is not None
    assert began <= since <= datetime.now(UTC)
    assert breaker.note(OK) is None
