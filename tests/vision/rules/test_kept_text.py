"""The state of a stay is pydantic's text, of which a look writes only what it adds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from vision.rules import kept_text
from vision.rules.kept_text import KeptText
from vision.rules.place import Place
from vision.rules.sight import Sight
from vision.rules.stay import Stay

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
numbers = st.floats(0, 1) | st.just(float("nan"))


@given(st.lists(numbers, max_size=5), st.lists(numbers, max_size=9), st.integers(1, 4))
def test_the_latest_items_are_kept(begun: list[float], more: list[float], most: int) -> None:
    kept = KeptText(begun, most)
    for n, item in enumerate(more, start=1):
        kept.add(item)
        expected = [*begun[-most:], *more[:n]][-most:]
        assert kept.to_json() == TypeAdapter(list[float]).dump_json(expected)


def seen(n: int) -> Sight:
    return Sight((n / 1000, 0.1, 0.3 + n / 1000, 0.4), 0.5 + n / 1000, frozenset({"stall"}), (n,))


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["see", "miss", "told", "recalled"]), max_size=30), st.integers(0, 3)
)
def test_a_place_is_told_as_pydantic_tells_it(steps: list[str], before: int) -> None:
    places = TypeAdapter(list[Place])
    stay = Stay.begun(START, seen(0))
    for n in range(before * 50):  # more than are kept
        stay.see(START + timedelta(seconds=n + 1), seen(n), timedelta(seconds=5))
    place = Place(stays=[stay, Stay.begun(START, seen(7))])
    for n, step in enumerate(steps):
        at = START + timedelta(seconds=200 + n)
        if step == "see":
            place.stays[0].see(at, seen(n), timedelta(seconds=5))
        elif step == "miss":
            place.stays[0].miss(at)
        elif step == "recalled":
            (place,) = places.validate_python([json.loads(place.to_json())])
        assert step != "told" or b"[" + place.to_json() + b"]" == places.dump_json([place])
    assert b"[" + place.to_json() + b"]" == places.dump_json([place])


def test_a_look_writes_one_box_and_one_score(monkeypatch: pytest.MonkeyPatch) -> None:
    stay, written = Stay.begun(START, seen(0)), [0]
    real = kept_text._text

    def count(item: object) -> bytes:
        written[0] += 1
        return real(item)

    monkeypatch.setattr(kept_text, "_text", count)
    stay.to_json()
    for n in range(200):
        stay.see(START + timedelta(seconds=n + 1), seen(n), timedelta(seconds=5))
        stay.to_json()
    assert written[0] == 2 * 201
