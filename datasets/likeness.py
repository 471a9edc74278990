"""Finds near-duplicates: pictures that look alike whatever their size, format, exposure or turn.

A picture's likeness is the perceptual hash of Zauner, "Implementation and Benchmarking of
Perceptual Image Hash Functions" (2010), section 3.2: the signs, against their median, of the 8×8
lowest frequencies of a 32×32 thumbnail. Mirroring a picture flips the sign of every other
frequency and turning it also transposes them, so the hashes of all eight views of a picture come
from one transform.
"""

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt

THUMBNAIL = 32
FREQUENCIES = 8
NEAR = 10
"""Bits of 64 in which near-duplicates may differ; see `tests/real/test_datasets.py`."""
_ROWS = 512

Hashes = npt.NDArray[np.uint64]


def likeness(pixels: npt.NDArray[np.uint8]) -> Hashes:
    """Returns the hashes of a picture's eight views; the first is the picture as it is.

    Args:
        pixels: H×W×3, BGR.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:FREQUENCIES, :FREQUENCIES]
    odd = np.where(np.arange(FREQUENCIES) % 2, -1.0, 1.0)
    views = [
        turned * rows[:, None] * columns[None, :]
        for turned in (low, low.T)
        for rows in (np.ones_like(odd), odd)
        for columns in (np.ones_like(odd), odd)
    ]
    bits = [view > np.median(view) for view in views]
    return np.array([np.packbits(b).view(np.uint64)[0] for b in bits], np.uint64)


def near(these: Hashes, those: Hashes, bits: int = NEAR) -> Iterator[tuple[int, int, int]]:
    """Finds pairs of pictures that look alike.

    Args:
        these: N×8, one row of `likeness` per picture.
        those: M×8, likewise.
        bits: In how many of 64 bits they may differ.

    Yields:
        Row of `these`, row of `those`, bits that differ.
    """
    for start in range(0, len(these), _ROWS):
        differ = np.full((len(these[start : start + _ROWS]), len(those)), 64, np.uint8)
        for view in range(these.shape[1]):
            seen = these[start : start + _ROWS, view, None] ^ those[None, :, 0]
            np.minimum(differ, np.bitwise_count(seen), out=differ)
        for row, column in np.argwhere(differ <= bits):
            yield start + int(row), int(column), int(differ[row, column])


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


def stacked(likenesses: Sequence[Hashes]) -> Hashes:
    """Returns likenesses as one N×8 array, also when there are none."""
    return np.array(likenesses, np.uint64).reshape(-1, 8)
