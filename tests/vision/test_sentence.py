import pytest

from vision.sentence import Sentence, duration

STAGES = {
    "stages": {
        "rejected": Sentence("不予采纳", "rejected"),
        "grace": Sentence("整改期内", "in grace"),
    }
}


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0, "0秒", "0 s"),
        (0.4, "0秒", "0 s"),
        (59.6, "1分", "1 min"),
        (74, "1分14秒", "1 min 14 s"),
        (3600, "1小时", "1 h"),
        (3605, "1小时", "1 h"),
        (7384, "2小时3分", "2 h 3 min"),
        (7 * 86400, "7天", "7 d"),
        (90061, "1天1小时", "1 d 1 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds, zh, en):
    assert (duration(seconds, "zh"), duration(seconds, "en")) == (zh, en)


def test_values_are_written_in_their_form():
    told = Sentence(
        "{who}至{until:time}，{score:.2f}，共{of:duration}，{names}，{stage:stages}",
        "{who} until {until:time}, {score:.2f}, {of:duration}, {names}, {stage:stages}",
    )
    values = {
        "who": "Li {x} [y]",
        "until": "2026-05-01T08:15:30+00:00",
        "score": 0.125,
        "of": 74,
        "names": ["a", "b"],
        "stage": "grace",
        "more": "is welcome",
    }
    assert told.say("zh", values, STAGES) == (
        "Li {x} [y]至08:15:30 UTC，0.12，共1分14秒，a、b，整改期内"
    )
    assert told.say("en", values, STAGES) == (
        "Li {x} [y] until 08:15:30 UTC, 0.12, 1 min 14 s, a, b, in grace"
    )


def test_a_word_that_no_list_has_is_said_as_it_is():
    told = Sentence("{stage:stages}", "{stage:stages}")
    assert told.say("zh", {"stage": "of tomorrow"}, STAGES) == "of tomorrow"
    assert told.say("zh", {"stage": ["grace", "rejected"]}, STAGES) == "整改期内、不予采纳"


@pytest.mark.parametrize("nothing", [{}, {"b": 0}, {"b": ""}, {"b": None}, {"b": []}])
def test_what_is_optional_is_left_out_without_its_first_value(nothing):
    told = Sentence("甲{a}[，乙{b}和{c}]", "A {a}[, B {b} and {c}]")
    assert told.say("en", {"a": 1, "c": 0} | nothing) == "A 1"
    assert told.say("en", {"a": 1, "b": 2, "c": 0}) == "A 1, B 2 and 0"


def test_a_value_that_is_missing_is_a_fault():
    with pytest.raises(KeyError, match="b"):
        Sentence("{a}{b}", "{a}{b}").say("zh", {"a": 1})
