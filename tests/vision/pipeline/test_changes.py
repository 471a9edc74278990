"""A site changes while it is watched: live cameras over HTTP, real readers, rules and evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest

from tests.vision.live import RIGHT, LiveBins, Told, live_bins, site_of, until, zone
from tests.vision.workers.bins import SeesBins, make, make_site
from vision.detections import Detections
from vision.episodes import EndedBy, EpisodeEvent, EpisodeStage
from vision.errors import NotWatched, SiteError, StorageUnavailable
from vision.evidence import EvidenceItem, EvidenceStore
from vision.frames import Pixels
from vision.pipeline import Pipeline
from vision.pipeline.remembered import remembered_episodes
from vision.site import Site, SiteInfo
from vision.site.rule_settings import RuleSettings
from vision.sources.status import CameraState, CameraStatus
from vision.view.health import View

CONFIRMED, CLEARED, ENDED = EpisodeStage.CONFIRMED, EpisodeStage.CLEARED, EpisodeStage.ENDED
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
LEFT_SPOT, RIGHT_SPOT = 11, 18


@pytest.fixture
def street() -> Iterator[LiveBins]:
    with live_bins() as server:
        server.full = {"gate": {LEFT_SPOT}, "yard": {LEFT_SPOT}}
        yield server


@contextmanager
def watching(site: Site, sink: object) -> Iterator[Pipeline]:
    pipeline = make(site, SeesBins(), sink)  # type: ignore[arg-type]
    pipeline.start()
    try:
        yield pipeline
    finally:
        pipeline.stop()


def looks(pipeline: Pipeline, camera: str, more: int = 3) -> None:
    """Wait until a camera was looked at so often from now on."""
    before = next(s.analysed for s in pipeline.status() if s.camera == camera)
    until(pipeline.status, lambda now: now[camera].analysed >= before + more)


def status_of(pipeline: Pipeline, camera: str) -> CameraStatus:
    return next(s for s in pipeline.status() if s.camera == camera)


def test_a_zone_drawn_while_it_runs_is_watched_at_the_next_looks_and_nothing_blinks(
    street: LiveBins, tmp_path: Path
) -> None:
    street.full["gate"].add(RIGHT_SPOT)
    gate, yard = street.camera("gate", zone("left")), street.camera("yard", zone("left"))
    told = Told()
    with watching(site_of(tmp_path, gate, yard), told) as pipeline:
        told.wait(CONFIRMED, "gate")
        told.wait(CONFIRMED, "yard")
        before = dict(pipeline._watching.now)
        scene, other = before["gate"].scenes[None], before["yard"].scenes[None]
        rules = scene.rules.rules, other.rules.rules
        status, index = status_of(pipeline, "gate"), before["gate"].last[0].index  # type: ignore[index]

        drawn = gate.model_copy(update={"zones": (zone("left"), zone("right", RIGHT))})
        pipeline.apply(site_of(tmp_path, drawn, yard))

        [found] = told.wait(CONFIRMED, "gate", "right")
        assert found.episode.box[0] > 0.5
        looks(pipeline, "yard")
        now = status_of(pipeline, "gate")
        assert (now.reconnects, now.state) == (0, CameraState.ALIVE)
        assert now.read > status.read
        assert before["gate"].last[0].index > index, "the same source goes on"  # type: ignore[index]
        assert pipeline._watching.now["gate"] is before["gate"]
        assert before["gate"].scenes[None].tracker is scene.tracker
        assert before["gate"].scenes[None].rules.rules[0] is rules[0][0], "of the zone as it was"
        assert pipeline._watching.now["yard"] is before["yard"]
        assert before["yard"].scenes[None] is other
        assert other.rules.rules is rules[1], "nobody touched it"
        for name in ("gate", "yard"):
            watched = before[name]
            assert watched.gaps.between(found.episode.opened_at, found.frame.captured_at) == ()
        # What went on in the zone as it was is what clears.
        street.full["gate"].clear()
        [gone] = told.wait(CLEARED, "gate", "left")
        [known] = told.of(CONFIRMED, "gate", "left")
        assert gone.episode.id == known.episode.id
        assert gone.episode.opened_at == known.episode.opened_at
    assert not told.of(ENDED)


@pytest.mark.parametrize("how", ["zone", "kind", "camera", "redrawn"])
def test_what_is_watched_no_longer_ends_unwatched_once(
    street: LiveBins, tmp_path: Path, how: str
) -> None:
    gate, yard, told = street.camera("gate", zone("left")), street.camera("yard"), Told()
    left = {
        "zone": [gate.model_copy(update={"zones": (zone("other", RIGHT),)}), yard],
        "kind": [
            gate.model_copy(update={"zones": (zone("left", watch=["street_vending"]),)}),
            yard,
        ],
        "camera": [yard],
        "redrawn": [gate.model_copy(update={"zones": (zone("left", RIGHT),)}), yard],
    }[how]
    site = site_of(tmp_path, gate, yard)
    with watching(site, told) as pipeline:
        [held] = told.wait(CONFIRMED)
        known = pipeline._watching.now["gate"]
        pipeline.apply(site_of(tmp_path, *left))
        [over] = told.wait(ENDED)
        assert (over.episode.id, over.episode.ended_by) == (held.episode.id, EndedBy.UNWATCHED)
        assert over.episode.ended_at is not None
        assert over.episode.ended_at >= over.episode.last_seen_at
        looks(pipeline, "yard")
        pipeline.apply(site_of(tmp_path, *left))
        looks(pipeline, "yard")
        assert [s.camera for s in pipeline.status()] == [c.id for c in left]
        if how == "camera":
            with pytest.raises(NotWatched):
                pipeline.picture("gate")
        if how == "camera":
            assert known.reader.stop(timeout=30)
    assert len(told.of(ENDED)) == 1
    assert not told.of(CLEARED), "nobody saw it gone"
    model = SeesBins.model
    held_on = remembered_episodes(site, model, tmp_path / "memory", tmp_path / "quarantine")
    assert held.episode.id not in held_on


def test_a_privacy_zone_is_painted_from_the_next_picture_on(
    street: LiveBins, tmp_path: Path
) -> None:
    gate, told = street.camera("gate", zone("left")), Told()
    store = EvidenceStore(tmp_path / "evidence")

    def shown() -> bytes:
        picture = pipeline.picture("gate").result(30)
        assert picture is not None
        return picture.jpeg

    def dark(picture: bytes) -> bool:
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None
        return bool(np.ptp(pixels[100:150, 200:300]) < 8)  # where no box is drawn

    with watching(site_of(tmp_path, gate), told) as pipeline:
        told.wait(CONFIRMED)
        assert not dark(store.read(told.events[-1][1][0].sha256))
        looks(pipeline, "gate", 1)
        assert not dark(shown())
        pipeline.apply(site_of(tmp_path, gate.model_copy(update={"privacy": (WHOLE,)})))
        assert dark(shown()), "at once"
        street.full["gate"].clear()
        told.wait(CLEARED)
        items = next(items for event, items in told.events if event.episode.stage is CLEARED)
        pictures = [item for item in items if item.media_type == "image/png"]
        assert pictures
        assert all(dark(store.read(item.sha256)) for item in pictures)
        assert status_of(pipeline, "gate").reconnects == 0


def test_another_source_is_opened_anew_alone_and_what_is_new_starts(
    street: LiveBins, tmp_path: Path
) -> None:
    gate, yard, told = street.camera("gate", zone("left")), street.camera("yard"), Told()
    with watching(site_of(tmp_path, gate, yard), told) as pipeline:
        [held] = told.wait(CONFIRMED)
        before = dict(pipeline._watching.now)
        street.full["north"] = {LEFT_SPOT}
        moved = gate.model_copy(update={"source": street.camera("north").source})
        added = street.camera("added", zone("left"))
        street.full["added"] = {LEFT_SPOT}
        counted = {s.camera: s for s in pipeline.status()}["gate"]
        pipeline.apply(site_of(tmp_path, added, moved, yard))
        anew = {s.camera: s for s in pipeline.status()}["gate"]
        assert anew.read >= counted.read > 0, "counts go on"
        assert anew.analysed >= counted.analysed > 0
        told.wait(CONFIRMED, "added")
        looks(pipeline, "gate")
        assert [s.camera for s in pipeline.status()] == ["added", "gate", "yard"]
        assert pipeline._watching.now["yard"] is before["yard"]
        assert pipeline._watching.now["gate"] is not before["gate"]
        assert before["gate"].reader.stop(timeout=30), "the one before has ended"
        # It is the same camera at another address: what went on goes on.
        assert pipeline.last_seen("gate", held.episode.id) is not None
        street.full["north"].clear()
        [gone] = told.wait(CLEARED)
        assert gone.episode.id == held.episode.id
    assert len(told.of(CONFIRMED)) == 1


def test_a_reader_that_hangs_holds_up_no_change(street: LiveBins, tmp_path: Path) -> None:
    gate, yard, told = street.camera("gate"), street.camera("yard"), Told()
    with watching(site_of(tmp_path, gate, yard), told) as pipeline:
        looks(pipeline, "gate", 1)
        hung = pipeline._watching.now["gate"].reader
        street.hang("gate")
        assert street.hangs.wait(30)
        pipeline.apply(site_of(tmp_path, yard))
        assert not hung.stop(timeout=0), "it hangs still"
        assert [s.camera for s in pipeline.status()] == ["yard"]
        assert "gate" not in pipeline.loop().delivered, "what was counted of it goes with it"
        looks(pipeline, "yard")
        assert pipeline.loop().delivered["yard"] > 0
        street.go_on.set()
        assert hung.stop(timeout=30)


def test_a_camera_that_comes_back_goes_on_from_its_memory(street: LiveBins, tmp_path: Path) -> None:
    gate, yard, told = street.camera("gate", zone("left")), street.camera("yard"), Told()
    site = site_of(tmp_path, gate, yard)
    with watching(site, told) as pipeline:
        told.wait(CONFIRMED)
        for again in (2, 3):
            pipeline.apply(site_of(tmp_path, yard))
            pipeline.apply(site)
            told.wait(CONFIRMED, "gate", "left", count=again)
        street.full["gate"].clear()
        told.wait(CLEARED)
    ids = [e.episode.id for e in told.of(CONFIRMED)]
    assert len(set(ids)) == 3
    assert [e.episode.id for e in told.of(ENDED)] == ids[:2]
    assert [e.episode.id for e in told.of(CLEARED)] == ids[2:]


def test_how_often_it_is_looked_at_changes_without_a_new_connection(
    street: LiveBins, tmp_path: Path
) -> None:
    slow = street.camera("gate", zone("left"), analyse_fps=0.5)
    told = Told()
    with watching(site_of(tmp_path, slow), told) as pipeline:
        looks(pipeline, "gate", 1)
        pipeline.apply(site_of(tmp_path, slow.model_copy(update={"candidate_fps": 10.0})))
        pipeline.apply(site_of(tmp_path, street.camera("gate", zone("left"))))
        told.wait(CONFIRMED)
        assert status_of(pipeline, "gate").reconnects == 0
        frame = pipeline._watching.now["gate"].last[0]  # type: ignore[index]
        assert frame.index >= 3, "of the same source"


def test_what_cannot_be_read_changes_nothing(street: LiveBins, tmp_path: Path) -> None:
    gate, told = street.camera("gate", zone("left")), Told()
    site = site_of(tmp_path, gate)
    with watching(site, told) as pipeline:
        preset = {"name": "north", "picture": str(tmp_path / "none.png")}
        turning = {
            **gate.model_dump(exclude={"zones"}),
            "presets": [preset],
            "zones": [zone("left", preset="north")],
        }
        (tmp_path / "none.png").write_bytes(b"")
        with pytest.raises(SiteError, match=r"none\.png"):
            pipeline.apply(site_of(tmp_path, type(gate).model_validate(turning)))
        assert pipeline.site is site
        told.wait(CONFIRMED)


def test_redrawn_in_the_view_as_it_is_now_its_rules_go_on(street: LiveBins, tmp_path: Path) -> None:
    gate, told = street.camera("gate", zone("left", RIGHT)), Told()
    with watching(site_of(tmp_path, gate), told) as pipeline:
        watched = pipeline._watching.now["gate"]
        looks(pipeline, "gate", 1)
        watched.health.view = View.MOVED
        night = zone("left", RIGHT, hours=["Mon-Sun 00:00-24:00"])
        pipeline.apply(site_of(tmp_path, gate.model_copy(update={"zones": (night,)})))
        assert watched.health.view is View.MOVED, "nobody drew anything"
        pipeline.apply(site_of(tmp_path, gate.model_copy(update={"zones": (zone("left"),)})))
        assert watched.health.view is View.CLEAR
        told.wait(CONFIRMED)


class Down(Told):
    """A sink that cannot store until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.refused, self.up = Event(), Event()

    def __call__(self, event: EpisodeEvent, items: Sequence[EvidenceItem]) -> None:
        if not self.up.is_set():
            self.refused.set()
            raise StorageUnavailable("cases.db: no space left; free some")
        super().__call__(event, items)


