"""Each kind of error is told once a minute, with its traceback and how often it came."""

from __future__ import annotations

import logging

import pytest

from vision.throttle import _MOST_KINDS, Throttle
from vision.throttled_log import ThrottledLog


def fail(error):
    """The error as it is after it was raised here."""
    with pytest.raises(type(error)) as raised:
        raise error
    return raised.value


def test_a_kind_is_told_once_a_minute_with_how_often_it_came(caplog):
    now = 0.0
    log = ThrottledLog(logging.getLogger("test"), Throttle(clock=lambda: now))
    for _ in range(5):
        log.traced("gate: delivery", fail(KeyError("zone")))
    log.traced("gate: delivery", fail(ValueError("another type")))
    log.traced("yard: delivery", fail(KeyError("another place")))
    assert [r.getMessage() for r in caplog.records] == [
        "gate: delivery: KeyError: 'zone'",
        "gate: delivery: ValueError: another type",
        "yard: delivery: KeyError: 'another place'",
    ]
    assert "raise error" in caplog.text, "the traceback"
    caplog.clear()
    now = 59.9
    log.traced("gate: delivery", fail(KeyError("zone")))
    assert caplog.records == []
    now = 60.0
    log.traced("gate: delivery", fail(KeyError("zone")))
    assert "and 5 times more since" in caplog.text


def test_a_warning_has_no_traceback(caplog):
    ThrottledLog(logging.getLogger("test")).in_words("webhook main", fail(OSError("no answer")))
    (record,) = caplog.records
    assert (record.getMessage(), record.exc_info) == ("webhook main: no answer", None)


def test_kinds_do_not_grow_without_bound():
    throttle = Throttle()
    for n in range(_MOST_KINDS + 10):
        assert throttle.held_back(n) == 0
    assert len(throttle) == _MOST_KINDS
