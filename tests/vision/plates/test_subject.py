"""Only the plate of the truck that a confirmed case is about is ever given to what reads."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from vision.detections import make_detections
from vision.episodes import BEST, Episode, EpisodeEvent, EpisodeStage, Still
from vision.errors import EngineError
from vision.evidence import EvidenceRole, EvidenceStore, Recorder
from vision.frames import Clock, Frame, crop
from vision.kinds import catalogue
from vision.plates import PlateReading
from vision.plates.subject import SubjectPlates
from vision.site import Camera, Site, SiteInfo, Zone
from vision.site.plates import Plates

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
NAMES = catalogue().class_names
SUBJECT, OTHER, CAR = (20, 20, 200, 200), (220, 20, 380, 200), (300, 120, 380, 200)
OURS, THEIRS, CARS, NOBODYS = (
    (90, 160, 130, 175),
    (280, 60, 320, 75),
    (330, 170, 360, 180),
    (205, 215, 230, 225),
)
READ = PlateReading("鄂A12345", (0.9,) * 7, "yellow")


class Reader:
    """Keeps what it was given."""

    def __init__(self, answer=READ):
        self.given, self.answer = [], answer

    def read(self, picture):
        self.given.append(picture.tobytes())
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 255, (240, 400, 3), dtype=np.uint8)


def look(*, also=()):
    """A subject, another truck and a car before it, and a plate of each."""
    boxes = np.array([SUBJECT, OTHER, CAR, OURS, THEIRS, CARS, NOBODYS, *also], np.float32)
    named = ["truck", "truck", "car", *["plate"] * (len(boxes) - 3)]
    ids = np.array([NAMES.index(name) for name in named])
    return make_detections(boxes, np.full(len(boxes), 0.9, np.float32), ids, NAMES)


def event_of(pixels, stage=EpisodeStage.CONFIRMED, **changes):
    episode = Episode(
        id="01E", kind="dirty_truck", subtype="not_sealed", camera="cam", zone="z",
        box=(0.1, 0.1, 0.5, 0.9), stage=stage, opened_at=NOW, last_seen_at=NOW, looks=3,
        score=0.8, clock=Clock.MEDIA, confirmed_at=NOW,
    )  # fmt: skip
    details = tuple(range(3, 7))  # whatever a rule calls details, other trucks' plates as well
    frame = Frame(pixels, "cam", NOW, 0)
    return EpisodeEvent(replace(episode, **changes), frame, look(), (0,), details)


@pytest.fixture
def made(tmp_path):
    """`made(reader)`: a recorder that reads plates by it."""

    def make(reader):
        zone = Zone(name="z", watch=("dirty_truck", "street_vending"))
        site = Site(site=SiteInfo(name="t"), cameras=(Camera(id="cam", source="x", zones=(zone,)),))
        return Recorder(EvidenceStore(tmp_path), site, plates=SubjectPlates(lambda: reader))

    return make


def test_other_trucks_plates_are_never_given_to_the_reader(made, pixels):
    reader = Reader()
    other = np.random.default_rng(1).integers(0, 255, (240, 400, 3), dtype=np.uint8)
    still = Still(BEST, Frame(other, "cam", NOW, 1), look(), (0,), (3, 4, 5))
    items = made(reader).record(replace(event_of(pixels), stills=(still,)))
    ours = np.array(OURS, np.float32)
    assert reader.given == [crop(other, ours).tobytes(), crop(pixels, ours).tobytes()]
    assert [item.role for item in items if item.plate is not None] == [EvidenceRole.SUBJECT] * 2
    assert {item.plate for item in items} == {None, READ}


@pytest.mark.parametrize("stage", [EpisodeStage.OPENED, EpisodeStage.DROPPED])
def test_nothing_is_read_before_it_is_confirmed(made, pixels, stage):
    reader = Reader()
    recorder = made(reader)
    recorder.record(event_of(pixels, stage, confirmed_at=None))
    assert reader.given == []


def test_no_plate_is_read_of_another_kind(made, pixels):
    reader = Reader()
    made(reader).record(event_of(pixels, kind="street_vending", subtype="stall"))
    assert reader.given == []


def test_without_being_asked_nothing_is_read(tmp_path, pixels):
    site = Site(site=SiteInfo(name="t"), cameras=(Camera(id="cam", source="x"),))
    assert SubjectPlates.where(wanted=site.plates.read) is None
    items = Recorder(EvidenceStore(tmp_path), site).record(event_of(pixels))
    assert all(item.plate is None for item in items)


def test_a_site_that_wants_it_opens_nothing_yet():
    pytest.importorskip("rapidocr")
    assert SubjectPlates.where(wanted=Plates(read=True).read) is not None


@pytest.mark.parametrize(
    "fault", [RuntimeError("network"), EngineError("not there"), MemoryError()]
)
def test_a_case_is_made_without_a_plate_that_cannot_be_read(made, pixels, caplog, fault):
    with caplog.at_level(logging.WARNING):
        items = made(Reader(fault)).record(event_of(pixels))
    assert EvidenceRole.SUBJECT in {item.role for item in items}
    assert all(item.plate is None for item in items)
    assert "reading a plate" in caplog.text


def test_of_many_plates_of_one_truck_the_largest_two_are_read(pixels):
    reader = Reader()
    boxes = np.array([[0, 0, 10 + n, 10] for n in range(9)], np.float32)
    SubjectPlates(lambda: reader).read(pixels, boxes)
    assert reader.given == [crop(pixels, boxes[n]).tobytes() for n in (8, 7)]
