"""Findings that are one thing become one violation, and others do not."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from datetime import datetime, timedelta
from itertools import product

import cv2
import numpy as np
import pytest

from vision.audit.merging.area import GATE, Area, apart, common
from vision.audit.merging.likeness import differing, fingerprint
from vision.audit.merging.overlaps import PARTNERS, lay_over, worth_it
from vision.audit.merging.violations import merge
from vision.audit.records import FindingRecord, Picture, PictureRecord, Place
from vision.geo import DronePose, LocalPlane, NoGround, PoseDeviations

HOME = LocalPlane(113.38, 31.71)
NOON = datetime(2026, 5, 1, 12, 0)  # noqa: DTZ001 - a camera's clock
BIN, HEAP = ("overflowing_bin", "bin_overflow"), ("overflowing_bin", "exposed_garbage")
MUD, OPEN = ("dirty_truck", "mud_on_wheels"), ("dirty_truck", "not_sealed")
STALL = ("street_vending", "stall")
PHOTOS = 600
BOX = (400.0, 300.0, 500.0, 400.0)


def place(east: float, north: float, axes=(6.0, 6.0, 0.0), method="pose") -> Place:
    lon, lat = HOME.degrees(east, north)
    ellipse = None if method == "exif" else axes
    return Place(lon=lon, lat=lat, accuracy_m=axes[0], ellipse=ellipse, method=method)


def finding(what=HEAP, where: Place | None = None, box=BOX, score=0.6) -> FindingRecord:
    words = {"zh": "", "en": ""}
    return FindingRecord(
        kind=what[0], subtype=what[1], score=score, box=box, objects=1, codes={}, why=words,
        basis=words, data={}, place=where,
    )  # fmt: skip


def picture(name: str, *findings: FindingRecord, taken_at: datetime | None = NOON) -> Picture:
    record = PictureRecord(
        sha256=f"{name:0>64}",
        width=1000,
        height=750,
        taken_at=taken_at.isoformat() if taken_at else "",
        position=None,
        annotated=f"pictures/{name}.jpg",
        seen={},
        findings=findings,
        objects=(),
        fingerprint=hashlib.sha256(name.encode()).hexdigest()[:16],
    )
    return Picture(name=f"{name}.jpg", record=record)


def groups(pictures, overlaps=None) -> list[list[str]]:
    found = merge(pictures, overlaps or {})
    return sorted(sorted(f"{s.picture[:-4]}{s.finding}" for s in v.sightings) for v in found)


def key(a: str, b: str) -> tuple[str, str]:
    return f"{a:0>64}", f"{b:0>64}"


def test_one_thing_in_two_photos_is_one_violation_with_both() -> None:
    later = NOON + timedelta(seconds=5)
    a = picture("a", finding(HEAP, place(0, 0, (4, 4, 0)), score=0.5), taken_at=later)
    b = picture("b", finding(BIN, place(3, 0, (8, 8, 0)), score=0.8))
    (violation,) = merge([a, b], {})
    assert [s.picture for s in violation.sightings] == ["b.jpg", "a.jpg"]
    assert (violation.subtype, violation.score) == ("bin_overflow", 0.8)
    assert violation.first_taken_at == NOON.isoformat()
    assert violation.last_taken_at == later.isoformat()
    assert violation.place is not None
    east, _ = HOME.metres(violation.place.lon, violation.place.lat)
    assert east == pytest.approx(3 * 4**2 / (4**2 + 8**2), abs=0.02), "the surer counts for more"
    assert merge([b], {})[0].id == violation.id, "a further photo leaves a violation its name"


def test_what_is_no_one_thing_stays_two() -> None:
    here = place(0, 0)
    apart_by_much = [picture("a", finding(HEAP, here)), picture("b", finding(HEAP, place(9, 0)))]
    other_kind = [picture("a", finding(HEAP, here)), picture("b", finding(STALL, here))]
    one_photo = [picture("a", finding(HEAP, here), finding(HEAP, place(1, 0)))]
    week = timedelta(days=8)  # a bin is emptied meanwhile
    other_week = [
        picture("a", finding(HEAP, here)),
        picture("b", finding(HEAP, here), taken_at=NOON + week),
    ]
    nowhere = [picture("a", finding(HEAP)), picture("b", finding(HEAP))]
    beside = place(0, 0, method="exif")  # where the camera was says little of the thing
    by_camera = [picture("a", finding(HEAP, beside)), picture("b", finding(HEAP, beside))]
    for two in (apart_by_much, other_kind, one_photo, other_week, nowhere, by_camera):
        assert len(merge(two, {})) == 2


def test_trucks_are_one_only_by_state_and_time() -> None:
    here = place(0, 0)
    both = [picture(n, finding(MUD, here), finding(OPEN, here)) for n in "ab"]
    assert groups(both) == [["a0", "b0"], ["a1", "b1"]]
    undated = [picture(n, finding(MUD, here), taken_at=None) for n in "ab"]
    assert len(merge(undated, {})) == 2, "the next truck may stand there"
    later = picture("b", finding(MUD, here), taken_at=NOON + timedelta(minutes=11))
    assert len(merge([both[0], later], {})) == 3


def test_two_ends_of_a_market_are_one() -> None:
    near, far = place(0, 0, (1, 1, 0)), place(12, 0, (1, 1, 0))
    assert (
        len(merge([picture("a", finding(STALL, near)), picture("b", finding(STALL, far))], {})) == 1
    )
    assert (
        len(merge([picture("a", finding(HEAP, near)), picture("b", finding(HEAP, far))], {})) == 2
    )


def test_things_in_a_row_are_paired_as_a_whole() -> None:
    """The second photo's pose is 4 m off, so each thing is nearer to the other's neighbour."""
    a = picture("a", *(finding(HEAP, place(6.0 * n, 0)) for n in range(3)))
    b = picture("b", *(finding(HEAP, place(6.0 * n + 4, 0)) for n in range(3)))
    assert groups([a, b]) == [["a0", "b0"], ["a1", "b1"], ["a2", "b2"]]


def test_pictures_laid_over_each_other_say_more_than_places() -> None:
    left, right = (100.0, 300.0, 200.0, 400.0), (300.0, 300.0, 400.0, 400.0)
    shift = np.array([[1, 0, -0.2], [0, 1, 0], [0, 0, 1]], np.float64)  # 200 pixels to the left
    a = picture("a", finding(HEAP, place(0, 0), left), finding(HEAP, place(3, 0), right))
    b = picture("b", finding(HEAP, place(3, 0), right))
    assert groups([a, b], {key("a", "b"): shift}) == [["a0", "b0"], ["a1"]]
    only = picture("a", finding(HEAP, place(3, 0), right))
    assert len(merge([only, b], {key("a", "b"): shift})) == 2, "it lies elsewhere in the other"
    bare = [picture("a", finding(HEAP, None, left)), picture("b", finding(HEAP, None, right))]
    assert groups(bare, {key("a", "b"): shift}) == [["a0", "b0"]]


def flight(rng: np.random.Generator, apart_m: float) -> tuple[list[Picture], dict[str, list[int]]]:
    """Six strips of eight photos, poses as bad as the deviations say; which thing each finding is.

    Of 100 things in view 15 are missed. Things are `apart_m` from each other.
    """
    sd, things = PoseDeviations(), [
        (apart_m * x + rng.uniform(-1, 1), apart_m * y + rng.uniform(-1, 1))
        for x, y in product(range(-6, 7), range(-6, 7))
        if rng.random() < 0.5
    ]  # fmt: skip
    pictures, shows = [], {}
    for strip, step in product(range(6), range(8)):
        at = np.array((18.0 * (strip - 2.5), 14.0 * (step - 3.5)))
        told = at + rng.normal(0, sd.position_m, 2)
        lon, lat = HOME.degrees(*told.tolist())
        height = 40 + rng.normal(0, sd.altitude_m)
        pose = DronePose(
            lon=lon, lat=lat, altitude_m=height, yaw=rng.normal(0, sd.yaw), pitch=-90.0,
            fov=70.0, width=4000, height=3000, deviations=sd,
        )  # fmt: skip
        findings, names = [], []
        for number in rng.permutation(len(things)).tolist():
            across, down = (np.array(things[number]) - at) / 56.0 * (1, -4 / 3) + 0.5
            if not (0.02 < across < 0.98 and 0.02 < down < 0.98) or rng.random() < 0.15:
                continue
            try:
                seen = pose.position(across, down)
            except NoGround:
                continue
            assert seen.ellipse is not None
            axes = (seen.ellipse.major_m, seen.ellipse.minor_m, seen.ellipse.bearing)
            east, north = HOME.metres(seen.lon, seen.lat)
            x, y = across * 1000, down * 750
            box = (x - 10, y - 10, x + 10, y + 10)
            findings.append(finding(HEAP, place(east, north, axes), box, rng.uniform(0.3, 0.9)))
            names.append(number)
        name = f"{strip}{step}"
        taken = NOON + timedelta(seconds=2 * len(pictures))
        pictures.append(picture(name, *findings, taken_at=taken))
        shows[f"{name}.jpg"] = names
    return pictures, shows


def test_a_whole_flight_has_one_violation_for_each_thing() -> None:
    """By places alone, without a picture to lay over another; things twice an error apart."""
    right, listed, there = 0, 0, 0
    for seed in range(3):
        pictures, shows = flight(np.random.default_rng(seed), 16.0)
        violations = merge(pictures, {})
        whose = [Counter(shows[s.picture][s.finding] for s in v.sightings) for v in violations]
        of = Counter(thing for counted in whose for thing in counted)
        right += sum(len(c) == 1 and of[next(iter(c))] == 1 for c in whose)
        listed += len(violations)
        there += len(of)
    print(f"precision {right / listed:.3f}, recall {right / there:.3f} of {there} things")
    assert right >= 0.95 * listed
    assert right >= 0.95 * there


def test_the_order_of_the_pictures_does_not_matter() -> None:
    pictures, _ = flight(np.random.default_rng(7), 9.0)
    first = merge(pictures, {})
    assert sum(len(v.sightings) for v in first) == sum(
        len(p.record.findings) for p in pictures if p.record
    )
    for seed in range(3):
        shuffled = [pictures[n] for n in np.random.default_rng(seed).permutation(len(pictures))]
        assert merge(shuffled, {}) == first
    for violation in first:
        names = [s.picture for s in violation.sightings]
        assert len(names) == len(set(names)), "two things of one picture are never one"


def test_costs_grow_with_the_batch_alone() -> None:
    """Many photos of one heap: each is laid over a few others at most."""
    pictures = [
        picture(f"{n:04}", finding(HEAP, place(0.001 * n, 0)), finding(BIN)) for n in range(PHOTOS)
    ]
    pairs = worth_it(pictures)
    most = Counter(one for pair in pairs for one in pair)
    assert max(most.values()) <= PARTNERS
    told = list[tuple[int, int]]()
    assert lay_over(pictures, lambda _: None, lambda *now: told.append(now)) == {}
    laid = len({first for first, _ in pairs})
    assert told == [(number, laid) for number in range(1, laid + 1)]
    sizes = [len(v.sightings) for v in merge(pictures, {})]
    assert max(sizes) == PHOTOS, "and they are one"


def test_places_in_common_are_surer_but_not_by_their_number() -> None:
    one, other = Area.of(place(0, 0, (9, 3, 90))), Area.of(place(2, 1, (9, 3, 0)))
    assert one is not None
    assert other is not None
    both = common([one, other])
    assert both.radius_m < min(one.radius_m, other.radius_m)
    assert common([one] * 10).radius_m == pytest.approx(one.radius_m, rel=1e-6)
    assert apart(one, one) == (0.0, 0.0)
    edge = Area.of(place(np.sqrt(9**2 + 3**2), 0, (3, 9, 90)))
    assert edge is not None
    turned = Area.of(place(0, 0, (9, 3, 90)))
    assert turned is not None
    rng, inside = np.random.default_rng(0), 0
    for _ in range(2000):
        east, north = rng.normal(0, np.array((9, 3)) / np.sqrt(GATE))
        inside += (
            apart(turned, Area(*HOME.degrees(east, north), np.eye(2) * 1e-9, "pose"))[0] < GATE
        )
    assert inside / 2000 == pytest.approx(0.95, abs=0.015)


def test_fingerprints_tell_one_view_from_another() -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 255, (12, 16, 3), np.uint8)
    view = cv2.resize(coarse, (1600, 1200), interpolation=cv2.INTER_CUBIC)
    again = cv2.convertScaleAbs(cv2.resize(view, (640, 480)), alpha=0.8, beta=20)
    other = cv2.resize(coarse[::-1, ::-1], (1600, 1200), interpolation=cv2.INTER_CUBIC)
    rows = dict(differing([fingerprint(p) for p in (view, again, other)]))
    assert rows[0][0] == 0
    assert rows[0][1] <= 6
    assert rows[0][2] >= 20


def test_the_same_photo_cropped_is_one_violation_in_every_form(
    tmp_path, run, colours, save
) -> None:
    """Two photos of one wall from a step aside, without a position: by what they look like."""
    rng = np.random.default_rng(1)
    wall = cv2.resize(rng.integers(60, 200, (60, 90, 3), np.uint8), (1440, 960))
    wall[400:520, 500:640] = colours.COLOURS["overflowing_bin"]
    (tmp_path / "in").mkdir()
    for name, (x, y) in (("1.png", (100, 80)), ("2.png", (130, 100)), ("3.png", (60, 60))):
        cv2.imwrite(str(tmp_path / "in" / name), wall[y : y + 800, x : x + 1200])
    save("in/4.png", ("overflowing_bin", (20, 20, 80, 120)))
    report, _ = run([tmp_path / "in"], tmp_path / "out")
    assert report.counts.findings == 4
    assert sorted(len(v.sightings) for v in report.violations) == [1, 3]
    assert report.counts.violations == report.counts.violations_by_kind["overflowing_bin"] == 2
    with (tmp_path / "out/findings.csv").open(encoding="utf-8-sig", newline="") as file:
        named = [row["violation"] for row in csv.DictReader(file)]
    assert Counter(named) == {v.id: len(v.sightings) for v in report.violations}
    html = (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert 'data-count="overflowing_bin">2<' in html
    assert html.count("seen in 3 pictures") == 3
    again, _ = run([tmp_path / "in"], tmp_path / "out")
    assert again == report
