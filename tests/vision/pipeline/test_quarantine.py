"""Quarantine: an event comes out as it went in, and is stored when its reason has passed."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import timedelta
from threading import Event

import cv2
import numpy as np
import pytest

from tests.api.world import NOON, cleared, ended, make_event, make_site, make_world
from tests.vision.pipeline.test_pipeline import Blind
from vision import durable
from vision.episodes import EpisodeStage, Still
from vision.errors import EvidenceError
from vision.evidence import EvidenceRole, Recorder
from vision.gap import Gap, GapCause
from vision.pipeline import Pipeline
from vision.pipeline.event_writer import EventWriter
from vision.pipeline.quarantine import FORMAT, Quarantine
from vision.sources.clip_facts import ClipFacts

CORNER = [[0, 0], [0.5, 0], [0.5, 0.5], [0, 0.5]]


class Clip:
    def mp4(self):
        return b"a clip"


def an_event(stage=EpisodeStage.CONFIRMED, number=0):
    event = make_event(stage)
    pixels = np.random.default_rng(number).integers(0, 255, (90, 160, 3), np.uint8)
    return replace(
        event,
        frame=replace(event.frame, picture=pixels, name="a.jpg"),
        details=(0,),
        recorded=lambda: b'{"format": "streetwarden.decision.v1"}',
        recording=Clip(),
    )


@pytest.fixture
def site(tmp_path):
    made = make_site(tmp_path)
    gate = made.cameras[0].model_copy(update={"privacy": (tuple(map(tuple, CORNER)),)})
    return made.model_copy(update={"cameras": (gate, *made.cameras[1:])})


@pytest.fixture
def world(site):
    made = make_world(site)
    yield made
    made.database.close()


@pytest.fixture
def quarantine(tmp_path, site):
    return Quarantine(tmp_path / "quarantine", site)


def test_an_event_comes_out_as_it_went_in(tmp_path, site, quarantine):
    event = an_event()
    best = an_event(number=1)
    event = replace(
        event,
        stills=(Still("best", best.frame, best.detections, (0,)),),
        clip=ClipFacts(NOON, 10, 5, missing=("all",), user_data={"a": 1}),
        gaps=(Gap(GapCause.COVERED, NOON, NOON + timedelta(seconds=9)),),
    )
    with pytest.raises(ValueError, match="out of range") as raised:
        raise ValueError("integer out of range")
    quarantine.keep(event, raised.value, None)
    folder = tmp_path / "quarantine" / event.episode.id
    assert sorted(p.name for p in folder.iterdir()) == [
        "confirmed.best.png",
        "confirmed.json",
        "confirmed.png",
        "confirmed.record.json",
    ]
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {durable.PRIVATE}
    told = json.loads((folder / "confirmed.json").read_text())
    assert (told["format"], told["left_out"]) == (FORMAT, [])
    assert told["why"] == "ValueError: integer out of range"
    assert "Traceback" in told["trace"][0]
    ((name, [kept]),) = Quarantine(tmp_path / "quarantine", site).episodes()
    again = kept.event
    assert name == again.episode.id
    assert again.episode == event.episode
    assert (again.focus, again.details, again.preset) == ((0,), (0,), None)
    assert again.record == event.record
    assert again.recording is None, "nothing can be painted out of a clip"
    assert (again.clip, again.gaps) == (event.clip, event.gaps)
    (still,) = again.stills
    assert (still.moment, still.focus) == ("best", (0,))
    np.testing.assert_array_equal(still.frame.pixels[46:], best.frame.pixels[46:])
    assert (still.frame.pixels[:45, :80] == 96).all(), "the privacy zone was painted out"
    assert again.frame.name == "a.jpg"
    assert again.frame.captured_at == event.frame.captured_at
    np.testing.assert_array_equal(again.detections.xyxy, event.detections.xyxy)
    np.testing.assert_array_equal(again.detections.confidence, event.detections.confidence)
    assert kept.items is None
    before, after = event.frame.pixels, again.frame.pixels
    np.testing.assert_array_equal(after[50:], before[50:])
    assert (after[:44, :79] == 96).all(), "what a privacy zone covers exists nowhere"


def test_a_clip_comes_out_where_there_is_no_privacy_zone(tmp_path, quarantine):
    quarantine.follow(make_site(tmp_path))
    quarantine.keep(an_event(), "a reason", None)
    [(_, [kept])] = quarantine.episodes()
    assert kept.event.recording.mp4() == b"a clip"


def test_what_is_at_fault_costs_nothing_else(tmp_path, quarantine):
    quarantine.follow(make_site(tmp_path))

    class NoClip:
        def mp4(self):
            raise EvidenceError("the clip could not be written")

    event = replace(an_event(), recording=NoClip())
    nowhere = replace(event, episode=replace(event.episode, camera="gone", id="OTHER"))
    quarantine.keep(event, "a reason", None)
    quarantine.keep(nowhere, "a reason", None)
    told = json.loads((quarantine.root / event.episode.id / "confirmed.json").read_text())
    assert told["left_out"] == ["mp4: EvidenceError: the clip could not be written"]
    told = json.loads((quarantine.root / "OTHER" / "confirmed.json").read_text())
    assert "png: KeyError" in told["left_out"][0], "privacy zones of a camera that nobody knows"


def test_a_damaged_one_is_left_where_it_is(quarantine, caplog):
    quarantine.keep(an_event(), "a reason", None)
    [file] = quarantine.root.rglob("confirmed.json")
    file.write_text("{")
    assert list(quarantine.episodes()) == []
    assert "cannot be read" in caplog.text
    assert file.exists()


def write(world, quarantine, *events, sink=None):
    """Everything that a writer does with these events, and its evidence items by stage."""
    items: dict[str, list] = {}
    done = Event()

    def noting(event, stored):
        items[event.episode.stage.value] = list(stored)
        done.set()

    recorder = Recorder(world.evidence, world.site)
    sinks = [sink or world.intake.take, noting]
    writer = EventWriter(recorder, sinks, quarantine=quarantine, retry_s=0.01)
    writer.start()
    for event in events:
        writer.put(event)
    writer.stop()
    return writer, items


@pytest.mark.parametrize("fault", ["recorder", "sink"])
def test_a_case_is_the_same_whether_it_came_through_quarantine(
    tmp_path, site, world, monkeypatch, fault
):
    opened = an_event(EpisodeStage.OPENED, 1)
    confirmed = replace(an_event(number=2), episode=replace(opened.episode, stage="confirmed"))
    confirmed = replace(
        confirmed,
        episode=replace(
            opened.episode, stage=EpisodeStage.CONFIRMED, last_seen_at=NOON + timedelta(minutes=6)
        ),
    )
    ends = cleared(confirmed)
    root = tmp_path / "quarantine"

    def broken(event, _items):
        if event.episode.stage is EpisodeStage.CONFIRMED:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")

    with monkeypatch.context() as patch:
        if fault == "recorder":
            patch.setattr("vision.evidence.recorder.mask", lambda *_: cv2.resize(None, (0, 0)))
        first, _ = write(world, Quarantine(root, site), opened, confirmed, ends, sink=broken)
    assert (first.quarantined, first.lost) == (1, 0)

    second, items = write(world, Quarantine(root, site))
    assert (second.quarantined, second.lost) == (0, 0)
    assert list(root.iterdir()) == []
    moments = [(i.moment, i.role) for i in items["confirmed"]]
    assert moments.count(("opened", EvidenceRole.MASKED)) == 1
    assert moments.count(("confirmed", EvidenceRole.MASKED)) == 1
    assert moments.count(("confirmed", EvidenceRole.RECORD)) == 1
    detail = world_case(world)
    assert [e.action for e in detail.log] == ["opened", "cleared"]
    assert detail.when.first_seen == NOON

    _, items = write(world, Quarantine(root, site))
    assert items == {}


def world_case(world):
    from api.access.roles import Principal, Role
    from api.cases.case_filter import CaseFilter
    from api.cases.store import CaseStore

    who = Principal("0", "Officer Li", Role.OFFICER)
    store = CaseStore(world.database, world.site)
    (case,) = store.page(who, CaseFilter(), None, 10).items
    return store.get(who, case.case_id)


def test_what_still_cannot_be_stored_stays(tmp_path, site, world):
    def broken(_event, _items):
        raise ValueError("still")

    root = tmp_path / "quarantine"
    for _ in range(2):
        event = an_event()
        writer, _ = write(world, Quarantine(root, site), event, sink=broken)
    assert writer.quarantined == 2


@pytest.mark.parametrize("how", [cleared, ended])
def test_what_ended_in_quarantine_ends_as_it_did_and_not_unwatched(
    tmp_path, site, world, quarantine, how
):
    confirmed = an_event()
    world.intake.take(confirmed, [])
    over = how(confirmed, timedelta(hours=3))
    quarantine.keep(over, "a reason", [])
    elsewhere = replace(an_event(), episode=replace(over.episode, id="OTHER", camera="gone"))
    quarantine.keep(elsewhere, "a reason", [])
    pipeline = Pipeline(site, Blind(), [], quarantine=quarantine.root)
    assert pipeline.held == {over.episode.id}, "of a camera that is gone nothing will be told"
    assert world.intake.end_unwatched(pipeline.held) == 0
    write(world, Quarantine(quarantine.root, site))
    when = world_case(world).when
    assert (when.cleared, when.ended) == (
        over.episode.cleared_at,
        over.episode.cleared_at or over.episode.ended_at,
    )
    assert when.last_seen == over.episode.last_seen_at
