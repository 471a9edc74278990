"""Overlaps: lays pictures of an audit over each other that may show the same things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import cv2
import numpy as np

from vision.audit.likeness import differing
from vision.audit.links import Overlaps, by_place
from vision.audit.records import Picture, PictureRecord
from vision.audit.sightings import Seen, seen_in
from vision.frames import Pixels
from vision.geo.plane import LocalPlane
from vision.view.registration import Matrix, Registration

Read = Callable[[PictureRecord], Pixels | None]
"""Gives a picture to look at, H×W×3 BGR of any size; None where it cannot be read."""

LONGEST = 640
"""Pixels of the longer side as pictures are laid over each other, about 0.1 s for two."""
PARTNERS = 4
"""Other pictures, the likeliest ones, that one is laid over: costs grow with the batch alone."""
_ALIKE = 16
"""Bits of 64 in which fingerprints of one view may differ. Of two unrelated pictures three in
100,000 differ in no more: the half of their bits, with a deviation of 4."""
_SOON = timedelta(seconds=60)
"""Photos without a place that were taken so soon after each other may show one thing, however
unlike: somebody walked around it."""
_AGREE = 0.4
"""Correlation of local contrast, over what two pictures share, from which a fit is believed."""
_AROUND, _NOISE = 4.0, 5.0
"""What a pixel is compared with, in pixels around it; the contrast that is taken for noise."""
_SIDE, _LEAST_SHARED = 160, 0.15
"""Of the small pictures that are compared; the share of the first that the second has to cover."""


def lay_over(pictures: Iterable[Picture], read: Read) -> Overlaps:
    """Lay those pictures over each other that may show one thing and match.

    Args:
        pictures: of the report, in any order.
        read: called from several threads, once or more a picture.
    """
    records = {p.record.sha256: p.record for p in pictures if p.record is not None}
    partners = defaultdict[str, list[str]](list)
    for first, second in worth_it(records):
        partners[first].append(second)
    with ThreadPoolExecutor(2, thread_name_prefix="overlaps") as pool:
        done = pool.map(
            lambda one: list(_onto(records[one], [records[o] for o in partners[one]], read)),
            sorted(partners),
        )
        return {pair: matrix for found in done for pair, matrix in found}


def worth_it(records: dict[str, PictureRecord]) -> list[tuple[str, str]]:
    """The pairs that may show one thing, the lesser SHA-256 first, at most so many a picture.

    By place where places are known, and otherwise by fingerprint and time.
    """
    named = [Picture(name="", record=record) for record in records.values()]
    seen = seen_in(named)
    likely: dict[tuple[str, str], float] = {}
    for (i, j), cost in by_place(seen).items():
        pair = seen[i].sha256, seen[j].sha256
        likely[pair] = min(cost, likely.get(pair, cost))
    for pair, cost in _by_likeness(records, [one for one in seen if one.area is None]):
        likely.setdefault(pair, cost)
    taken, chosen = defaultdict[str, int](int), list[tuple[str, str]]()
    for pair in sorted(likely, key=lambda p: (likely[p], p)):
        if all(taken[one] < PARTNERS for one in pair):
            chosen.append(pair)
            for one in pair:
                taken[one] += 1
    return sorted(chosen)


def _by_likeness(
    records: dict[str, PictureRecord], seen: Sequence[Seen]
) -> Iterator[tuple[tuple[str, str], float]]:
    """Pairs with findings of one kind that look alike or were taken soon after each other."""
    of: dict[str, list[Seen]] = {}
    for one in seen:
        if records[one.sha256].fingerprint:
            of.setdefault(one.sha256, []).append(one)
    names = list(of)
    seconds = [one.at.timestamp() if (one := of[n][0]).at else np.nan for n in names]
    times = np.array(seconds, np.float64)
    for number, bits in differing([records[name].fingerprint for name in names]):
        soon = np.abs(times - times[number]) <= _SOON.total_seconds()
        for other in np.flatnonzero((bits <= _ALIKE) | soon).tolist():
            if other <= number or _far_apart(records[names[number]], records[names[other]]):
                continue
            if any(a.may_be(b) for a in of[names[number]] for b in of[names[other]]):
                yield (names[number], names[other]), float(bits[other])


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
    reference = _small(read(first))
    if reference is None:
        return
    registration = Registration()
    if registration.to_reference(reference) is None:
        return  # too little to see
    for second in others:
        picture = _small(read(second))
        matrix = None if picture is None else registration.to_reference(picture)
        if picture is not None and matrix is not None and _agree(reference, picture, matrix):
            yield (first.sha256, second.sha256), matrix


def _small(pixels: Pixels | None) -> Pixels | None:
    if pixels is None:
        return None
    scale = LONGEST / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


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
