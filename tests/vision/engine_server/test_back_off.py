"""Pauses before restarts: longer where a server dies again and again, forgotten after a minute."""

from __future__ import annotations

from vision.engine_server.back_off import FIRST_S, LONGEST_S, REMEMBERED_S, BackOff


def test_pauses_grow_to_the_longest_and_never_end() -> None:
    now = 0.0
    back_off = BackOff(clock=lambda: now)
    given = [back_off.after_death() for _ in range(50)]
    assert given == sorted(given)
    assert given[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert given[-1] == LONGEST_S


def test_what_always_dies_is_started_a_few_times_a_minute() -> None:
    now, starts = 0.0, 0
    back_off = BackOff(clock=lambda: now)
    while now < 60 * 60:
        now += back_off.after_death()
        starts += 1
    assert starts < 60 * 60 / LONGEST_S * 4


def test_a_death_is_forgotten_after_a_while() -> None:
    now = 0.0
    back_off = BackOff(clock=lambda: now)
    back_off.after_death()
    now = REMEMBERED_S + 1
    assert back_off.after_death() == FIRST_S
