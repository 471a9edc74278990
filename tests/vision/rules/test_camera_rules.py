"""What a camera's rules keep over a restart, and what they leave to decide again from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vision.detections import Detections, make_detections
from vision.episodes import EpisodeEvent, EpisodeStage
from vision.frames import Clock, Frame
from vision.kinds import catalogue
from vision.rules import CameraRules, camera_rules
from vision.rules import camera as camera_module
from vision.rules.record import Record
from vision.rules.replay import replay
from vision.site import Camera, Site, SiteInfo, Zone

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MODEL = {"name": "m", "version": "1", "sha256": "0" * 64}
STALL = ("stall", (20, 40, 40, 80), 0.8)
BIN = ("overflowing_bin", (60, 40, 70, 60), 0.7)
ROOF = ("structure", (10, 10, 30, 30), 0.9)
Seen = tuple[str, tuple[float, float, float, float], float]

SETTINGS: dict[str, dict[str, Any]] = {
    "street_vending": {"dwell": "10s", "looks": 3, "clear": "5s"},
    "overflowing_bin": {"dwell": "20s", "looks": 2, "clear": "5s"},
    "illegal_structure": {"dwell": "10s", "looks": 2, "clear": "5s", "learn": "5s"},
    "dirty_truck": {"dwell": "0s", "looks": 3, "clear": "3s"},
}


def rules(folder: Path | None = None) -> CameraRules:
    """Rules of every kind on one camera; a second call in the same folder is a restart."""
    zone = Zone(
        name="gate/1", watch=tuple(SETTINGS), settings=SETTINGS, hours=["Mon-Sun 0:00-24:00"]
    )
    camera = Camera(id="cam", source="rtsp://user:secret@host/1", zones=(zone,))
    site = Site(site=SiteInfo(name="t"), cameras=(camera,))
    made = camera_rules(site, camera, threshold=0.4)
    file = folder / "rules-cam.json" if folder is not None else None
    return CameraRules(made, model=MODEL, file=file)


def look(
    watch: CameraRules, second: float, seen: Sequence[Seen] = (), *, clock: Clock = Clock.ARRIVAL
) -> list[EpisodeEvent]:
    names = catalogue().class_names
    detections = make_detections(
        np.array([box for _, box, _ in seen], np.float32).reshape(-1, 4),
        np.array([score for *_, score in seen], np.float32),
        np.array([names.index(name) for name, *_ in seen], np.int64),
        names,
    )
    detections = replace(detections, tracker_id=np.arange(len(seen)))
    if any(name == "truck" for name, *_ in seen):
        detections = _open_trucks(detections)
    at = START + timedelta(seconds=second)
    frame = Frame(np.zeros((100, 100, 3), np.uint8), "cam", at, int(second), clock)
    return watch.look(frame, detections)


def _open_trucks(detections: Detections) -> Detections:
    truck = np.asarray(detections.data["class_name"]) == "truck"
    data = {
        "load": np.where(truck, "open", ""),
        "load_score": np.where(truck, 0.9, 0).astype(np.float32),
        "dirt": np.where(truck, "clean", ""),
        "dirt_score": np.where(truck, 0.9, 0).astype(np.float32),
    }
    return replace(detections, data={**detections.data, **data})


def scenario(second: int) -> list[Seen]:
    """A stall, a bin, a new roof and a truck come and go."""
    seen: list[Seen] = []
    if 3 <= second < 40 and second % 7:
        seen.append(STALL)
    if 10 <= second < 60:
        seen.append(BIN)
    if second >= 8:
        seen.append(ROOF)
    if 30 <= second < 36:
        seen.append(("truck", (10 + second, 50, 60 + second, 90), 0.9))
    return seen


def facts(events: Sequence[EpisodeEvent]) -> list[tuple[Any, ...]]:
    """All of the episodes but their ids."""
    return [
        (e.episode.kind, e.episode.stage, e.episode.opened_at, e.episode.confirmed_at,
         e.episode.cleared_at, e.episode.looks, e.episode.score, e.episode.why, e.episode.box)
        for e in events
    ]  # fmt: skip


def undisturbed() -> list[EpisodeEvent]:
    watch = rules()
    return [event for second in range(80) for event in look(watch, second, scenario(second))]


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
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "rules-cam.part").mkdir()  # what is to be written to cannot be
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
