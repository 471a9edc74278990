from pathlib import Path

import numpy as np
import openvino
import pytest
import torch

from models import find
from models.errors import ExportError
from models.export import export_openvino
from models.load import load_detector


@pytest.fixture(scope="module")
def exported(tiny_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_openvino(find(tiny_weights), tmp_path_factory.mktemp("cache"))


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


def test_second_export_finds_the_first(exported: Path, tiny_weights: Path) -> None:
    before = exported.stat().st_mtime_ns
    assert export_openvino(find(tiny_weights), exported.parents[1]) == exported
    assert exported.stat().st_mtime_ns == before


def test_cache_folder_that_cannot_be_made(tiny_weights: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(ExportError, match=r"could not be written.*Free some space"):
        export_openvino(find(tiny_weights), blocked)
