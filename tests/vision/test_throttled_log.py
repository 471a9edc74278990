"""Each kind of error is told once a minute, with its traceback and how often it came."""

from __future__ import annotations

import logging

from vision.throttled_log import _MOST_KINDS, ThrottledLog


def fail(error: Exception) -> Exception:
    try:
        raise error
    except Exception as raised:
        return raised


def test_a_kind_is_told_once_a_minute_with_how_often_it_came(caplog):
    now = 0.0
    log = ThrottledLog(logging.getLogger("test"), clock=lambda: now)
    for _ in range(5):
        log.error("gate: delivery", fail(KeyError("zone")))
    log.error("gate: delivery", fail(ValueError("another type")))
    log.error("yard: delivery", fail(KeyError("another place")))
    assert [r.getMessage() for r in caplog.records] == [
        "gate: delivery: KeyError: 'zone'",
        "gate: delivery: ValueError: another type",
        "yard: delivery: KeyError: 'another place'",
    ]
    assert "raise error" in caplog.text, "the traceback"
    caplog.clear()
    now = 59.9
    log.error("gate: delivery", fail(KeyError("zone")))
    assert caplog.records == []
    now = 60.0
    log.error("gate: delivery", fail(KeyError("zone")))
    assert "and 5 times more since" in caplog.text


def test_a_warning_has_no_traceback(caplog):
    ThrottledLog(logging.getLogger("test")).warning("webhook main", fail(OSError("no answer")))
    (record,) = caplog.records
    assert (record.getMessage(), record.exc_info) == ("webhook main: no answer", None)


def test_kinds_do_not_grow_without_bound():
    log = ThrottledLog(logging.getLogger("test.quiet"))
    for n in range(_MOST_KINDS + 10):
        log.warning(f"camera {n}", OSError())
    assert len(log._told) == _MOST_KINDS
