"""Restarts of an engine: longer pauses, few in ten minutes, forgotten after good service."""

from __future__ import annotations

from vision.loop.restarts import PAUSES_S, PERIOD_S, Restarts


def test_pauses_grow_until_it_is_given_up() -> None:
    now = 0.0
    restarts = Restarts(3, clock=lambda: now)
    given = []
    while (pause := restarts.next_pause()) is not None:
        given.append(pause)
        now += pause
        restarts.count()
    assert given == list(PAUSES_S) == sorted(set(given))
    assert sum(given) < PERIOD_S, "else a fault that repeats would never be given up"


def test_good_service_is_rewarded() -> None:
    now = 0.0
    restarts = Restarts(1, clock=lambda: now)
    restarts.count()
    assert restarts.next_pause() is None
    now = PERIOD_S + 1
    assert restarts.next_pause() == PAUSES_S[0]


def test_more_restarts_than_pauses_wait_the_longest_one() -> None:
    restarts = Restarts(9, clock=lambda: 0.0)
    for _ in range(8):
        restarts.count()
    assert restarts.next_pause() == PAUSES_S[-1]
