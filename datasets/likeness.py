"""Finds near-duplicates: copies of a picture in another size, format, exposure, slant or turn.

Pictures are first compared by the perceptual hash of Zauner, "Implementation and Benchmarking of
Perceptual Image Hash Functions" (2010), section 3.2: the signs, against their median, of the 8×8
lowest frequencies of a 32×32 picture. Mirroring flips the sign of every other frequency and turning
also transposes them, so eight views of a picture cost one transform; slants, as augmentation
makes them, are tried. Chance matches, as of pictures with the same black corners, are distinguished
from copies by aligning the two (Evangelidis and Psarakis, "Parametric Image Alignment using
Enhanced Correlation Coefficient Maximization", 2008) and comparing the pixels.
"""

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

SIDE = 64
"""Of the thumbnails that are compared."""
HASHED, FREQUENCIES = 32, 8
SLANTS = (-12.0, -6.0, 0.0, 6.0, 12.0)
"""Degrees, across and down: copies of up to 15 degrees are then at most 3 from one of these."""
BITS = 12
"""Hashes of copies differ in at most so many of 64 bits, mostly in fewer than 8."""
COPY = 0.8
"""Agreement of a copy, see `Album.copies`. On street photos slanted copies in other light had 0.87
and more, photos of one thing from a step aside about 0.6, other pictures 0.73 and less."""
_AROUND, _NOISE = 4.0, 5.0
"""What a pixel is compared with, in pixels around it, and the contrast that is taken for noise."""
_BLACK, _LEAST_SHARED = 6, 0.3

Thumbnail = npt.NDArray[np.uint8]
"""64×64 grey."""


def thumbnail(pixels: npt.NDArray[np.uint8]) -> Thumbnail:
    """Returns what of a picture is compared.

    Args:
        pixels: H×W×3, BGR.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


class Album:
    """Pictures that others are compared with."""

    def __init__(self, thumbnails: Sequence[Thumbnail]) -> None:
        self._thumbnails = thumbnails
        self._hashes = np.array(
            [[_hashes(_slanted(one, a, b)) for a, b in _slants()] for one in thumbnails], np.uint64
        ).reshape(len(thumbnails), 8 * len(_slants()))

    def copies(self, picture: Thumbnail, least: float = COPY) -> Iterator[tuple[int, float]]:
        """Finds the album's pictures of which this is a copy.

        Args:
            picture: From `thumbnail`.
            least: Agreement from which a picture is a copy.

        Yields:
            Number in the album, and agreement: the correlation of the two pictures' local contrast
            where they overlap, -1..1.
        """
        if not len(self._thumbnails):
            return
        differ = np.bitwise_count(self._hashes ^ _hashes(picture)[0])
        for number in map(int, np.flatnonzero(differ.min(1) <= BITS)):
            slant, view = divmod(int(differ[number].argmin()), 8)
            seen = _viewed(_slanted(self._thumbnails[number], *_slants()[slant]), view)
            tries = (seen, _laid_over(seen, picture))
            agreement = max(_agreement(one, picture) for one in tries)
            if agreement >= least:
                yield number, agreement


def alike(thumbnails: Sequence[Thumbnail], least: float = COPY) -> Iterator[tuple[int, int]]:
    """Finds pairs of near-duplicates; a pair may come twice.

    Args:
        thumbnails: From `thumbnail`.
        least: Agreement from which two pictures are one.
    """
    album = Album(thumbnails)
    for number, picture in enumerate(thumbnails):
        for other, _ in album.copies(picture, least):
            if other != number:
                yield min(number, other), max(number, other)


def groups(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Joins what pairs connect, directly or through others.

    Args:
        count: How many things there are.
        pairs: Which belong together.

    Returns:
        The connected components, each sorted, in the order of their first members.
    """
    leader = list(range(count))

    def lead(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for one, other in pairs:
        first, second = sorted((lead(one), lead(other)))
        leader[second] = first
    found: dict[int, list[int]] = {}
    for one in range(count):
        found.setdefault(lead(one), []).append(one)
    return list(found.values())


def _hashes(picture: Thumbnail) -> npt.NDArray[np.uint64]:
    """Hashes of the eight views of a picture, in `_viewed`'s order; the first is as it is."""
    small = cv2.resize(picture, (HASHED, HASHED), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:FREQUENCIES, :FREQUENCIES]
    odd = np.where(np.arange(FREQUENCIES) % 2, -1.0, 1.0)
    same = np.ones(FREQUENCIES)
    views = [
        turned * rows[:, None] * columns[None, :]
        for turned in (low, low.T)
        for rows in (same, odd)
        for columns in (same, odd)
    ]
    bits = [view > np.median(view) for view in views]
    return np.array([np.packbits(one).view(np.uint64)[0] for one in bits], np.uint64)


def _viewed(picture: Thumbnail, view: int) -> Thumbnail:
    turned = picture.T if view & 4 else picture
    return np.ascontiguousarray(turned[:: -1 if view & 2 else 1, :: -1 if view & 1 else 1])


def _slants() -> list[tuple[float, float]]:
    return [(across, down) for across in SLANTS for down in SLANTS]


def _slanted(picture: Thumbnail, across: float, down: float) -> Thumbnail:
    a, b = np.tan(np.radians((across, down)))
    middle = SIDE / 2
    shift = np.array([[1, a, -a * middle], [b, 1, -b * middle]], np.float32)
    return np.asarray(cv2.warpAffine(picture, shift, (SIDE, SIDE)), np.uint8)


def _laid_over(picture: Thumbnail, other: Thumbnail) -> Thumbnail:
    """The picture moved, slanted and scaled until it fits the other one best."""
    start = np.eye(2, 3, dtype=np.float32)
    enough = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 1e-3)
    try:
        _, warp = cv2.findTransformECC(other, picture, start, cv2.MOTION_AFFINE, enough)
    except cv2.error:  # it does not converge: the two have nothing in common
        return picture
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, warp, (SIDE, SIDE), flags=flags), np.uint8)


def _agreement(picture: Thumbnail, other: Thumbnail) -> float:
    """Correlation of local contrast, over what is not black in either.

    Contrast, because two plain scenes with the sky above correlate as they are; not what is black,
    because corners that a slant left are no likeness.
    """
    shown = ((picture > _BLACK) & (other > _BLACK)).astype(np.uint8)
    square = np.ones((7, 7), np.uint8)
    inside = cv2.erode(shown, square, borderType=cv2.BORDER_CONSTANT, borderValue=0).astype(bool)
    if inside.mean() < _LEAST_SHARED:
        return 0.0
    one, two = (_contrast(p)[inside] for p in (picture, other))
    one, two = one - one.mean(), two - two.mean()
    return float((one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum() + 1e-9))


def _contrast(picture: Thumbnail) -> npt.NDArray[np.float32]:
    grey = picture.astype(np.float32)
    above = grey - cv2.GaussianBlur(grey, (0, 0), _AROUND)
    spread = np.sqrt(cv2.GaussianBlur(above**2, (0, 0), _AROUND) + _NOISE**2)
    return np.asarray(above / spread, np.float32)
