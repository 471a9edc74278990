"""What a number plate is, however it is typed."""

from __future__ import annotations

import re

import pytest

from vision.plates import normal
from vision.plates.grammar import ALPHABET, GRAMMARS, PATTERN


@pytest.mark.parametrize(
    ("typed", "plate"),
    [
        ("鄂A12345", "鄂A12345"),
        ("鄂a·12345", "鄂A12345"),
        (" 鄂A - 12 345 ", "鄂A12345"),
        ("鄂Ａ１２３４５", "鄂A12345"),
        ("鄂AO2I45", "鄂A02145"),
        ("京E5331挂", "京E5331挂"),
        ("苏ED51712", "苏ED51712"),
        ("粤BF1A234", None),
        ("鄂AF12345", "鄂AF12345"),
        ("鄂A12345D", "鄂A12345D"),
        ("鄂A123456", None),
        ("鄂A1234", None),
        ("A12345", None),
        ("鄂I12345", None),
        ("鄂A学1234", None),
        ("", None),
        ("鄂A12\x00345", None),
    ],
)
def test_plates_as_they_are_typed(typed, plate):
    assert normal(typed) == plate


def test_no_plate_has_an_i_or_an_o_and_there_are_31_provinces():
    assert not {"I", "O"} & set(ALPHABET)
    assert len(set(GRAMMARS[0][0])) == 31
    assert len(set(ALPHABET)) == len(ALPHABET)


@pytest.mark.parametrize("text", ["鄂A12345", "鄂A·12345", "鄂AD12345", "鄂A12345D", "鄂A1234挂"])
def test_what_the_document_says_is_a_plate_is_one(text):
    assert re.search(PATTERN, text)
    assert normal(text)
    for other in (text[1:], text[:-1] + "I", text + "11", text.replace("A", "1", 1)):
        assert not re.search(PATTERN, other)
