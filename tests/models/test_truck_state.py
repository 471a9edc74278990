from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from models import ModelEntry, convert
from models.catalogue import file_sha256
from models.convert import Converted, to_onnx
from models.errors import ExportError, UnreadableWeightsError, WrongTaskError
from models.export import export_onnx, export_openvino
from models.truck_network import TruckNetwork, load_truck_state, read_network, save, to_tensor
from models.truck_state import ATTRIBUTES


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


def test_weights_for_another_input_size_are_refused(entry: ModelEntry) -> None:
    with pytest.raises(UnreadableWeightsError, match=r"96 px, the catalogue lists 192 px"):
        load_truck_state(replace(entry, image_size=192))


def test_the_mirrored_look_is_the_mean_of_both(entry: ModelEntry) -> None:
    crop = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    mirrored = np.ascontiguousarray(crop[:, ::-1])
    network, size = read_network(entry)
    with torch.inference_mode():
        logits = network.eval()(torch.stack([to_tensor(one, size) for one in (crop, mirrored)]))
    for reading in load_truck_state(entry).read([crop, mirrored]):
        for name, chances in (("load", reading.loads), ("dirt", reading.dirts)):
            wanted = logits[name].softmax(1).mean(0).tolist()
            assert list(chances.values()) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("keep", [export_openvino, export_onnx])
def test_converting_damaged_weights_and_into_a_blocked_folder(
    entry: ModelEntry, tmp_path: Path, keep: Callable[[ModelEntry, Path], Path]
) -> None:
    path = tmp_path / "truck.pt"
    path.write_bytes(b"nothing")
    with pytest.raises(UnreadableWeightsError, match=r"truck\.pt"):
        keep(replace(entry, path=path), tmp_path)
    with pytest.raises(ExportError, match=r"could not be written.*Free some space"):
        keep(entry, path)


def test_a_conversion_that_reads_otherwise_is_refused(
    entry: ModelEntry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worse(original: nn.Module) -> Converted:
        made = to_onnx(original)
        return Converted(lambda pixels: made.run(pixels) + np.float32(0.003), made.save)

    monkeypatch.setattr(convert, "to_onnx", worse)
    with pytest.raises(ExportError, match=r"disagrees with the original by 0\.00 px and 0\.0030"):
        export_onnx(entry, tmp_path)
    assert not list(tmp_path.iterdir())
