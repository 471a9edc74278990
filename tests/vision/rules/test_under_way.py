"""What rules have under way, as read from the state that a look left."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from pydantic_core import to_json

from tests.vision.rules.conftest import Scene, surveyed
from vision.rules.under_way import Standing, UnderWay

LEFT, RIGHT = (0.1, 0.4, 0.3, 0.8), (0.6, 0.4, 0.8, 0.8)
S = timedelta(seconds=1)


class Seen(Scene):
    """A scene that tells what is under way after each look."""

    def look(self, seconds: float, *given: Any, **named: Any) -> Any:
        tells = self.rule.look

        def noting(frame: Any, detections: Any) -> Any:
            self.last = frame, detections
            return tells(frame, detections)

        self.rule.look = noting  # type: ignore[method-assign]
        try:
            return super().look(seconds, *given, **named)
        finally:
            self.rule.look = tells  # type: ignore[method-assign]

    @property
    def under_way(self) -> list[UnderWay]:
        state = getattr(self.rule, "remember_json", lambda: to_json(self.rule.remember()))()
        before = bytes(state)
        told: list[UnderWay] = self.rule.under_way(json.loads(state), *self.last)  # type: ignore[attr-defined]
        again = getattr(self.rule, "remember_json", lambda: to_json(self.rule.remember()))()
        assert again == before, "asking changes nothing"
        return told


def test_every_stall_of_a_market_has_its_clock() -> None:
    s = Seen("street_vending", dwell="10s", looks=3, clear="5s")
    for n in range(16):
        s.look(n, [("stall", LEFT, 0.8)] + ([("stall", RIGHT, 0.8)] if n >= 12 else []))
    first, second = s.under_way
    assert (first.state, first.dwell, first.looks) == (Standing.CONFIRMED, 15 * S, 16)
    assert (second.state, second.dwell, second.looks) == (Standing.CANDIDATE, 3 * S, 4)
    assert (second.dwell_needed, second.looks_needed) == (10 * S, 3)
    assert second.since - first.since == 12 * S
    assert second.box == pytest.approx(RIGHT)
    s.look(16, [("stall", RIGHT, 0.8)])
    assert [one.state for one in s.under_way] == [Standing.CLEARING, Standing.CANDIDATE]


def test_vendors_in_turn_share_the_clock_of_their_place() -> None:
    s = Seen("street_vending", dwell="10s", looks=3, clear="5s")
    for n in range(14):
        s.look(n, [("stall", LEFT if n < 7 else RIGHT, 0.8)])
    [*_, second] = s.under_way
    assert second.dwell > 10 * S > second.looks * S
    assert second.state is Standing.CONFIRMED


def test_a_truck_is_told_once_a_look_says_something_against_it() -> None:
    s = Seen("dirty_truck", dwell="0s", looks=3, clear="3s")
    told = []
    for n in range(5):
        x = 0.02 + 0.08 * n
        s.look(n, [("truck", (x, 0.5, x + 0.4, 0.9), 0.9)], track=1, load="open" if n else "")
        told.append([(one.state, one.looks) for one in s.under_way])
    assert told[0] == []
    assert told[1] == [(Standing.CANDIDATE, 1)]
    needed = {one.looks_needed for one in s.under_way}
    assert needed >= {3} or min(needed) > 3, "as many as such readings need"
    while s.under_way[0].state is Standing.CANDIDATE:
        n += 1
        x = 0.02 + 0.08 * n
        assert x < 0.6
        s.look(n, [("truck", (x, 0.5, x + 0.4, 0.9), 0.9)], track=1, load="open")
    assert s.under_way[0].state is Standing.CONFIRMED
    s.look(n + 1, [])
    assert [one.state for one in s.under_way] == [Standing.CLEARING]


def test_a_roof_is_told_where_it_lies_in_this_look() -> None:
    s = Seen("illegal_structure", camera={"type": "drone"}, dwell="2s", looks=2, learn="2s")
    still = np.eye(3)
    for n in range(3):
        s.look(n, [], known=surveyed(still.tolist()))
    s.look(4, [("structure", (0.5, 0.5, 0.7, 0.7), 0.9)], known=surveyed(still.tolist()))
    assert s.under_way[0].box == pytest.approx((0.5, 0.5, 0.7, 0.7))
    # The drone has moved on by a fifth of the picture, which the next look is to the left of.
    beside = [[1.0, 0.0, 0.2], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    s.look(5, [("structure", (0.3, 0.5, 0.5, 0.7), 0.9)], known=surveyed(beside))
    [roof] = s.under_way
    assert roof.box == pytest.approx((0.3, 0.5, 0.5, 0.7), abs=1e-5)
    assert roof.looks == 2
    away = [[1.0, 0.0, 0.8], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    s.look(6, [], known=surveyed(away))
    assert s.under_way == [], "out of this look's view"
