from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models import ModelEntry
from models.catalogue import file_sha256
from models.errors import UnreadableWeightsError, WrongTaskError
from models.truck_state import ATTRIBUTES, TruckNetwork, load_truck_state, save, to_tensor


@pytest.fixture(scope="module")
def entry(tmp_path_factory: pytest.TempPathFactory) -> ModelEntry:
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "truck.pt"
    save(TruckNetwork(), 96, path)
    classes = tuple(value for values in ATTRIBUTES.values() for value in values)
    return ModelEntry("truck", path, file_sha256(path), "1", "truck_state", classes, 96, 0.5)


def test_reads_each_crop(entry: ModelEntry) -> None:
    random = np.random.default_rng(0)
    crops = [random.integers(0, 256, size, np.uint8) for size in ((40, 90, 3), (1, 1, 3))]
    readings = load_truck_state(entry).read(crops)
    assert len(readings) == 2
    for reading in readings:
        assert tuple(reading.loads) == ATTRIBUTES["load"]
        assert sum(reading.loads.values()) == pytest.approx(1)
        assert sum(reading.dirts.values()) == pytest.approx(1)
        assert reading.load_score == max(reading.loads.values()) == reading.loads[reading.load]
        assert reading.dirt_score == max(reading.dirts.values()) == reading.dirts[reading.dirt]


def test_no_crops_no_readings(entry: ModelEntry) -> None:
    assert load_truck_state(entry).read([]) == []


def test_a_crop_keeps_its_shape_in_the_square() -> None:
    crop = np.zeros((20, 80, 3), np.uint8)
    crop[..., 2] = 255  # red in BGR
    square = to_tensor(crop, 64)
    assert square.shape == (3, 64, 64)
    red = (square[0] > 0.9) & (square[1] < 0.1)
    assert red.sum() == 16 * 64


@pytest.mark.parametrize("content", [b"", b"nothing"])
def test_damaged_file(tmp_path: Path, entry: ModelEntry, content: bytes) -> None:
    path = tmp_path / "truck.pt"
    path.write_bytes(content)
    with pytest.raises(UnreadableWeightsError, match=r"truck\.pt"):
        load_truck_state(replace(entry, path=path))


def test_a_detector_is_no_truck_reader(tiny_weights: Path, entry: ModelEntry) -> None:
    with pytest.raises(UnreadableWeightsError, match=r"tiny\.pt"):
        load_truck_state(replace(entry, path=tiny_weights))
    with pytest.raises(WrongTaskError, match="detect"):
        load_truck_state(replace(entry, task="detect"))
