"""Rules that are tried out on kept looks decide as the pipeline's did, and touch nothing of its."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.detections import Detections, make_detections
from vision.episodes import Episode, EpisodeStage
from vision.frames import Clock, Frame
from vision.kinds import catalogue
from vision.look import Look
from vision.pipeline.recent_looks import BLOCK, RecentLooks, _packer
from vision.rules import CameraRules, camera_rules
from vision.site import Camera, Site, SiteInfo, Zone
from vision.trial.trial import Trial, try_out

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
MODEL = {"name": "m", "version": "1", "sha256": "0" * 64}
SETTINGS: dict[str, dict[str, Any]] = {
    "street_vending": {"dwell": "5s", "looks": 3, "clear": "3s"},
    "overflowing_bin": {"dwell": "6s", "looks": 2, "clear": "3s"},
    "illegal_structure": {"dwell": "5s", "looks": 2, "clear": "3s", "learn": "4s"},
    "dirty_truck": {"dwell": "0s", "looks": 2, "clear": "3s"},
}
Seen = tuple[str, float, float]
"""A class, where it is across the picture, and its score."""
_SIZE = {"truck": (40, 30), "structure": (20, 20)}


def site_of(**zone: Any) -> Site:
    drawn = Zone(name="street", watch=tuple(SETTINGS), settings=SETTINGS, **zone)
    camera = Camera(id="cam", source="x", analyse_fps=1, zones=(drawn,))
    return Site(site=SiteInfo(name="t"), cameras=(camera,))


def look(n: int, second: float, seen: Sequence[Seen], *, reused: bool = False) -> tuple[Any, Any]:
    names = catalogue().class_names
    boxes = [
        (x, 60 - tall, x + wide, 60)
        for name, x, _ in seen
        for wide, tall in [_SIZE.get(name, (10, 15))]
    ]
    found: Detections = make_detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([score for *_, score in seen], np.float32),
        np.array([names.index(name) for name, *_ in seen], np.int64),
        names,
    )
    truck = np.array([name == "truck" for name, *_ in seen], bool)
    data = {
        "load": np.where(truck, "open", ""),
        "load_score": np.where(truck, 0.9, 0).astype(np.float32),
        "dirt": np.where(truck, "clean", ""),
        "dirt_score": np.where(truck, 0.9, 0).astype(np.float32),
    }
    found = replace(found, data={**found.data, **data}, tracker_id=np.arange(len(seen)))
    frame = Frame(
        np.zeros((100, 100, 3), np.uint8), "cam", START + timedelta(seconds=second), n, Clock.MEDIA
    )
    return frame, Look(reused=reused).on(found)


def facts(episodes: Sequence[Episode]) -> list[Episode]:
    return [replace(one, id="") for one in episodes]


class Watching:
    """A camera's rules and what is kept of their looks, as a pipeline has both."""

    def __init__(self, site: Site, memory: Path | None = None, **bounds: int) -> None:
        self.site = site
        rules = camera_rules(site, site.cameras[0], threshold=0.4, memory=memory)
        self.rules = CameraRules(rules, model=MODEL)
        self.recent = RecentLooks(**bounds)
        self.found: dict[str, Episode] = {}
        self.memory = memory

    def see(self, frame: Frame, detections: Detections) -> None:
        self.recent.add(None, frame, detections)
        for event in self.rules.look(frame, detections):
            if event.episode.stage not in {EpisodeStage.OPENED, EpisodeStage.DROPPED}:
                self.found[event.episode.id] = event.episode

    def tried(self, proposed: Site | None = None, **more: Any) -> Trial:
        return try_out(
            self.recent.all().unpacked(),
            "cam",
            proposed=proposed or self.site,
            in_force=self.site,
            threshold=0.4,
            folders={None: self.memory},
            **more,
        )


def packed() -> None:
    """Wait until all that was to be packed is."""
    _packer.submit(lambda: None).result(30)


steps = st.sampled_from([0.0, 0.5, 1.0, 1.0, 1.0, 2.0, 7.0, 60.0, -1.0])
things = st.lists(
    st.tuples(
        st.sampled_from(["stall", "overflowing_bin", "structure", "truck", "person", "garbage"]),
        st.floats(0, 60),
        st.floats(0.3, 0.99),
    ),
    max_size=4,
)
timelines = st.lists(
    st.tuples(st.lists(steps, min_size=1, max_size=20), things, st.floats(0, 8), st.booleans()),
    min_size=1,
    max_size=6,
)


