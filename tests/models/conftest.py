from pathlib import Path

import pytest
import torch

import models  # noqa: F401 - sets the switches that ultralytics reads at import

from ultralytics.nn.tasks import DetectionModel  # isort: skip


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector with three classes and random weights, as ultralytics saves one."""
    torch.manual_seed(0)
    network = DetectionModel("yolo11n.yaml", nc=3, verbose=False)
    network.names = {0: "person", 1: "bin", 2: "truck"}
    network.args = {"imgsz": 320}
    path = tmp_path_factory.mktemp("weights") / "tiny.pt"
    torch.save({"model": network.half(), "train_args": {"imgsz": 320}}, path)
    return path
