"""Overlaps: lays pictures of an audit over each other that may show the same things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import cv2
import numpy as np

from vision.audit.merging.likeness import differing
from vision.audit.merging.links import Overlaps, by_place
from vision.audit.merging.sightings import Seen, seen_in
from vision.audit.records import Picture, PictureRecord
from vision.frames import Pixels
from vision.geo.plane import LocalPlane
from vision.sources.listing import natural
from vision.view.registration import Matrix, Registration

Read = Callable[[PictureRecord], Pixels | None]
"""Gives a picture's sketch, H×W×3 BGR; None where it cannot be read."""

PARTNERS = 6
"""Other pictures, the likeliest ones, that one is laid over: costs grow with the batch alone."""
_NEXT = 2
"""Photos of a flight before and after one that come before all others as partners."""
_ALIKE = 16
"""Bits of 64 in which fingerprints of one view may differ. Of two unrelated pictures three in
100,000 differ in no more: the half of their bits, with a deviation of 4."""
_UNLIKE = 28
"""Bits of 64, for photos that were taken soon after each other, or are neighbours by their names:
somebody walked around a thing. Of unrelated ones one in five is so."""
_SOON = timedelta(seconds=60)
_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - of cameras' local clocks
_BESIDE = 3
"""How many names further on is still beside: messengers strip the time, and number on."""
_AGREE = 0.2
"""Correlation of local contrast, over what two pictures share, from which a fit is believed: frames
of a hand-held clip, steps apart and blurred, had 0.29 and more, unrelated pictures below 0.15."""
_AROUND, _NOISE = 4.0, 5.0
"""What a pixel is compared with, in pixels around it; the contrast that is taken for noise."""
_SIDE, _LEAST_SHARED = 160, 0.15
"""Of the small pictures that are compared; the share of the first that the second has to cover."""


def lay_over(
    pictures: Iterable[Picture], read: Read, told: Callable[[int, int], None] = lambda _, __: None
) -> Overlaps:
    """Lay those pictures over each other that may show one thing and match.

    Args:
        pictures: of the report, in any order.
        read: called from several threads, once or more a picture.
        told: called from this thread with how many pictures are laid, of how many that have any
            to be laid over.
    """
    pictures = [p for p in pictures if p.record is not None]
    records = {p.record.sha256: p.record for p in pictures if p.record is not None}
    partners = defaultdict[str, list[str]](list)
    for first, second in worth_it(pictures):
        partners[first].append(second)
    with ThreadPoolExecutor(2, thread_name_prefix="overlaps") as pool:
        done = pool.map(
            lambda one: list(_onto(records[one], [records[o] for o in partners[one]], read)),
            sorted(partners),
        )
        overlaps = dict[tuple[str, str], Matrix]()
        for number, found in enumerate(done, 1):
            overlaps.update(found)
            told(number, len(partners))
    return overlaps


def worth_it(pictures: Sequence[Picture]) -> list[tuple[str, str]]:
    """The pairs that may show one thing, the lesser SHA-256 first, at most so many a picture.

    By place where places are known, and otherwise by fingerprint, time and name.
    """
    seen = seen_in(pictures)
    near = defaultdict[tuple[str, str], list[float]](list)
    for (i, j), squared in by_place(seen).items():
        near[seen[i].sha256, seen[j].sha256].append(squared)
    # A flight's next photos show most of the same ground; then those with most in common.
    dated = sorted({(one.at, one.sha256) for one in seen if one.area and one.at})
    turn = {sha256: number for number, (_, sha256) in enumerate(dated)}
    likely = {}
    for pair, all_ in near.items():
        later = abs(turn[pair[0]] - turn[pair[1]]) if all(p in turn for p in pair) else _NEXT + 1
        likely[pair] = (min(later, _NEXT + 1), -float(len(all_)), min(all_))
    for pair, bits in _by_likeness(pictures, seen):
        likely.setdefault(pair, (0, 0.0, bits))
    taken, chosen = defaultdict[str, int](int), list[tuple[str, str]]()
    for pair in sorted(likely, key=lambda p: (likely[p], p)):
        if all(taken[one] < PARTNERS for one in pair):
            chosen.append(pair)
            for one in pair:
                taken[one] += 1
    return sorted(chosen)