@settings(deadline=None, max_examples=30)
@given(timeline=timelines)
def test_the_setup_in_force_finds_in_kept_looks_what_the_pipeline_found(
    timeline: list[tuple[list[float], list[Seen], float, bool]],
) -> None:
    watching, at, n = Watching(site_of()), 0.0, 0
    for part, seen, drift, reused in timeline:
        for turn, step in enumerate(part):
            at, n = at + step, n + 1
            moved = [(name, x + drift * turn, score) for name, x, score in seen]
            watching.see(*look(n, at, moved, reused=reused and turn > 0))
    packed()
    trial = watching.tried()
    assert trial.looks == trial.kept == len(watching.recent.all().unpacked())
    assert facts(trial.now) == facts(trial.found) == facts(list(watching.found.values()))


def street(watching: Watching, looks: int = 3 * BLOCK) -> None:
    """A stall comes and goes; a truck with an open load drives by; a new roof."""
    for n in range(looks):
        seen: list[Seen] = [("stall", 10, 0.8)] if n % 40 < 20 else []
        seen += [("truck", (n % 40) * 8.0, 0.9)] if n % 40 < 8 else []
        seen += [("structure", 70, 0.9)] if n >= 30 else []
        watching.see(*look(n, float(n), seen))


def test_each_kind_is_found_and_each_proposal_finds_its_own() -> None:
    watching = Watching(site_of())
    street(watching)
    packed()
    trial = watching.tried(site_of(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))))
    assert {e.kind for e in trial.now} == {"street_vending", "illegal_structure", "dirty_truck"}
    assert facts(trial.now) == facts(list(watching.found.values()))
    assert "illegal_structure" not in {e.kind for e in trial.found}, "it stands outside the zone"
    assert [e.confirmed_at for e in trial.found if e.kind == "street_vending"] == [
        e.confirmed_at for e in trial.now if e.kind == "street_vending"
    ]
    assert trial.since == START
    assert trial.until == START + timedelta(seconds=3 * BLOCK - 1)


def test_what_was_learnt_as_known_is_known_and_stays_as_it_is(tmp_path: Path) -> None:
    first = Watching(site_of(), tmp_path)
    for n in range(10):
        first.see(*look(n, float(n), [("structure", 70, 0.9)]))
    [learnt] = tmp_path.glob("baseline-*.json")
    before = learnt.read_bytes(), learnt.stat().st_mtime_ns
    later = Watching(site_of(), tmp_path)
    for n in range(10, 40):
        later.see(*look(n, 1000.0 + n, [("structure", 70, 0.9), ("structure", 20, 0.9)]))
    trial = later.tried()
    assert [round(e.box[0], 2) for e in trial.now] == [0.2], "the old roof is no new one"
    assert facts(trial.now) == facts(list(later.found.values()))
    assert (learnt.read_bytes(), learnt.stat().st_mtime_ns) == before
    assert list(tmp_path.iterdir()) == [learnt]


def test_a_trial_whose_time_is_over_says_how_far_it_came() -> None:
    watching = Watching(site_of())
    street(watching)
    trial = watching.tried(longest_s=-1)
    assert (trial.looks, trial.kept, trial.found, trial.since) == (0, 3 * BLOCK, (), None)


def test_a_rule_that_fails_in_a_trial_costs_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    watching = Watching(site_of())
    street(watching)
    monkeypatch.setattr("vision.rules.overflowing_bin.OverflowingBin.look", None)
    assert facts(watching.tried().now) == facts(list(watching.found.values()))


@pytest.mark.parametrize(
    ("bounds", "kept"),
    [
        ({"most_looks": 2 * BLOCK}, 2 * BLOCK),
        ({"most_bytes": 1}, 0),
        ({}, 10 * BLOCK),
    ],
)
def test_what_is_kept_is_bounded(bounds: dict[str, int], kept: int) -> None:
    recent = RecentLooks(**bounds)
    for n in range(10 * BLOCK + 5):
        recent.add("gate", *look(n, float(n), [("stall", 10, 0.8)]))
    packed()
    found = recent.all().unpacked()
    assert [past.index for _, past in found] == list(range(10 * BLOCK - kept, 10 * BLOCK + 5))
    assert {preset for preset, _ in found} == {"gate"}
    assert recent.packed_bytes <= max(bounds.get("most_bytes", 10**6), 1)


def test_what_is_older_than_an_hour_is_let_go_and_a_picture_twice_is_one_look() -> None:
    recent = RecentLooks()
    for n in range(4 * BLOCK):
        for _ in range(2):
            recent.add(None, *look(n, n * 60.0, []))
    packed()
    assert len(recent.all().unpacked()) == 2 * BLOCK, (
        "the blocks that end within the hour before the last"
    )
