"""The likeliest plate in a network's output is the one that trying all paths finds."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest

from vision.plates.best_path import best_path
from vision.plates.grammar import ALPHABET, ORDINARY

A, B = (ALPHABET.index(c) + 1 for c in "AB")


def collapsed(path):
    return tuple(n for n, _ in groupby(path) if n)


def tried(columns, wanted):
    """The best likelihood of any path that reads as one of these texts."""
    best = {}
    for path in product((0, A, B), repeat=len(columns)):
        text = collapsed(path)
        if text in wanted:
            score = float(sum(np.log(columns[t, n]) for t, n in enumerate(path)))
            best[text] = max(best.get(text, -np.inf), score)
    return max(best.items(), key=lambda found: found[1])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("grammar", [("A",), ("AB", "AB"), ("A", "AB", "B"), ("AB", "AB", "AB")])
def test_it_is_the_best_of_all_paths(seed, grammar):
    columns = np.full((6, len(ALPHABET) + 1), 1e-7)
    columns[:, [0, A, B]] = np.random.default_rng(seed).dirichlet([0.5] * 3, size=6)
    columns = np.maximum(columns, 1e-7)
    wanted = set(product(*([ALPHABET.index(c) + 1 for c in at] for at in grammar)))
    text, score = tried(columns, wanted)
    found = best_path(columns, grammar)
    assert found.score == pytest.approx(score)
    assert found.text == "".join(ALPHABET[n - 1] for n in text)
    assert len(found.chances) == len(grammar)
    assert all(0 < chance <= 1 for chance in found.chances)


def test_a_line_with_fewer_columns_than_characters_is_no_plate():
    found = best_path(np.full((4, len(ALPHABET) + 1), 0.01), ORDINARY)
    assert found.text == ""
    assert found.chances == ()
