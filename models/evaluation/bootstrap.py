"""Bootstrap: confidence intervals by resampling pictures (percentile bootstrap), vectorised.

A draw is a row of weights: how often each picture is in it. Pictures are drawn within their source,
so that a draw has the sources' shares; one set of draws serves every figure, which makes
differences and ratios of figures paired. B. Efron, R. J. Tibshirani: An Introduction to the
Bootstrap, 1993, chapter 13.
"""

import warnings

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Interval = tuple[float | None, float | None, float | None]
"""A figure, and the low and high end of its 95 % interval; nothing where it does not exist."""

LEVELS = np.linspace(0, 1, 101)
"""COCO's recall levels."""
TIE = 1e-9
"""Recalls that differ by less are equal."""
CELLS = 4_000_000
"""Numbers held at once in the largest array (32 MB)."""


def draws(sources: npt.NDArray[np.str_], count: int, seed: int) -> Floats:
    """Draws pictures with replacement within their source.

    Args:
        sources: The source of each of P pictures.
        count: How many draws.
        seed: Of the draws.

    Returns:
        (1 + count)×P weights; row 0 is the pictures as they are.
    """
    random = np.random.default_rng(seed)
    weights = np.ones((1 + count, len(sources)))
    for source in np.unique(sources):
        inside = np.flatnonzero(sources == source)
        weights[1:, inside] = random.multinomial(
            len(inside), np.full(len(inside), 1 / len(inside)), size=count
        )
    return weights


def interval(values: Floats, digits: int = 4) -> Interval:
    """Returns the first value and the middle 95 % of the others.

    Args:
        values: The figure on each row of `draws`; NaN where it does not exist, which is left out.
        digits: To round to.
    """
    if np.isnan(values[0]):
        return None, None, None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # no draw has a value
        low, high = np.nanpercentile(values[1:], [2.5, 97.5]) if len(values) > 1 else (np.nan,) * 2
    low, high = (None if np.isnan(end) else round(float(end), digits) for end in (low, high))
    return round(float(values[0]), digits), low, high


def ratio(above: Floats, below: Floats) -> Floats:
    """Divides; NaN where nothing is below."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def average_precisions(
    hits: npt.NDArray[np.bool_],
    picture: npt.NDArray[np.int64],
    objects: npt.NDArray[np.int64],
    weights: Floats,
) -> Floats:
    """Computes average precision on every draw.

    Precision is made falling from the right and read at COCO's 101 recall levels, the area taken by
    trapezia, as ultralytics' `compute_ap` does.

    Args:
        hits: D×K, whether each detection, in descending order of score, found an object at each of
            K overlaps.
        picture: D, the picture of each detection.
        objects: N, the picture of each object.
        weights: R×P, from `draws`.

    Returns:
        R×K; NaN where a draw has no object.
    """
    total = np.bincount(objects, minlength=weights.shape[1]) @ weights.T
    result = np.empty((len(weights), hits.shape[1]))
    step = max(1, CELLS // max(len(picture), 1))
    for start in range(0, len(weights), step):
        rows = slice(start, start + step)
        seen = np.cumsum(weights[rows][:, picture], axis=1)
        for column in range(hits.shape[1]):
            at = np.flatnonzero(hits[:, column])
            found = np.cumsum(weights[rows][:, picture[at]], axis=1)
            result[rows, column] = _area(found, seen[:, at], total[rows])
    result[total == 0] = np.nan
    return result


def _area(found: Floats, seen: Floats, total: Floats) -> Floats:
    """Area under the precision-recall steps, given the counts at each true detection."""
    if not found.shape[1]:
        return np.zeros(len(found))
    precision = np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)
    falling = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    falling = np.concatenate((falling, np.zeros((len(found), 1))), axis=1)
    recall = found / np.maximum(total, 1)[:, None]
    # At a recall that is reached exactly, the next one's precision counts, as `np.interp` has it.
    # One sorted search for all rows: row r lives in [2r, 2r + 1].
    offset = 2.0 * np.arange(len(found))[:, None]
    at = np.searchsorted((recall + offset).ravel(), (LEVELS + TIE + offset).ravel())
    at = at.reshape(len(found), -1) - np.arange(len(found))[:, None] * found.shape[1]
    read = np.take_along_axis(falling, np.clip(at, 0, found.shape[1]), axis=1)
    return np.asarray(np.trapezoid(read, LEVELS, axis=1))
