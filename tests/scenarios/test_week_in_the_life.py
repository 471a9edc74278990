"""A week in the life of one camera and the case store, whatever befalls them.

Hours, days, restarts, crashes, a new address, permits that come and go, hours without a look, and
clocks that are set: no episode spans closed hours or a gap, all of its times are of looks that
showed it, and one violation is one case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.cases.intake import CaseIntake
from api.delivery.events import Announcer
from api.records.site_chain import SiteChain
from api.storage.database import Database
from api.storage.tables import CaseRow, SightingRow
from tests.api.world import DETECTOR
from vision.detections import make_detections
from vision.episodes import EndedBy, Episode, EpisodeEvent, EpisodeStage
from vision.frames import Clock, Frame
from vision.kinds import catalogue
from vision.pipeline.memory import memory_of
from vision.rules import CameraRules, camera_rules
from vision.rules.gaps import GAP_LOOKS
from vision.site import Site

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 10, 19, 9, tzinfo=BERLIN)
"""The clocks are set back on the Sunday of this week."""
LOOK, DWELL, CLEAR, DEDUPE = (timedelta(minutes=m) for m in (1, 10, 4, 240))
LAPSE = max(CLEAR, GAP_LOOKS * LOOK)
VENDING, BINS = "street_vending", "overflowing_bin"
NAMES = catalogue().class_names
# In a picture of 100×100 pixels; the permit covers its left half, and what flickers is seen on one
# look of four.
THINGS = {
    "left": ("stall", (5, 40, 20, 70)),
    "right": ("stall", (60, 40, 75, 70)),
    "flicker": ("stall", (80, 40, 95, 70)),
    "bin": ("overflowing_bin", (30, 40, 40, 60)),
}
HOURS: list[list[str]] = [
    [],
    ["Mon-Sun 06:00-22:00"],
    ["Mon-Fri 08:00-12:00", "Mon-Fri 14:00-18:00", "Sun 00:00-24:00"],
    ["Mon-Sun 20:00-02:30"],
]


@dataclass
class Week:
    """One camera, its rules and the case store, and what was really to be seen."""

    root: Path
    hours: list[str]
    now: datetime = MONDAY
    ahead: timedelta = timedelta(0)
    address: int = 1
    permitted: bool = False
    shown: dict[str, list[datetime]] = field(default_factory=lambda: {n: [] for n in THINGS})
    looked: datetime | None = None
    steps: int = 0
    opened: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = Database.open(f"sqlite:///{self.root / 'cases.db'}")
        SiteChain.open(self.database, self.root / "site.key")
        self.start()

    def start(self) -> None:
        """A new process: it must hold all that the store has open."""
        settings_ = {
            VENDING: {"dwell": "10m", "looks": 3, "clear": "4m", "dedupe": "4h"},
            BINS: {"dwell": "30m", "looks": 2, "clear": "10m"},
        }
        zone = {"name": "a/1", "watch": list(settings_), "hours": self.hours}
        camera = {
            "id": "gate",
            "source": f"rtsp://10.0.0.{self.address}/1",
            "analyse_fps": 1 / LOOK.total_seconds(),
            "zones": [zone | {"settings": settings_}],
        }
        half = ((0, 0), (0.5, 0), (0.5, 1), (0, 1))
        permit = {"name": "p", "camera": "gate", "polygon": half, "hours": ["Mon-Sun 10:00-13:00"]}
        self.site = Site.model_validate(
            {
                "site": {"name": "t", "timezone": "Europe/Berlin"},
                "cameras": [camera],
                "permits": [permit] if self.permitted else [],
            }
        )
        (made,) = self.site.cameras
        folder = memory_of(made, self.root)
        assert folder is not None
        self.rules = CameraRules(
            camera_rules(self.site, made, threshold=0.4, memory=folder),
            model={},
            file=folder / "rules.json",
        )
        self.intake = CaseIntake(self.database, self.site, DETECTOR, Announcer(self.site).announce)
        assert self.intake.end_unwatched(self.rules.held) == 0, "something was forgotten"

    def look(self, things: Sequence[str], *, crash: bool = False) -> None:
        """The next look; in a crash, nobody stores what it changes, and a new process goes on."""
        at = (self.now + self.ahead).astimezone(ZoneInfo("UTC"))
        seen = [n for n in things if n != "flicker" or int(at.timestamp() / 60) % 4 == 0]
        watched = self.watched(at)
        if watched:
            self._keep_time(at)
            for name in seen:
                if name != "left" or not self.may(at):
                    self.shown[name].append(at)
        frame = Frame(
            np.zeros((100, 100, 3), np.uint8), "gate", at, int(self.now.timestamp()), Clock.STREAM
        )
        boxes = np.array([THINGS[n][1] for n in seen], np.float32).reshape(-1, 4)
        ids = np.array([NAMES.index(THINGS[n][0]) for n in seen], np.int64)
        scores = np.full(len(seen), 0.9, np.float32)
        for event in self.rules.look(frame, make_detections(boxes, scores, ids, NAMES)):
            self._check(event, at)
            if not crash:
                self.intake.take(event, [])
                self.rules.stored(event.episode)
        self.now += LOOK
        if crash:
            self.start()

    def watched(self, at: datetime) -> bool:
        (zone,) = self.site.cameras[0].zones
        return zone.watched_at(at.astimezone(BERLIN), ())

    def may(self, at: datetime) -> bool:
        return any(p.holds_at(at.astimezone(BERLIN), ()) for p in self.site.permits)

    def _keep_time(self, at: datetime) -> None:
        if self.looked is not None and at < self.looked:
            by = at - self.looked
            self.shown = {name: [t + by for t in times] for name, times in self.shown.items()}
        self.looked = at

    def _check(self, event: EpisodeEvent, at: datetime) -> None:
        episode = event.episode
        if episode.stage is EpisodeStage.OPENED:
            self.opened[episode.id] = self.steps
        if episode.stage in (EpisodeStage.OPENED, EpisodeStage.DROPPED):
            return
        assert episode.opened_at <= episode.last_seen_at
        assert episode.confirmed_at is not None
        assert episode.opened_at <= episode.confirmed_at
        if episode.stage is EpisodeStage.ENDED:
            assert episode.cleared_at is None
            assert episode.ended_at is not None
        if self.opened[episode.id] == self.steps:  # no clock was set meanwhile
            self._check_times(episode, at)

    def _check_times(self, episode: Episode, at: datetime) -> None:
        names = ["bin"] if episode.kind == BINS else ["left", "right"]
        stood = sorted(t for name in names for t in self.shown[name])
        every = {t for times in self.shown.values() for t in times}
        assert episode.opened_at in stood
        assert episode.last_seen_at in every
        assert episode.last_seen_at <= at
        if episode.stage is EpisodeStage.CONFIRMED:
            assert episode.last_seen_at in stood
        if episode.stage is EpisodeStage.ENDED:
            assert episode.ended_at is not None
            assert episode.last_seen_at <= episode.ended_at <= at
            if episode.ended_by is EndedBy.HOURS:
                assert not self.watched(episode.ended_at)
            if episode.ended_by is EndedBy.PERMIT:
                assert self.may(episode.ended_at)
        if episode.kind == BINS:
            assert episode.stage is not EpisodeStage.ENDED, "the clock empties no bin"
            return
        minute = episode.opened_at
        while minute <= episode.last_seen_at:
            assert self.watched(minute), "it spans closed hours"
            minute += LOOK
        if episode.stage is EpisodeStage.CONFIRMED:
            assert episode.confirmed_at is not None
            stay = [t for t in stood if episode.opened_at <= t <= episode.confirmed_at]
            assert stay[-1] - stay[0] >= DWELL
            assert max(b - a for a, b in pairwise(stay)) <= LAPSE, "it spans a gap"

    def check_cases(self) -> None:
        """What the store has in the end."""
        with self.database.read() as session:
            for kind in (VENDING, BINS):
                cases = session.scalars(
                    select(CaseRow).where(CaseRow.kind == kind).order_by(CaseRow.first_seen_at)
                ).all()
                going_on = {e.id for r in self.rules.rules for e in r.episodes if e.kind == kind}
                held = [s for c in cases for s in c.sightings if s.ended_at is None]
                assert {s.episode_id for s in held} <= self.rules.held
                assert len(held) <= 1 or kind == BINS
                assert going_on <= {s.episode_id for s in held} | self.rules.held
                for case in cases:
                    assert case.dwell_s >= 0
                    assert (case.ended_at is None) == any(
                        s.ended_at is None for s in case.sightings
                    )
                if not self.steps:
                    self._check_one_case(kind, cases)

    def _check_one_case(self, kind: str, cases: Sequence[CaseRow]) -> None:
        for case in cases:
            assert case.first_seen_at <= case.confirmed_at
            for a, b in pairwise(case.sightings) if kind == VENDING else ():
                assert b.opened_at - a.last_seen_at <= DEDUPE
        for one, other in pairwise(cases):
            if kind == VENDING:
                assert other.first_seen_at - one.last_seen_at > DEDUPE, "one violation, two cases"
            else:
                assert one.cleared_at is not None, "a bin is one case until it is cleared"
                assert one.cleared_at <= other.first_seen_at
            assert one.id in (other.prior_cases or ())


@contextmanager
def week(hours: list[str]) -> Iterator[Week]:
    with TemporaryDirectory() as folder:
        made = Week(Path(folder), hours)
        try:
            yield made
        finally:
            made.database.close()


def live(made: Week, steps: Sequence[tuple[str, Any]]) -> None:
    for step, value in steps:
        if step == "looks":
            minutes, things = value
            for _ in range(minutes):
                made.look(things)
        elif step == "gap":
            made.now += timedelta(minutes=value)
        elif step == "clock":
            made.ahead += timedelta(minutes=value)
            made.steps += 1
        elif step == "crash":
            made.look(value, crash=True)
        else:
            made.address += step == "address"
            made.permitted ^= step == "permit"
            made.start()


things = st.lists(st.sampled_from(sorted(THINGS)), unique=True, max_size=4)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("looks"), st.tuples(st.integers(1, 40), things)),
        st.tuples(st.just("looks"), st.tuples(st.integers(5, 20), things)),
        st.tuples(
            st.just("gap"),
            st.one_of(st.integers(1, 12), st.sampled_from([60, 200, 300, 700, 1440])),
        ),
        st.tuples(st.sampled_from(["restart", "address", "permit"]), st.none()),
        st.tuples(st.just("crash"), things),
        st.tuples(st.just("clock"), st.sampled_from([-60, -7, 3, 60])),
    ),
    max_size=30,
)
STANDS = ("looks", (30, ["left", "bin"]))


# A failing week takes minutes to shrink. The same weeks at every run: a new one that fails is for
# who changes a rule, not for who changes something else; turn it off to look for some.
@settings(derandomize=True, max_examples=60, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(hours=st.sampled_from(HOURS), steps=steps)
@example(hours=HOURS[1], steps=[STANDS, ("gap", 24 * 60 - 30)] * 7)
@example(hours=HOURS[1], steps=[STANDS, ("gap", 13 * 60), ("address", None), ("gap", 630)] * 3)
@example(hours=[], steps=[STANDS, ("permit", None), STANDS, ("gap", 190), STANDS])
@example(hours=[], steps=[STANDS, ("permit", None), ("crash", ["left"]), ("gap", 240), STANDS])
@example(hours=HOURS[2], steps=[STANDS, ("gap", 300), ("crash", ["left"]), STANDS])
@example(  # A 1: four minutes, hours of flicker, and a minute
    hours=[],
    steps=[
        ("looks", (8, ["left"])),
        *[("looks", (40, ["flicker"]))] * 3,
        ("looks", (4, ["right"])),
    ],
)
@example(  # the night in which the clocks are set, in hours that end in it
    hours=HOURS[3],
    steps=[("gap", 6 * 1440 + 16 * 60), *[("looks", (40, ["right"]))] * 4],
)
@example(  # the clock set back: of two stalls of a case the later one clears, the other is held
    hours=[],
    steps=[
        ("looks", (11, ["right"])),
        ("looks", (5, [])),
        ("clock", -60),
        ("looks", (11, ["left"])),
    ],
)
def test_no_week_breaks_what_is_promised(hours: list[str], steps: list[tuple[str, Any]]) -> None:
    with week(hours) as made:
        live(made, steps)
        made.check_cases()


def cases_of(made: Week, kind: str) -> list[CaseRow]:
    with made.database.read() as session:
        found = session.scalars(select(CaseRow).where(CaseRow.kind == kind).order_by(CaseRow.id))
        return list(found)


def test_a_stall_of_every_day_is_a_case_of_every_day_and_a_full_bin_one() -> None:
    with week(["Mon-Sat 06:00-22:00"]) as made:
        for _ in range(7):
            live(made, [STANDS, ("restart", None), ("gap", 24 * 60 - 60), STANDS])
        stalls, (one,) = cases_of(made, VENDING), cases_of(made, BINS)
        assert len(stalls) == 7, "six days, the first one's case goes on to the evening of none"
        assert [case.ended_by for case in stalls[:-1]] == ["hours_over"] * 6
        assert all(case.cleared_at is None for case in stalls)
        assert [len(case.prior_cases or ()) for case in stalls] == list(range(7))
        assert (one.ended_at, one.first_seen_at) == (None, MONDAY)


def test_a_new_address_is_no_new_camera() -> None:
    with week([]) as made:
        live(made, [STANDS, ("address", None), STANDS, ("looks", (15, []))])
        (stall,), (one,) = cases_of(made, VENDING), cases_of(made, BINS)
        assert stall.cleared_at is not None
        assert one.cleared_at is not None
        with made.database.read() as session:
            assert len(session.scalars(select(SightingRow)).all()) == 2


def test_a_stall_that_comes_back_after_lunch_is_the_case_reopened() -> None:
    with week(HOURS[2]) as made:
        live(made, [("gap", 120), ("looks", (90, ["right"])), ("gap", 60), STANDS])
        live(made, [("looks", (30, ["right"]))])
        (stall,) = cases_of(made, VENDING)
        with made.database.read() as session:
            row = session.get_one(CaseRow, stall.id)
            assert [entry.action for entry in row.log] == ["opened", "ended", "reopened"]
            assert len(row.sightings) == 2
