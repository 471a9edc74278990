import numpy as np
import pytest
from torch import nn

from models.truck_crops import Crop
from models.truck_measure import balanced_accuracy, interval, measure
from models.truck_network import TruckNetwork
from models.truck_state import ATTRIBUTES

COVERED, EMPTY = 1, 2


def always(load: int) -> TruckNetwork:
    network = TruckNetwork().eval()
    for head in network.heads.values():
        assert isinstance(head, nn.Linear)
        nn.init.zeros_(head.weight)
        nn.init.zeros_(head.bias)
        head.bias.data[0] = 1
        if head.out_features == len(ATTRIBUTES["load"]):
            head.bias.data[load] = 3
    return network


def crops(*labels: tuple[int, int]) -> list[Crop]:
    pixels = np.zeros((60, 90, 3), np.uint8)
    return [Crop(pixels, pair, "held_out", "a") for pair in labels]


def test_balanced_accuracy_counts_each_value_the_same() -> None:
    report = measure(always(0), crops((0, 0), (0, -1), (0, 1), (COVERED, -1)), 64)
    assert report["load"]["balanced_accuracy"] == 0.5
    assert report["load"]["confusion"] == {"open": {"open": 3}, "covered": {"open": 1}}
    assert report["dirt"]["crops"] == 2
    assert report["dirt"]["balanced_accuracy"] == 0.5
    assert report["dirt"]["interval"] == [0.5, 0.5]  # one crop a value: nothing varies


def test_an_open_load_read_as_empty_is_wrong_but_a_forced_choice_looks_past_it() -> None:
    report = measure(always(EMPTY), crops((0, -1), (COVERED, -1), (EMPTY, -1), (3, -1)), 64)
    assert report["open_or_covered"]["balanced_accuracy"] == 0
    assert report["open_or_covered"]["crops"] == 2
    assert report["forced"]["balanced_accuracy"] == 0.5
    assert report["body_covered"]["crops"] == 3
    assert report["body_covered"]["confusion"]["uncovered"] == {"uncovered": 2}
    assert report["dirt"] == {
        "balanced_accuracy": None,
        "interval": [None, None],
        "crops": 0,
        "confusion": {},
    }


def test_an_interval_holds_the_value_and_narrows_with_more_crops() -> None:
    few = np.array([[0, 0], [0, 1], [1, 1], [1, 1]])
    many = np.repeat(few, 50, axis=0)
    wide, narrow = interval(few, balanced_accuracy), interval(many, balanced_accuracy)
    assert balanced_accuracy(few) == pytest.approx(0.75)
    assert wide[0] < narrow[0] < 0.75 < narrow[1] <= wide[1]
