"""Several looks at one plate."""

from __future__ import annotations

import pytest

from vision.plates import PlateReading, vote


def look(text, chance=0.9, colour="yellow", **at):
    chances = [chance] * len(text)
    for place, other in at.items():
        chances[int(place[1:])] = other
    return PlateReading(text, tuple(chances), colour)


def test_no_look_is_no_plate():
    assert vote([]) is None


def test_one_look_is_what_it_says():
    assert vote([look("鄂A12345")]) == look("鄂A12345")


def test_each_character_is_voted_on_by_itself():
    """Each look has another character wrong, and none has the plate."""
    looks = [look("鄂B12345", p1=0.4), look("鄂A12845", p4=0.5), look("鄂A12346", p6=0.5)]
    found = vote(looks)
    assert found.text == "鄂A12345"
    assert max(one.confidence for one in looks) > found.confidence > 0.6


def test_a_doubtful_look_does_not_outvote_a_sure_one():
    found = vote([look("鄂A12345", 0.99), look("豫A12345", 0.3), look("豫A12345", 0.3)])
    assert found.text == "鄂A12345"


def test_looks_that_agree_are_as_sure_as_they_are():
    assert vote([look("鄂A12345", 0.8)] * 4).confidence == pytest.approx(0.8)


def test_a_plate_of_new_energy_beside_a_misread_one():
    found = vote([look("鄂AD12345", 0.9, "green"), look("鄂A12345", 0.5, "blue")])
    assert (found.text, found.colour) == ("鄂AD12345", "green")
