"""BestPath: the likeliest plate in a text network's output, of those that the grammar has.

The network says for each of T columns how likely each symbol, or none (blank), is there; a text's
path runs through the columns, each symbol over one or more, with blanks where it likes and between
two that are the same (connectionist temporal classification, Graves and others 2006). Viterbi's
algorithm finds the best path on which each place holds what may stand there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.plates.grammar import ALPHABET, Grammar

Floats = NDArray[np.float64]
_NEVER = -1e9
_STAY, _AFTER_BLANK, _AFTER_SYMBOL = 0, 1, 2


@dataclass(frozen=True, slots=True)
class BestPath:
    """The likeliest plate: its text, each character's chance (0..1), the path's log-likelihood."""

    text: str
    chances: tuple[float, ...]
    score: float


def best_path(columns: Floats, grammar: Grammar) -> BestPath:
    """Find the likeliest plate of this grammar.

    Args:
        columns: T×(1+N), chances of blank and of the N symbols of `ALPHABET`, in that order.
        grammar: what may stand at each place.
    """
    logs = np.log(np.maximum(columns, 1e-9))
    blank, symbols = logs[:, 0], logs[:, 1:]
    places, steps = len(grammar), len(logs)
    forbidden = np.array([[0.0 if c in at else _NEVER for c in ALPHABET] for at in grammar])
    after = np.full(places + 1, _NEVER)  # best path of k symbols that ends in a blank
    after[0] = 0.0
    on = np.full(forbidden.shape, _NEVER)  # best path whose k-th symbol is c, and ends on it
    blank_from = np.zeros((steps, places + 1), np.int64)  # -1: a blank, else the symbol before it
    came = np.zeros((steps, *on.shape), np.int8)
    symbol_from = np.zeros((steps, *on.shape), np.int64)
    rows = np.arange(places - 1)
    for t in range(steps):
        entered = np.full_like(on, _NEVER)
        if places > 1:
            best = on[:-1].argmax(1)
            first = on[:-1][rows, best]
            others = on[:-1].copy()
            others[rows, best] = _NEVER
            second, next_best = others.max(1), others.argmax(1)
            entered[1:], symbol_from[t, 1:] = first[:, None], best[:, None]
            entered[rows + 1, best], symbol_from[t, rows + 1, best] = second, next_best
        ways = np.stack([on, np.broadcast_to(after[:-1, None], on.shape), entered])
        came[t] = ways.argmax(0)
        ended = np.concatenate([[_NEVER], on.max(1)])
        blank_from[t] = np.where(after >= ended, -1, np.concatenate([[0], on.argmax(1)]))
        after = np.maximum(after, ended) + blank[t]
        on = ways.max(0) + symbols[t] + forbidden
    score = float(max(after[-1], on[-1].max()))
    where = _walk(
        came, symbol_from, blank_from, None if after[-1] >= score else int(on[-1].argmax())
    )
    found = [path for path in where if path]
    if len(found) < places:  # fewer columns than places
        return BestPath("", (), _NEVER)
    chances = tuple(float(max(columns[t, 1 + c] for t, c in path)) for path in where)
    return BestPath("".join(ALPHABET[path[0][1]] for path in where), chances, score)


def _walk(
    came: NDArray[np.int8],
    symbol_from: NDArray[np.int64],
    blank_from: NDArray[np.int64],
    symbol: int | None,
) -> list[list[tuple[int, int]]]:
    """The columns (with the symbol) of each place on the best path, walked back from its end."""
    places = came.shape[1]
    where: list[list[tuple[int, int]]] = [[] for _ in range(places)]
    k = places if symbol is None else places - 1
    for t in range(len(came) - 1, -1, -1):
        if symbol is None:
            before = int(blank_from[t, k])
            if before >= 0:
                symbol, k = before, k - 1
            continue
        where[k].append((t, symbol))
        way = came[t, k, symbol]
        if way == _AFTER_BLANK:
            symbol = None
        elif way == _AFTER_SYMBOL:
            symbol, k = int(symbol_from[t, k, symbol]), k - 1
            if k < 0:
                return [[] for _ in range(places)]
    return where
