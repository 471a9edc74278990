from pathlib import Path

import numpy as np
import torch

from models import find
from models.catalogue import file_sha256
from models.load import load_detector
from models.publish import publish
from models.train_truck_state import Crop, measure
from models.truck_state import TruckNetwork


def test_a_published_file_sees_the_same_and_says_nothing_of_its_run(
    tiny_weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.pt"
    assert publish(tiny_weights, out) == file_sha256(out)
    assert str(tiny_weights.parent).encode() not in out.read_bytes()
    picture = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        before = load_detector(find(tiny_weights))(picture)
        after = load_detector(find(out))(picture)
    assert torch.equal(before, after)


def test_balanced_accuracy_counts_each_value_the_same() -> None:
    network = TruckNetwork().eval()
    with torch.no_grad():  # always answers `open` and `clean`
        for head in network.heads.values():
            head.weight.zero_()
            head.bias.zero_()
            head.bias[0] = 1
    pixels = np.zeros((60, 90, 3), np.uint8)
    crops = [Crop(pixels, labels, "held_out", "a") for labels in ((0, 0), (0, -1), (0, 1), (1, -1))]
    report = measure(network, crops, 64)
    assert report["load"]["balanced_accuracy"] == 0.5
    assert report["load"]["confusion"] == {"open": {"open": 3}, "covered": {"open": 1}}
    assert report["dirt"]["crops"] == 2
    assert report["dirt"]["balanced_accuracy"] == 0.5
