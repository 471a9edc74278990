import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models.catalogue import find
from models.checkpoint import read_checkpoint
from models.errors import TrainingError
from models.train_truck_state import FROZEN_LAYERS, begin, train
from models.truck_crops import read_crops
from models.truck_network import BACKBONE_LAYERS, to_tensor

PAINT = {"open": (40, 60, 200), "covered": (200, 60, 40)}


def listing(folder: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    folder.mkdir()
    for row in rows:
        picture = np.full((60, 90, 3), PAINT[str(row["load"])], np.uint8)
        cv2.imwrite(str(folder / str(row["image"])), picture)
    (folder / "crops.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "crops.jsonl"


def test_learns_to_tell_loads_apart_and_keeps_the_lower_layers(
    tmp_path: Path,
) -> None:
    start = find("streetwarden-n").path
    rows = [
        {"image": f"{number}.png", "load": load, "dirt": None, "part": "train"}
        for number, load in enumerate(["open", "covered"] * 4)
    ]
    crops = read_crops(listing(tmp_path / "a", rows), 64)
    network = train(crops, begin(start), size=64, steps=40, views=2, seeds=[0])
    before = read_checkpoint(start).model.float().state_dict()
    after = network.backbone.state_dict()
    kept = [name for name in after if int(name.split(".")[0]) < FROZEN_LAYERS]
    learned = [name for name in after if FROZEN_LAYERS <= int(name.split(".")[0]) < BACKBONE_LAYERS]
    assert all(torch.equal(after[name], before[f"model.{name}"]) for name in kept)
    assert any(not torch.equal(after[name], before[f"model.{name}"]) for name in learned)
    with torch.inference_mode():
        for crop in crops[:2]:
            chances = network.chances(to_tensor(crop.pixels, 64)[None])["load"][0]
            assert int(chances[:2].argmax()) == crop.labels[0]


def test_learning_on_from_a_reader_keeps_its_heads_and_means_the_runs(tmp_path: Path) -> None:
    rows = [
        {"image": f"{number}.png", "load": load, "dirt": None, "part": "train"}
        for number, load in enumerate(["open", "covered"] * 2)
    ]
    crops = read_crops(listing(tmp_path / "a", rows), 64)
    start = begin("truck-state")
    before = {name: value.clone() for name, value in start.state_dict().items()}

    def learnt(*seeds: int) -> dict[str, torch.Tensor]:
        made = train(crops, start, size=64, steps=3, views=1, seeds=seeds, rate=1e-4)
        return made.state_dict()

    one, other, both = learnt(1), learnt(2), learnt(1, 2)
    assert all(torch.equal(start.state_dict()[name], value) for name, value in before.items())
    name = "heads.load.weight"
    assert not torch.equal(one[name], other[name])
    assert torch.allclose(both[name], (one[name] + other[name]) / 2, atol=1e-6)
    assert torch.allclose(one[name], before[name], atol=1e-2)


def test_crops_below_the_least_side_are_left_out_and_lost_pictures_named(tmp_path: Path) -> None:
    path = listing(tmp_path / "a", [{"image": "0.png", "load": "open", "box": [0, 0, 80, 10]}])
    assert read_crops(path, 64) == []
    (tmp_path / "a" / "0.png").unlink()
    with pytest.raises(TrainingError, match=r"0\.png .*not a readable picture"):
        read_crops(path, 64)
