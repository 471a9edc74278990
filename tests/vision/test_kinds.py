"""Kinds: how many looks an unreliable reading needs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from models.catalogue import find
from vision.kinds import Reliability, Subtype, catalogue


def subtype(**read: int) -> Subtype:
    made: dict[str, Any] = {"name": "n", "zh": "z", "en": "e", "codes": {}}
    return Subtype.model_validate({**made, "read": read} if read else made)


def test_what_is_not_read_from_single_pictures_needs_no_more_looks() -> None:
    assert [subtype().looks(right) for right in (1, 3, 7)] == [1, 3, 7]


def test_the_less_reliable_the_more_looks() -> None:
    seldom_wrong = subtype(found=90, such=100, wrong=0, others=100)
    often_wrong = subtype(found=90, such=100, wrong=80, others=100)
    hardly_measured = subtype(found=1, such=1, wrong=0, others=1)
    never_read = subtype(found=0, such=6, wrong=0, others=42)
    made = (seldom_wrong, hardly_measured, often_wrong, never_read)
    assert [one.looks(3) for one in made] == [4, 5, 6, 6]


@pytest.mark.parametrize(("found", "wrong"), [(3, 0), (0, 5), (-1, 0)])
def test_more_read_than_there_are_is_refused(found: int, wrong: int) -> None:
    with pytest.raises(ValidationError):
        Reliability(found=found, such=2, wrong=wrong, others=4)


def test_truck_readings_are_as_reliable_as_the_shipped_readers_card_says() -> None:
    card = find("truck-state").card
    assert card is not None
    measured = json.loads(card.with_suffix(".json").read_text())
    assert measured["sha256"] == find("truck-state").sha256
    kind = catalogue().kind("dirty_truck")
    for name, value in (("not_sealed", "open"), ("mud_on_wheels", "muddy")):
        read = kind.subtype(name).read
        assert read is not None
        assert read.model_dump() == measured["held_out"]["real"]["sure"][value]