def test_a_change_while_nothing_can_be_stored_loses_nothing(
    street: LiveBins, tmp_path: Path
) -> None:
    gate, yard, told = street.camera("gate", zone("left")), street.camera("yard"), Down()
    with watching(site_of(tmp_path, gate, yard), told) as pipeline:
        pipeline._writer._retry_s = 0.05
        assert told.refused.wait(60)
        until(
            pipeline.status, lambda _: bool(pipeline._watching.now["gate"].scenes[None].rules.held)
        )
        scene = pipeline._watching.now["gate"].scenes[None]
        until(pipeline.status, lambda _: bool(scene.rules.unconfirmed))
        pipeline.apply(site_of(tmp_path, yard))
        assert scene.rules.owes
        told.up.set()
        [over] = told.wait(ENDED)
        assert not scene.rules.owes
    [held] = told.of(CONFIRMED)
    assert held.episode.id == over.episode.id
    stages = [e.episode.stage for e, _ in told.events if e.episode.id == held.episode.id]
    assert stages.index(CONFIRMED) < stages.index(ENDED)
    assert pipeline.quarantined == 0


def test_two_changes_at_once_are_made_one_after_the_other(street: LiveBins, tmp_path: Path) -> None:
    gate, told = street.camera("gate", zone("left")), Told()
    names = [f"c{number}" for number in range(4)]
    cameras = {name: street.camera(name, zone("left")) for name in names}
    with watching(site_of(tmp_path, gate), told) as pipeline:

        def change(own: str) -> None:
            for number in range(6):
                mine = [cameras[own]] if number % 2 else []
                pipeline.apply(site_of(tmp_path, gate, *mine))

        threads = [Thread(target=change, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)
        assert {s.camera for s in pipeline.status()} == {c.id for c in pipeline.site.cameras}
        assert len(pipeline._loop._collector.mailboxes) == 2
        looks(pipeline, "gate")
        assert status_of(pipeline, "gate").reconnects == 0


class Blocked(SeesBins):
    """Eyes that see nothing until they may."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.may = Event(), Event()

    def see(self, image: Pixels) -> Detections:
        self.asked.set()
        assert self.may.wait(60)
        return super().see(image)


def test_of_changes_that_wait_for_the_loop_the_last_one_counts(
    street: LiveBins, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vision.pipeline.pipeline._BETWEEN_LOOKS_S", 0.05)
    gate, yard, north = (street.camera(name, zone("left")) for name in ("gate", "yard", "north"))
    eyes, told = Blocked(), Told()
    pipeline = make(site_of(tmp_path, gate), eyes, told)
    pipeline.start()
    try:
        assert eyes.asked.wait(60)
        private = gate.model_copy(update={"privacy": (WHOLE,)})
        pipeline.apply(site_of(tmp_path, private, north))
        assert [s.camera for s in pipeline.status()] == ["gate"], "the loop has not looked again"
        pipeline.apply(site_of(tmp_path, private, yard))
        eyes.may.set()
        told.wait(CONFIRMED, "yard")
        assert [s.camera for s in pipeline.status()] == ["gate", "yard"]
        assert not [asked for asked in street.asked if asked.path == "/north"]
    finally:
        eyes.may.set()
        pipeline.stop()


def test_a_recording_that_comes_back_is_read_from_its_beginning(tmp_path: Path) -> None:
    site, told = make_site(tmp_path, 1), Told()
    with watching(site, told) as pipeline:
        for again in (2, 4):
            assert pipeline.wait(60)
            told.wait(CLEARED, "bin-00", count=again)
            pipeline.apply(site.model_copy(update={"cameras": ()}))
            pipeline.apply(site)
    assert len(told.of(CONFIRMED, "bin-00")) >= 4


def test_before_the_start_and_after_the_end_a_change_is_made_at_once(
    street: LiveBins, tmp_path: Path
) -> None:
    gate, yard, told = street.camera("gate", zone("left")), street.camera("yard"), Told()
    pipeline = make(site_of(tmp_path, yard), SeesBins(), told)
    pipeline.apply(site_of(tmp_path, gate, yard))
    assert [s.state for s in pipeline.status()] == [CameraState.CONNECTING] * 2
    pipeline.start()
    told.wait(CONFIRMED)
    pipeline.stop()
    pipeline.apply(site_of(tmp_path, yard))
    assert [s.camera for s in pipeline.status()] == ["yard"]


def test_registers_settings_and_the_clock_of_the_site_follow(
    street: LiveBins, tmp_path: Path
) -> None:
    gate, told = street.camera("gate", zone("left")), Told()
    patient = RuleSettings.model_validate({"dwell": "1h", "looks": 3, "clear": "0.4s"})
    slow = site_of(tmp_path, gate).model_copy(update={"defaults": {"overflowing_bin": patient}})
    with watching(slow, told) as pipeline:
        [opened] = told.wait(EpisodeStage.OPENED)
        quick = site_of(tmp_path, gate).model_copy(
            update={"site": SiteInfo(name="live", timezone="Europe/Berlin", language="en")}
        )
        pipeline.apply(quick)
        [found] = told.wait(CONFIRMED)
        assert found.episode.id == opened.episode.id, "its dwell counts on"
        assert found.episode.opened_at == opened.episode.opened_at
        record = json.loads(found.record or b"")
        assert record["timezone"] == "Europe/Berlin"
        permit = {"name": "festival", "kinds": ["overflowing_bin"], "camera": "gate"}
        permit |= {"polygon": WHOLE, "valid": "2020-01-01/2099-01-01"}
        try:
            permitted = Site.model_validate({**quick.model_dump(), "permits": [permit]})
        except ValueError as error:
            pytest.fail(str(error))
        pipeline.apply(permitted)
        [over] = told.wait(ENDED)
        assert (over.episode.id, over.episode.ended_by) == (found.episode.id, EndedBy.PERMIT)
