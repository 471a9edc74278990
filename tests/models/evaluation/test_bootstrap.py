import numpy as np
import pytest

import models  # noqa: F401 - sets the switches that ultralytics reads at import
from models.evaluation.bootstrap import average_precisions, draws, interval, ratio

from ultralytics.utils.metrics import ap_per_class  # isort: skip


def _random(seed: int, detections: int, objects: int, pictures: int):
    """Detections in descending order of score, some of which find an object, at ten overlaps."""
    random = np.random.default_rng(seed)
    strictest = np.where(random.random(detections) < 0.4, random.integers(0, 11, detections), 0)
    allowed = np.flatnonzero(strictest)[objects:]
    strictest[allowed] = 0  # no more finds than objects
    hits = strictest[:, None] > np.arange(10)
    scores = np.sort(random.random(detections))[::-1]
    return (
        hits,
        scores,
        random.integers(0, pictures, detections),
        random.integers(0, pictures, objects),
    )


@pytest.mark.parametrize("seed", range(6))
def test_average_precision_is_that_of_ultralytics(seed: int) -> None:
    hits, scores, picture, objects = _random(seed, 300, 90, 40)
    ours = average_precisions(hits, picture, objects, np.ones((1, 40)))[0]
    label = np.zeros(len(scores))
    theirs = ap_per_class(hits, scores, label, np.zeros(len(objects)))[5][0]
    np.testing.assert_allclose(ours, theirs, atol=1e-3)


def test_a_draw_is_what_repeating_its_pictures_gives() -> None:
    hits, scores, picture, objects = _random(3, 120, 40, 12)
    weights = draws(np.array(["a"] * 7 + ["b"] * 5), 5, 1)
    drawn = average_precisions(hits, picture, objects, weights)
    for row, expected in zip(weights, drawn, strict=True):
        times = row[picture].astype(int)
        label = np.zeros(times.sum())
        repeated = ap_per_class(
            np.repeat(hits, times, 0),
            np.repeat(scores, times),
            label,
            np.zeros(int(row[objects].sum())),
        )[5][0]
        np.testing.assert_allclose(expected, repeated, atol=5e-3)


def test_draws_stay_within_their_source_and_repeat() -> None:
    sources = np.array(["a", "a", "a", "b", "b"])
    weights = draws(sources, 50, 7)
    assert (weights[0] == 1).all()
    assert (weights[:, :3].sum(1) == 3).all()
    assert (weights[:, 3:].sum(1) == 2).all()
    assert len(np.unique(weights, axis=0)) > 10
    np.testing.assert_array_equal(weights, draws(sources, 50, 7))


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        right = random.random(120) < 0.7
        weights = draws(np.array(["a"] * 120), 300, trial)
        _, low, high = interval(ratio(weights @ right, weights.sum(1)))
        assert low is not None
        assert high is not None
        covered += low <= 0.7 <= high
    assert 178 <= covered <= 199  # 190 expected


def test_what_does_not_exist_is_nothing() -> None:
    weights = np.ones((3, 2))
    none = np.empty((0, 10), bool), np.empty(0, int), np.empty(0, int)
    assert np.isnan(average_precisions(*none, weights)).all()
    assert interval(np.full(3, np.nan)) == (None, None, None)
    assert interval(np.array([0.5])) == (0.5, None, None)
    missed = average_precisions(none[0], none[1], np.array([0]), weights)
    assert (missed == 0).all()
