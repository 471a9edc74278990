"""What a model says is taken in the form that was asked for, and in no other."""

from __future__ import annotations

import json

import pytest

from api.cases.opinion import Answer
from api.opinions.reply import FORM, LONGEST_WHY, NotInForm, Reply, plain, read
from tests.api.opinions.model import NO, UNSURE, YES, completion

SCRIPT = "<script>alert(1)</script> <img src=x onerror=go()>"


def why(text: str) -> bytes:
    return completion(json.dumps({"answer": "yes", "why": text}))


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (YES, Answer.YES),
        (f"\n {NO} \n", Answer.NO),
        (f"```json\n{UNSURE}\n```", Answer.UNSURE),
        (f"```\n{YES}\n```\n", Answer.YES),
    ],
)
def test_an_answer_in_the_form_is_taken(content: str, answer: Answer) -> None:
    found = read(completion(content, model="Qwen2.5-VL-7B\x1b[31m"))
    assert (found.answer, found.model) == (answer, "Qwen2.5-VL-7B[31m")


@pytest.mark.parametrize(
    "content",
    [
        "",
        "yes",
        '"yes"',
        "[]",
        "null",
        f"Sure! Here is the JSON: {YES}",
        f"{YES} I hope that this helps.",
        f"{YES}{NO}",
        f"```json\n{YES}\n```\n```json\n{NO}\n```",
        f"<think>It says yes.</think>{YES}",
        '{"answer": "yes"}',
        '{"answer": "yes", "why": "seen", "confidence": 0.9}',
        '{"answer": "Yes", "why": "seen"}',
        '{"answer": "maybe", "why": "seen"}',
        '{"answer": true, "why": "seen"}',
        '{"answer": ["yes"], "why": "seen"}',
        '{"answer": "no", "why": "seen", "answer": "yes"}',
        '{"answer": "yes", "why": null}',
        '{"answer": "yes", "why": ""}',
        '{"answer": "yes", "why": "\\u0007\\u202e \\n"}',
        json.dumps({"answer": "yes", "why": "x" * (LONGEST_WHY + 1)}),
        '{"answer": "yes", "why": "seen"',
        "{'answer': 'yes', 'why': 'seen'}",
        "[" * 100_000,
        f'{{"answer": {"9" * 9000}, "why": "x"}}',
        None,
        [{"type": "text", "text": YES}],
        7,
    ],
)
def test_anything_else_is_no_answer(content: object) -> None:
    with pytest.raises(NotInForm):
        read(completion(content))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!doctype html><title>502</title>",
        b"\xff\xfe\x00",
        b"{}",
        b"[]",
        b'{"model": "m", "choices": []}',
        b'{"model": "m", "choices": {"0": 1}}',
        b'{"model": "m", "choices": [null]}',
        b'{"model": "m", "choices": ["text"]}',
        b'{"model": "m", "choices": [{"message": {"content": null, "refusal": "no"}}]}',
        b'{"choices": [{"message": {"content": "x"}}]}',
        b'{"model": ["m"], "choices": [{"message": {"content": "x"}}]}',
        b'data: {"choices": [{"delta": {"content": "x"}}]}\n\ndata: [DONE]\n\n',
        completion(YES, ended="length"),
        b"[" * 200_000,
        b'{"a":' * 50_000,
    ],
)
def test_what_is_no_chat_completion_is_none(body: bytes) -> None:
    with pytest.raises(NotInForm):
        read(body)


def test_a_reason_is_one_line_of_what_is_seen() -> None:
    hostile = "one\r\n two\t\x1b[2Jthree\x00\u202e四\u200b五\ud800\u2066\ufeff\U000e0041 \u2028six"
    found = read(why(hostile))
    assert found.why == "one two [2Jthree四五 six"
    assert read(why("x" * LONGEST_WHY)).why == "x" * LONGEST_WHY


def test_markup_stays_text() -> None:
    """Who shows it escapes it; what is kept is what was said."""
    assert read(why(SCRIPT)) == Reply(Answer.YES, SCRIPT, "qwen-vl")


def test_what_is_asked_for_is_what_is_taken() -> None:
    assert set(FORM["required"]) == set(FORM["properties"]) == {"answer", "why"}
    assert FORM["properties"]["why"]["maxLength"] == LONGEST_WHY
    assert FORM["properties"]["answer"]["enum"] == list(Answer)
    assert plain(" a \u00a0 b ") == "a b"
