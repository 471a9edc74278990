"""Measures the truck-state reader on labelled crops."""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from models.catalogue import find
from models.truck_crops import IGNORED, Crop, read_crops
from models.truck_network import TruckNetwork, read_network, to_tensor
from models.truck_state import ATTRIBUTES

BATCH = 16
DRAWS = 2000
"""Bootstrap samples behind an interval."""
SURE = 0.6
"""Score from which the rule believes a reading (`vision/rules/dirty_truck/rule.py`)."""
CHARGES = {"open": "load", "muddy": "dirt"}
"""Values that charge a truck, and the attribute that each is of."""
OPEN, COVERED, EMPTY, OTHER = range(4)

Pairs = npt.NDArray[np.int64]


def measure(network: TruckNetwork, crops: Sequence[Crop], size: int) -> dict[str, dict[str, Any]]:
    """Measures balanced accuracy: the mean, over the values present, of their recall.

    Returns:
        For `load` and `dirt`, and for three narrower questions about the load, each
        `{"balanced_accuracy", "interval", "crops", "confusion": {true: {read: count}}}`; the
        interval is the 95 % bootstrap interval. The questions: `open_or_covered`, among crops
        that are one of the two, any other answer counting as wrong; `forced`, among the same, the
        likelier of the two; `body_covered`, among open, empty and covered bodies, whether it is
        covered. And `sure`, of readings that the rule would believe: for each value that charges
        a truck `{"found", "such", "wrong", "others"}`, crops read so of those that are so, and of
        all others.
    """
    batches = [crops[start : start + BATCH] for start in range(0, len(crops), BATCH)]
    with torch.inference_mode():
        chances = [
            network.chances(torch.stack([to_tensor(crop.pixels, size) for crop in batch]))
            for batch in batches
        ]
    read = {name: torch.cat([batch[name] for batch in chances]).numpy() for name in ATTRIBUTES}
    truth = np.array([crop.labels for crop in crops])
    report = {}
    for place, (name, values) in enumerate(ATTRIBUTES.items()):
        pairs = np.stack((truth[:, place], read[name].argmax(1)), 1)
        report[name] = _summary(pairs[pairs[:, 0] != IGNORED], values)
    loads, load = read["load"], truth[:, 0]
    either = (load == OPEN) | (load == COVERED)
    body = either | (load == EMPTY)
    covered = loads[:, COVERED] > loads[:, OPEN] + loads[:, EMPTY]
    questions: dict[str, tuple[Any, Any, Sequence[str]]] = {
        "open_or_covered": (either, loads.argmax(1), ATTRIBUTES["load"]),
        "forced": (either, loads[:, COVERED] > loads[:, OPEN], ("open", "covered")),
        "body_covered": (body, covered, ("uncovered", "covered")),
    }
    for name, (asked, answers, names) in questions.items():
        true = load == COVERED if name == "body_covered" else load
        report[name] = _summary(np.stack((true, answers), 1).astype(np.int64)[asked], names)
    report["sure"] = {value: _sure(value, truth, read[name]) for value, name in CHARGES.items()}
    return report


def _sure(value: str, truth: Pairs, chances: npt.NDArray[np.float32]) -> dict[str, int]:
    name = CHARGES[value]
    true, place = truth[:, list(ATTRIBUTES).index(name)], ATTRIBUTES[name].index(value)
    said = (chances.argmax(1) == place) & (chances[:, place] >= SURE)
    such, others = true == place, (true != place) & (true != IGNORED)
    return {
        "found": int((said & such).sum()),
        "such": int(such.sum()),
        "wrong": int((said & others).sum()),
        "others": int(others.sum()),
    }


def _summary(pairs: Pairs, values: Sequence[str]) -> dict[str, Any]:
    confusion: dict[str, Counter[str]] = {}
    for true, read in pairs.tolist():
        confusion.setdefault(values[true], Counter())[values[read]] += 1
    return {
        "balanced_accuracy": _rounded(balanced_accuracy(pairs)),
        "interval": [_rounded(bound) for bound in interval(pairs, balanced_accuracy)],
        "crops": len(pairs),
        "confusion": {true: dict(reads) for true, reads in confusion.items()},
    }


def balanced_accuracy(pairs: Pairs) -> float:
    """Mean recall of the values present; `pairs` is N×2, true and read. NaN without pairs."""
    hit = pairs[:, 0] == pairs[:, 1]
    recalls = [float(hit[pairs[:, 0] == value].mean()) for value in np.unique(pairs[:, 0])]
    return float(np.mean(recalls)) if recalls else float("nan")


def interval(pairs: Pairs, statistic: Callable[[Pairs], float]) -> tuple[float, float]:
    """95 % percentile bootstrap interval (Efron 1979), drawn within each true value."""
    if not len(pairs):
        return float("nan"), float("nan")
    random = np.random.default_rng(0)
    groups = [pairs[pairs[:, 0] == value] for value in np.unique(pairs[:, 0])]
    drawn = [
        statistic(np.concatenate([g[random.integers(len(g), size=len(g))] for g in groups]))
        for _ in range(DRAWS)
    ]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return float(low), float(high)


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 3)


def main() -> None:
    """`python -m models.truck_measure CROPS.jsonl… --model NAME`: held-out crops, as JSON."""
    parser = argparse.ArgumentParser(prog="python -m models.truck_measure", description=__doc__)
    parser.add_argument("crops", nargs="+", type=Path, help="crops.jsonl files")
    parser.add_argument("--model", default="truck-state", help="catalogue name")
    args = parser.parse_args()
    network, size = read_network(find(args.model))
    for listing in args.crops:
        held = [crop for crop in read_crops(listing, size) if crop.part == "held_out"]
        if held:
            print(listing.parent.name, json.dumps(measure(network.eval(), held, size)))


if __name__ == "__main__":
    main()
