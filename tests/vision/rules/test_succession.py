"""The rules of a changed site go on where those before them were."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vision.rules.busy_street import (
    BIN,
    MODEL,
    SETTINGS,
    START,
    facts,
    look,
    rules,
    scenario,
    undisturbed,
)
from vision.episodes import EndedBy, EpisodeEvent, EpisodeStage
from vision.rules import CameraRules, Rule
from vision.rules.record import Record
from vision.rules.replay import replay

SECONDS = 80
EXPECTED = facts(undisturbed())


def fresh(*, holiday: int | None = None, **zone: object) -> list[Rule]:
    """Rules that have seen nothing; by another site where there is a holiday, or another zone."""
    made = []
    for rule in rules().rules:
        days = frozenset({date(2030, 1, holiday)}) if holiday is not None else frozenset[date]()
        drawn = rule.context.zone.model_copy(update=zone)
        context = replace(rule.context, holidays=days, zone=drawn)
        made.append(type(rule)(context))  # type: ignore[call-arg]
    return made


def told(watch: CameraRules, seconds: Sequence[int]) -> list[EpisodeEvent]:
    events = [event for second in seconds for event in look(watch, second, scenario(second))]
    for event in events:
        watch.stored(event.episode)
    return events


@given(second=st.integers(0, SECONDS - 1))
@settings(max_examples=8, deadline=None)
def test_an_identical_site_leaves_the_rules_as_they_are(second: int) -> None:
    watch = rules()
    told(watch, range(second))
    before, state = watch.rules, [rule.remember() for rule in watch.rules]
    assert watch.change(fresh()) == []
    assert all(one is other for one, other in zip(before, watch.rules, strict=True))
    assert [rule.remember() for rule in watch.rules] == state


@given(changes=st.sets(st.integers(0, SECONDS - 1), max_size=12))
@settings(max_examples=8, deadline=None)
def test_changes_that_concern_nothing_change_nothing(changes: set[int]) -> None:
    watch, events = rules(), list[EpisodeEvent]()
    for second in range(SECONDS):
        if second in changes:
            assert watch.change(fresh(holiday=1 + second % 2)) == []
        events += told(watch, [second])
    assert facts(events) == EXPECTED
    ids = [(e.episode.id, e.episode.stage) for e in events]
    assert len(set(ids)) == len(ids)
    for event in events:
        if event.record is not None:
            assert replay(Record.from_json(event.record)).same


def test_what_a_rule_held_that_is_left_out_is_over_and_owed_until_it_is_stored(
    tmp_path: Path,
) -> None:
    watch = rules(tmp_path)
    events = told(watch, range(35))
    held = dict(watch.going_on)
    assert {e.kind for e in held.values()} >= {"street_vending", "overflowing_bin"}
    over = watch.change([r for r in fresh() if r.kind == "overflowing_bin"])
    ended = [e for e in over if e.stage is EpisodeStage.ENDED]
    assert {e.id for e in ended} == {e.id for e in held.values() if e.kind != "overflowing_bin"}
    assert {e.ended_by for e in ended} == {EndedBy.UNWATCHED}
    assert {e.ended_at for e in ended} == {START + timedelta(seconds=34)}
    opened = {e.episode.id for e in events if e.episode.stage is EpisodeStage.OPENED}
    gone = {e.episode.id for e in events if e.episode.stage is EpisodeStage.DROPPED}
    candidates = opened - gone - {e.episode.id for e in events if e.episode.confirmed_at}
    assert {e.id for e in over if e.stage is EpisodeStage.DROPPED} <= candidates
    assert watch.owes

    # Killed now: the file says what is to be told; nothing of the rules that were left out.
    file = json.loads((tmp_path / "rules-cam.json").read_text().splitlines()[-1])
    assert set(file["rules"]) == {"gate/1/overflowing_bin"}
    again = CameraRules(fresh(), model=MODEL, file=tmp_path / "rules-cam.json")
    assert again.held >= {e.id for e in ended}
    repeated = look(again, 35, scenario(35))
    assert [e.episode for e in repeated if e.episode.stage is EpisodeStage.ENDED] == ended

    for episode in ended:
        watch.stored(episode)
    assert not watch.owes
    assert watch.change([r for r in fresh() if r.kind == "overflowing_bin"]) == []


def test_what_lies_outside_of_a_zone_as_it_is_drawn_now_is_unwatched_and_not_gone() -> None:
    watch = rules()
    told(watch, range(35))
    elsewhere = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.3), (0.0, 0.3))
    over = watch.change(fresh(polygon=elsewhere))
    bin_over = next(e for e in over if e.kind == "overflowing_bin")
    assert (bin_over.stage, bin_over.ended_by) == (EpisodeStage.ENDED, EndedBy.UNWATCHED)
    later = told(watch, range(35, 60))
    assert not [e for e in later if e.episode.kind == "overflowing_bin"]
    # Drawn over it again, it is found anew.
    watch.change(fresh())
    found = [e for s in range(60, 90) for e in look(watch, s, [BIN])]
    confirmed = [e.episode for e in found if e.episode.stage is EpisodeStage.CONFIRMED]
    assert [e.kind for e in confirmed] == ["overflowing_bin"]
    assert bin_over.id not in {e.id for e in confirmed}


def test_what_nobody_stored_before_a_restart_is_told_before_its_end(tmp_path: Path) -> None:
    watch = rules(tmp_path)
    for second in range(35):
        look(watch, second, scenario(second))  # and nothing is stored
    again = rules(tmp_path)
    owed = again.unconfirmed
    assert owed
    assert not {e.id for e in again.change([])} & owed, "their pictures come with the next look"
    events = look(again, 35, scenario(35))
    stages = [e.episode.stage for e in events if e.episode.id == min(owed)]
    assert stages == [EpisodeStage.CONFIRMED, EpisodeStage.ENDED]


@pytest.mark.parametrize("kind", sorted(SETTINGS))
def test_a_rule_that_cannot_read_another_begins_anew(
    kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watch = rules()
    told(watch, range(33))
    held = [e.id for e in watch.going_on.values() if e.kind == kind]
    others = [rule for rule in fresh() if rule.kind != kind]
    [other] = [rule for rule in fresh(holiday=3) if rule.kind == kind]

    def refuse(_: object) -> None:
        raise ValueError("of another version")

    monkeypatch.setattr(other, "recall", refuse)
    assert [e.id for e in watch.change([*others, other]) if e.confirmed_at] == held
    assert "it begins anew" in caplog.text