def _by_likeness(
    pictures: Sequence[Picture], seen: Sequence[Seen]
) -> Iterator[tuple[tuple[str, str], float]]:
    """Pairs of pictures with findings of one kind and no place, and how unlike they are."""
    shown = defaultdict[str, list[Seen]](list)
    for one in seen:
        if one.area is None:
            shown[one.sha256].append(one)
    found = [
        p.record for p in sorted(pictures, key=lambda p: (natural(p.name), p.name)) if p.record
    ]
    found = [record for record in found if record.fingerprint and record.sha256 in shown]
    clocks = [shown[record.sha256][0].at for record in found]
    times = np.array([(c - _EPOCH).total_seconds() if c else np.nan for c in clocks], np.float64)
    for number, bits in differing([record.fingerprint for record in found]):
        near = np.abs(times - times[number]) <= _SOON.total_seconds()
        near[number : number + _BESIDE + 1] = True
        alike = (bits <= _ALIKE) | (near & (bits <= _UNLIKE))
        for other in (number + 1 + np.flatnonzero(alike[number + 1 :])).tolist():
            first, second = sorted((found[number], found[other]), key=lambda r: r.sha256)
            mine, theirs = shown[first.sha256], shown[second.sha256]
            if any(a.may_be(b) for a in mine for b in theirs) and not _far_apart(first, second):
                yield (first.sha256, second.sha256), float(bits[other])


def _far_apart(one: PictureRecord, other: PictureRecord) -> bool:
    """Whether EXIF says that the two cameras stood where they can have seen nothing in common."""
    places = [
        next((f.place for f in r.findings if f.place is not None), None) for r in (one, other)
    ]
    first, second = places
    if first is None or second is None or None in (first.accuracy_m, second.accuracy_m):
        return False
    east, north = LocalPlane(first.lon, first.lat).metres(second.lon, second.lat)
    return bool(np.hypot(east, north) > (first.accuracy_m or 0) + (second.accuracy_m or 0))


def _onto(
    first: PictureRecord, others: Sequence[PictureRecord], read: Read
) -> Iterator[tuple[tuple[str, str], Matrix]]:
    reference = read(first)
    if reference is None:
        return
    registration = Registration()
    if registration.to_reference(reference) is None:
        return  # too little to see
    for second in others:
        picture = read(second)
        matrix = None if picture is None else registration.to_reference(picture)
        if picture is not None and matrix is not None and _agree(reference, picture, matrix):
            yield (first.sha256, second.sha256), matrix


def _agree(first: Pixels, second: Pixels, matrix: Matrix) -> bool:
    """Whether the second picture, laid over the first, looks as that does there.

    Features that agree may be few and in one corner: the letters of one label, one brick wall.
    """
    size = np.diag([_SIDE, _SIDE, 1.0])
    small, other = (
        cv2.resize(
            cv2.cvtColor(p, cv2.COLOR_BGR2GRAY), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA
        )
        for p in (first, second)
    )
    over = size @ matrix @ np.linalg.inv(size)
    laid = cv2.warpPerspective(other, over, (_SIDE, _SIDE))
    whole = np.full((_SIDE, _SIDE), 255, np.uint8)
    shown = cv2.warpPerspective(whole, over, (_SIDE, _SIDE), flags=cv2.INTER_NEAREST) > 0
    shown = cv2.erode(shown.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    if shown.mean() < _LEAST_SHARED:
        return False
    one, two = (_contrast(p)[shown] for p in (small, laid))
    return float(np.corrcoef(one, two)[0, 1]) >= _AGREE


def _contrast(grey: np.ndarray) -> np.ndarray:
    """Of each pixel against those around it: plain scenes with the sky above correlate as is."""
    above = grey.astype(np.float32) - cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _AROUND)
    spread = np.sqrt(cv2.GaussianBlur(above**2, (0, 0), _AROUND) + _NOISE**2)
    return np.asarray(above / spread)
