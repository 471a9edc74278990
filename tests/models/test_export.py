from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import openvino
import pytest
import torch

from models import convert, find
from models.convert import Converted, to_onnx
from models.errors import ExportError
from models.export import export_onnx, export_openvino
from models.load import Detector, load_detector


@pytest.fixture(scope="module")
def exported(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_openvino(find(tiny_weights), tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def exported_onnx(exported: Path, tiny_weights: Path) -> Path:
    return export_onnx(find(tiny_weights), exported.parents[1])


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (4, 3, 96, 160)])
def test_agrees_with_torch_at_any_shape(
    exported: Path, tiny_weights: Path, shape: tuple[int, ...]
) -> None:
    pictures = np.random.default_rng(1).random(shape, np.float32)
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    given = openvino.compile_model(exported, "CPU", settings)(pictures)[0]
    with torch.inference_mode():
        wanted = load_detector(find(tiny_weights))(torch.from_numpy(pictures)).numpy()
    np.testing.assert_allclose(given, wanted, atol=2e-2, rtol=1e-3)


@pytest.mark.parametrize("shape", [(1, 64, 64, 3), (4, 96, 160, 3)])
def test_onnx_takes_bytes_and_agrees_with_torch_at_any_shape(
    exported_onnx: Path, tiny_weights: Path, shape: tuple[int, ...]
) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    session = onnxruntime.InferenceSession(exported_onnx, providers=["CPUExecutionProvider"])
    [given] = session.run(None, {"pixels": pixels})
    rgb = np.ascontiguousarray(pixels[..., ::-1].transpose(0, 3, 1, 2))
    with torch.inference_mode():
        wanted = load_detector(find(tiny_weights))(torch.from_numpy(rgb) / 255).numpy()
    np.testing.assert_allclose(given, wanted, atol=2e-2, rtol=1e-3)


def test_second_export_finds_the_first(
    exported: Path, exported_onnx: Path, tiny_weights: Path
) -> None:
    for keep, file in ((export_openvino, exported), (export_onnx, exported_onnx)):
        before = file.stat().st_mtime_ns
        assert keep(find(tiny_weights), exported.parents[1]) == file
        assert file.stat().st_mtime_ns == before


def test_a_conversion_that_differs_is_refused(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worse(detector: Detector) -> Converted:
        made = to_onnx(detector)
        return Converted(lambda pixels: made.run(pixels) + np.float32(1), made.save)

    monkeypatch.setattr(convert, "to_onnx", worse)
    with pytest.raises(ExportError, match="for ONNX Runtime disagrees with the original"):
        export_onnx(find(tiny_weights), tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("keep", [export_openvino, export_onnx])
def test_cache_folder_that_cannot_be_made(keep: Any, tiny_weights: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(ExportError, match=r"could not be written.*Free some space"):
        keep(find(tiny_weights), blocked)
