"""What a camera's rules keep over a restart, and what they leave to decide again from."""

from __future__ import annotations

import errno
import json
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.vision.rules.busy_street import (
    MODEL,
    SETTINGS,
    STALL,
    START,
    facts,
    look,
    rules,
    scenario,
    undisturbed,
)
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.frames import Clock
from vision.rules import camera as camera_module
from vision.rules.record import Record
from vision.rules.replay import replay


@pytest.mark.parametrize("every", [1, 3, 10])
def test_restarts_change_nothing(tmp_path: Path, every: int) -> None:
    events, watch = [], rules(tmp_path)
    for second in range(80):
        if second % every == 0:
            watch = rules(tmp_path)
        for event in look(watch, second, scenario(second)):
            events.append(event)
            watch.stored(event.episode)
    assert facts(events) == facts(undisturbed())
    ids = [(e.episode.id, e.episode.stage) for e in events]
    assert len(set(ids)) == len(ids)
    kinds = {e.episode.kind for e in events if e.episode.stage is EpisodeStage.CONFIRMED}
    assert kinds == set(SETTINGS)


def test_what_nobody_stored_is_told_again_after_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    watch = rules(tmp_path)
    told = [e for s in range(40) for e in look(watch, s, scenario(s)) if e.record is not None]
    assert {e.episode.kind for e in told} >= {"street_vending", "overflowing_bin", "dirty_truck"}
    stored = next(e for e in told if e.episode.kind == "overflowing_bin")
    watch.stored(stored.episode)

    again = look(rules(tmp_path), 40, scenario(40))
    expected = {
        (e.episode.id, e.episode.stage)
        for e in told
        if e is not stored and e.episode.kind != "dirty_truck"
    }
    assert {(e.episode.id, e.episode.stage) for e in again} == expected
    assert all(e.frame.captured_at == START + timedelta(seconds=40) for e in again)
    assert "it has driven on" in caplog.text


def test_a_recording_goes_on_where_it_was_and_begins_anew_once_it_has_ended(tmp_path: Path) -> None:
    watch = rules(tmp_path)
    first = [e for s in range(30) for e in look(watch, s, scenario(s), clock=Clock.MEDIA)]
    for event in first:
        watch.stored(event.episode)
    watch = rules(tmp_path)
    second = [e for s in range(80) for e in look(watch, s, scenario(s), clock=Clock.MEDIA)]
    assert facts([*first, *second]) == facts(undisturbed())
    watch.forget()
    watch = rules(tmp_path)
    third = [e for s in range(80) for e in look(watch, s, scenario(s), clock=Clock.MEDIA)]
    assert facts(third) == facts(undisturbed())


def test_a_file_that_cannot_be_read_is_told_of_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "rules-cam.json").write_text('{"rules": 1')
    watch = rules(tmp_path)
    assert "watched from its beginning" in caplog.text
    look(watch, 0, [STALL])
    assert json.loads((tmp_path / "rules-cam.json").read_text())["rules"]


def test_a_full_disk_stops_nobody_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "mkstemp", full)
    watch = rules(tmp_path)
    events = [event for second in range(80) for event in look(watch, second, scenario(second))]
    assert facts(events) == facts(undisturbed())
    assert caplog.text.count("cannot be written") == 1


@pytest.mark.parametrize("generation", [5, 500])
def test_every_decision_can_be_made_again(monkeypatch: pytest.MonkeyPatch, generation: int) -> None:
    monkeypatch.setattr(camera_module, "GENERATION", generation)
    told = [event for event in undisturbed() if event.record is not None]
    assert len(told) == 7  # four confirmed, three cleared; the roof stays
    for event in told:
        assert event.record is not None
        assert b"secret" not in event.record
        record = Record.from_json(event.record)
        assert (record.episode, dict(record.model)) == (event.episode, MODEL)
        verdict = replay(record)
        assert verdict.same, verdict.differs
        assert verdict.again is not None
        assert len(record.looks) <= 2 * generation


def test_a_decision_that_no_longer_follows_is_told(tmp_path: Path) -> None:
    confirmed = next(e for e in undisturbed() if e.episode.stage is EpisodeStage.CONFIRMED)
    assert confirmed.record is not None
    record = Record.from_json(confirmed.record)
    tampered = replace(record, episode=replace(record.episode, score=0.99))
    assert replay(tampered).differs == ("score",)
    stricter = replace(
        record.context, settings=record.context.settings.model_copy(update={"looks": 50})
    )
    verdict = replay(replace(record, context=stricter))
    assert verdict.again is None
    assert not verdict.same
    for wrong in (b"{}", b"[]", b"no json", b'{"format": "streetwarden.decision.v9"}'):
        with pytest.raises(ValueError, match=r"record|format|Expecting"):
            Record.from_json(wrong)


def test_a_rule_that_fails_does_not_lose_what_the_others_say(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> list[EpisodeEvent]:
        raise ZeroDivisionError("no bins")

    watch = rules()
    broken = next(rule for rule in watch.rules if rule.kind == "overflowing_bin")
    monkeypatch.setattr(broken, "look", fails)
    events = [event for second in range(80) for event in look(watch, second, scenario(second))]
    others = [event for event in undisturbed() if event.episode.kind != "overflowing_bin"]
    assert facts(events) == facts(others)
    assert caplog.text.count("gate/1/overflowing_bin failed at a look") == 1
