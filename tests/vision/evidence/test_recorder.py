"""What is stored of an episode, and what is not."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import cv2
import numpy as np
import pytest
from av.packet import Packet

from vision.detections import make_detections
from vision.episodes import Episode, EpisodeEvent, EpisodeStage, Still
from vision.evidence import EvidenceRole, EvidenceStore, Recorder, annotate, mask, paint_privacy
from vision.evidence.space import SAID, LeftOut, left_out
from vision.frames import Clock, Frame
from vision.gap import Gap, GapCause
from vision.kinds import catalogue
from vision.site import Camera, Site, SiteInfo, Zone
from vision.sources.coded import Coded
from vision.sources.ring import Ring

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
NAMES = catalogue().class_names
PICTURES = [EvidenceRole.ORIGINAL, EvidenceRole.MASKED, EvidenceRole.ANNOTATED]


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 255, (240, 320, 3), dtype=np.uint8)


@pytest.fixture
def event(pixels):
    boxes = np.array([[40, 60, 140, 200], [200, 40, 240, 160]], np.float32)
    ids = np.array([NAMES.index("stall"), NAMES.index("person")])
    episode = Episode(
        id="01E", kind="street_vending", subtype="stall", camera="cam", zone="z",
        box=(0.1, 0.2, 0.4, 0.8), stage=EpisodeStage.OPENED, opened_at=NOW, last_seen_at=NOW,
        looks=3, score=0.8, clock=Clock.MEDIA,
    )  # fmt: skip
    detections = make_detections(boxes, np.array([0.8, 0.9], np.float32), ids, NAMES)
    return EpisodeEvent(episode, Frame(pixels, "cam", NOW, 0), detections, (0,))


@pytest.fixture
def recorder(tmp_path):
    privacy = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2), (0.0, 0.2))
    zone = Zone(name="z", watch=("street_vending",))
    camera = Camera(id="cam", source="x", zones=(zone,), privacy=(privacy,))
    return Recorder(EvidenceStore(tmp_path), site_of(camera))


@pytest.fixture
def open_street():
    """The same camera without its privacy zone."""
    return site_of(Camera(id="cam", source="x", zones=(Zone(name="z", watch=("street_vending",)),)))


def site_of(camera):
    return Site(site=SiteInfo(name="t"), cameras=(camera,))


@pytest.fixture
def disk(monkeypatch):
    """`disk(total, free)`: the disk has so many bytes, and this share of them is free."""

    def make(total, free):
        usage = shutil._ntuple_diskusage(total, total - int(free * total), int(free * total))
        monkeypatch.setattr("vision.evidence.space.shutil.disk_usage", lambda _: usage)

    return make


def at(event, stage):
    return replace(event, episode=replace(event.episode, stage=stage))


def test_nothing_is_stored_before_it_is_confirmed(recorder, event, tmp_path):
    assert recorder.record(event) == []
    assert recorder.record(at(event, EpisodeStage.DROPPED)) == []
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_confirmed_stores_both_moments(recorder, event, tmp_path, pixels):
    recorder.record(event)
    items = recorder.record(at(event, EpisodeStage.CONFIRMED))
    roles = [(i.moment, i.role) for i in items]
    assert roles == [(m, r) for m in ("opened", "confirmed") for r in PICTURES]
    store = EvidenceStore(tmp_path)
    original = cv2.imdecode(np.frombuffer(store.read(items[0].sha256), np.uint8), cv2.IMREAD_COLOR)
    outside = np.s_[60:, 80:]
    np.testing.assert_array_equal(original[outside], pixels[outside])
    assert (original[:40, :55] == 96).all(), "the privacy zone was painted out"
    assert all(i.of == items[0].sha256 for i in items[1:3])


def test_masking_hides_people_and_nothing_else(event, pixels):
    masked = mask(pixels, event.detections)
    person, elsewhere = np.s_[40:160, 200:240], np.s_[:, :200]
    np.testing.assert_array_equal(masked[elsewhere], pixels[elsewhere])
    assert masked[person].std(axis=(0, 1)).max() < pixels[person].std(axis=(0, 1)).min() / 3
    assert np.shares_memory(masked, pixels) is False


def test_annotation_draws_on_a_copy(event, pixels):
    before = pixels.copy()
    drawn = annotate(pixels, event.detections, (0,), ("占道经营 0.80",), ((0, 0), (1, 0), (1, 1)))
    np.testing.assert_array_equal(pixels, before)
    assert (drawn[60, 40:140] != before[60, 40:140]).any()


def test_no_privacy_zone_costs_no_copy(pixels):
    assert paint_privacy(pixels, ()) is pixels


def test_a_clip_that_cannot_be_written_costs_no_picture(recorder, event, open_street, caplog):
    recorder.follow(open_street)
    ring = Ring(10)
    ring.begin(Coded("rawvideo", 4, 4))
    packet = Packet(b"no video")
    packet.pts, packet.is_keyframe, packet.time_base = 0, True, Fraction(1, 10)
    ring.add(packet)
    cleared = replace(at(event, EpisodeStage.CLEARED), recording=ring.recording())
    assert [item.role for item in recorder.record(cleared)] == PICTURES
    assert "the clip could not be written" in caplog.text


class Sent:
    def mp4(self):
        return b"what was sent"


def test_the_clip_of_a_confirmation_is_stored_when_it_is_whole(
    recorder, event, open_street, tmp_path
):
    recorder.follow(open_street)
    confirmed = replace(at(event, EpisodeStage.CONFIRMED), recording=Sent())
    assert {item.media_type for item in recorder.record(confirmed)} == {"image/png", "image/jpeg"}
    supplement = replace(at(event, EpisodeStage.SUPPLEMENTED), recording=Sent())
    (clip,) = recorder.record(supplement)
    assert (clip.role, clip.moment, clip.of) == (EvidenceRole.ORIGINAL, "confirmed", None)
    assert EvidenceStore(tmp_path).read(clip.sha256) == b"what was sent"
    assert recorder.record(replace(supplement, recording=None)) == []


def test_a_clip_is_not_stored_once_a_privacy_zone_is_drawn(recorder, event):
    supplement = replace(at(event, EpisodeStage.SUPPLEMENTED), recording=Sent())
    assert recorder.record(supplement) == []
    gone = replace(at(event, EpisodeStage.CLEARED), recording=Sent())
    assert [item.role for item in recorder.record(gone)] == PICTURES


def test_a_picture_that_waited_is_painted_by_the_site_in_force(recorder, event, open_street):
    def corner(moment):
        original = recorder.record(at(event, moment))[0]
        stored = cv2.imdecode(
            np.frombuffer(recorder._store.read(original.sha256), np.uint8), cv2.IMREAD_COLOR
        )
        return (stored[:30, :50] == 96).all()

    assert corner(EpisodeStage.CONFIRMED)
    recorder.follow(open_street)
    assert not corner(EpisodeStage.CONFIRMED)
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    camera = open_street.cameras[0].model_copy(update={"privacy": (whole,)})
    recorder.follow(site_of(camera))
    recorder.follow(Site(site=SiteInfo(name="t")))
    assert corner(EpisodeStage.CLEARED), "its camera has left the site; it is painted as it was"


def test_the_best_look_is_stored_as_the_others_are(recorder, event, tmp_path, pixels):
    recorder.record(event)
    better = Frame(np.flipud(pixels).copy(), "cam", NOW, 3)
    still = Still("best", better, event.detections, (0,), (1,))
    confirmed = replace(at(event, EpisodeStage.CONFIRMED), stills=(still,))
    items = recorder.record(confirmed)
    roles = [(i.moment, i.role) for i in items]
    best = [*PICTURES, EvidenceRole.ORIGINAL]  # and the plate by itself
    assert roles == [
        *(("opened", r) for r in PICTURES),
        *(("best", r) for r in best),
        *(("confirmed", r) for r in PICTURES),
    ]
    original, masked, annotated, _ = items[3:7]
    assert masked.of == annotated.of == original.sha256
    content = EvidenceStore(tmp_path).read(original.sha256)
    shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(shown[60:, 80:], better.pixels[60:, 80:])
    assert (shown[:40, :55] == 96).all(), "the privacy zone was painted out"


def test_gaps_are_in_the_record_of_the_decision(recorder, event, tmp_path):
    gap = Gap(GapCause.OFFLINE, NOW, NOW + timedelta(seconds=40))
    told = b'{"format":"streetwarden.decision.v1"}'
    confirmed = replace(at(event, EpisodeStage.CONFIRMED), recorded=lambda: told, gaps=(gap,))
    record = next(i for i in recorder.record(confirmed) if i.role is EvidenceRole.RECORD)
    assert json.loads(EvidenceStore(tmp_path).read(record.sha256)) == {
        "format": "streetwarden.decision.v1",
        "gaps": [
            {"cause": "offline", "since": "2026-11-20T08:00:00Z", "until": "2026-11-20T08:00:40Z"}
        ],
    }


def test_opening_frames_are_held_within_a_bound(recorder, event, monkeypatch):
    monkeypatch.setattr("vision.evidence.recorder.MOST_OPENED_BYTES", 240 * 320 * 3)
    other = replace(event, episode=replace(event.episode, id="02E"), frame=replace(event.frame))
    beside = replace(event, episode=replace(event.episode, id="03E"))  # in the same look
    for opened in (event, other, beside):
        recorder.record(opened)
    moments = [
        {item.moment for item in recorder.record(at(opened, EpisodeStage.CONFIRMED))}
        for opened in (event, other, beside)
    ]
    assert moments == [{"opened", "confirmed"}, {"confirmed"}, {"opened", "confirmed"}]


def test_a_detail_is_kept_by_itself_unmasked(recorder, event, tmp_path, pixels):
    confirmed = replace(at(event, EpisodeStage.CONFIRMED), details=(1,))
    (*pictures, detail) = recorder.record(confirmed)
    assert [item.role for item in pictures] == PICTURES
    assert (detail.role, detail.of) == (EvidenceRole.ORIGINAL, None)
    content = EvidenceStore(tmp_path).read(detail.sha256)
    shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    np.testing.assert_array_equal(shown, pixels[40 - 7 : 160 + 7, 200 - 2 : 240 + 2])


def test_of_an_end_by_the_clock_no_picture_is_stored(recorder, event):
    """The look that tells it may be of the next day, or out of hours."""
    recorder.record(at(event, EpisodeStage.CONFIRMED))
    ended = replace(at(event, EpisodeStage.ENDED), recorded=lambda: b"{}")
    assert [item.role for item in recorder.record(ended)] == [EvidenceRole.RECORD]


BOTH = {"opened": PICTURES, "confirmed": PICTURES}


@pytest.mark.parametrize(
    ("free", "kept"),
    [
        (0.06, (BOTH, None)),
        (0.04, (BOTH, "clips")),
        (0.01, ({"confirmed": PICTURES[:2]}, "further_stills")),
    ],
)
def test_a_disk_that_fills_up_takes_the_decisive_picture_to_the_last(
    recorder, event, disk, free, kept
):
    moments, said = kept
    disk(50 * 10**9, free)
    recorder.record(event)
    confirmed = replace(at(event, EpisodeStage.CONFIRMED), recorded=lambda: b'{"looks":[]}')
    found: dict[str, list[EvidenceRole]] = {}
    for item in recorder.record(confirmed):
        if item.role is EvidenceRole.RECORD:
            content = recorder._store.read(item.sha256)
        else:
            found.setdefault(item.moment, []).append(item.role)
    assert found == moments
    assert json.loads(content) == {"looks": []} | ({"left_out": said} if said else {})


@pytest.mark.parametrize(
    ("free", "total", "level"),
    [
        (0.05, 10**9, LeftOut.NOTHING),
        (0.049, 10**9, LeftOut.CLIPS),
        (0.019, 10**9, LeftOut.FURTHER_STILLS),
        # Of a large disk a share would be more than anybody needs.
        (0.04, 10**13, LeftOut.NOTHING),
        (0.001, 10**13, LeftOut.CLIPS),
        (0.0001, 10**13, LeftOut.FURTHER_STILLS),
    ],
)
def test_what_is_left_out_depends_on_the_disk(disk, tmp_path, free, total, level):
    disk(total, free)
    assert left_out(tmp_path) is level
    assert level in SAID


@pytest.mark.parametrize(
    ("plate", "before", "shown"),
    [
        ((100, 150, 130, 165), None, True),
        ((200, 60, 230, 75), None, False),  # another vehicle's, or nobody's
        ((100, 150, 130, 165), (90, 120, 150, 190), False),  # a car that stands before the truck
        ((100, 150, 130, 165), (30, 10, 310, 230), True),  # a bus behind it
    ],
)
def test_the_subjects_plate_alone_is_shown_to_who_decides(recorder, event, plate, before, shown):
    boxes = [(40, 40, 180, 200), plate, (44, 44, 60, 80), *([before] if before else [])]
    names = ["truck", "plate", "person", *(["car"] if before else [])]
    ids = np.array([NAMES.index(name) for name in names])
    scores = np.full(len(boxes), 0.8, np.float32)
    found = make_detections(np.array(boxes, np.float32), scores, ids, NAMES)
    confirmed = replace(at(event, EpisodeStage.CONFIRMED), detections=found, focus=(0,))
    items = {item.role: item for item in recorder.record(confirmed)}
    assert (EvidenceRole.SUBJECT in items) is shown
    if not shown:
        return
    content = np.frombuffer(recorder._store.read(items[EvidenceRole.SUBJECT].sha256), np.uint8)
    picture = cv2.imdecode(content, cv2.IMREAD_COLOR).astype(int)
    x1, y1, x2, y2 = plate
    assert picture[y1:y2, x1:x2].std() > 40
    assert picture[46:78, 46:58].std() < 30, "the person is hidden"


def test_each_picture_says_where_in_it_the_violation_is(recorder, event):
    confirmed = replace(event, episode=replace(event.episode, stage=EpisodeStage.CONFIRMED))
    with_crop = replace(confirmed, details=(1,))
    *whole, crop = recorder.record(with_crop)
    assert [item.boxes for item in whole] == [((0.125, 0.25, 0.4375, 0.8333),)] * 3
    assert crop.boxes == ()
    gone = replace(event, episode=replace(event.episode, stage=EpisodeStage.CLEARED), focus=())
    assert {item.boxes for item in recorder.record(gone)} == {()}
