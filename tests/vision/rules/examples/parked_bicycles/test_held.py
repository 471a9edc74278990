"""What is held: stays that are long enough, while they are too few for a case."""

from __future__ import annotations

from datetime import timedelta

from tests.vision.rules.conftest import START, Box, Scene

M = 60
BEHIND: tuple[Box, Box] = ((0.1, 0.5, 0.2, 0.6), (0.3, 0.5, 0.4, 0.6))
APART: Box = (0.8, 0.5, 0.9, 0.6)
BUS: Box = (0.0, 0.2, 0.6, 0.9)


def test_two_of_three_that_a_bus_hides_count_anew() -> None:
    """They stood for longer than the rule asks; who stood behind the bus nobody knows."""
    s = Scene("parked_bicycles", fps=1 / M, own={"count": 3})
    for minute in range(100):
        hidden, third = 40 <= minute < 60, minute >= 32
        seen = [("bus", BUS)] if hidden else [("bicycle", box) for box in BEHIND]
        seen += [("bicycle", APART)] if third else []
        s.look(minute * M, [(name, box, 0.9) for name, box in seen])
    (event,) = s.confirmed()
    assert event.episode.objects == 3
    assert event.episode.opened_at == START + timedelta(minutes=60), "when the bus drove on"
    assert event.frame.captured_at == START + timedelta(minutes=90)
