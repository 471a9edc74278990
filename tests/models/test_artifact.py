import importlib.util
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from models import ModelEntry, artifact, find
from models.artifact import FORMATS, export_artifact
from models.catalogue import CATALOGUE, file_sha256
from models.errors import ExportError
from models.load import load_detector
from models.parity import compare, read_pictures

from ultralytics.nn.tasks import DetectionModel  # isort: skip

SIZE = 320
STREET = CATALOGUE.parents[1] / "datasets" / "demo" / "pictures" / "annotated.jpg"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cuts of a rendered street, in which the shipped weights see things, and a broken file."""
    folder = tmp_path_factory.mktemp("pictures")
    street = cv2.imread(str(STREET))
    cv2.imwrite(str(folder / "0.png"), street)
    cv2.imwrite(str(folder / "1.png"), street[:, : street.shape[1] // 2])
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def shipped() -> ModelEntry:
    return find("streetwarden-n")


@pytest.mark.parametrize("form", FORMATS)
def test_an_artifact_is_accepted_with_its_hashes(
    form: Any, shipped: ModelEntry, pictures: Path, tmp_path: Path
) -> None:
    if form == "onnx":
        pytest.importorskip("onnxruntime")
    report = export_artifact(shipped, form, tmp_path / "out", pictures, SIZE)
    assert report["parity"]["pictures"] == 2
    assert report["parity"]["detections"] >= 1
    assert report["parity"]["box"] < 0.1
    assert report["nms_free"], "the shipped network has a head that needs no suppression"
    assert report["files"]
    for name, sha256 in report["files"].items():
        assert file_sha256(tmp_path / "out" / name) == sha256
    assert json.loads((tmp_path / "out" / f"streetwarden-n-{form}.json").read_text()) == report


def test_an_artifact_that_differs_is_deleted_and_told(
    shipped: ModelEntry, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = artifact._open

    def worse(form: Any, made: Path) -> Any:
        run = opened(form, made)

        def network(picture: Any) -> Any:
            output = run(picture).copy()
            output[:, :4] += 3
            return output

        return network

    monkeypatch.setattr(artifact, "_open", worse)
    with pytest.raises(ExportError, match=r"deleted(.|\n)*0\.png: class .* px"):
        export_artifact(shipped, "torchscript", tmp_path / "out", pictures, SIZE)
    assert not (tmp_path / "out").exists()


def test_a_network_that_needs_no_suppression_keeps_that(pictures: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = DetectionModel("yolo26n.yaml", nc=2, verbose=False)
    network.names = {0: "bin", 1: "truck"}
    network.args = {"imgsz": SIZE}
    for branch in network.model[-1].one2one_cv3:
        branch[-1].bias.data[:] = 0.5
    weights = tmp_path / "free.pt"
    torch.save({"model": network, "train_args": {"imgsz": SIZE}}, weights)
    report = export_artifact(find(weights), "torchscript", tmp_path / "out", pictures, SIZE)
    assert report["nms_free"]
    assert report["parity"]["detections"] > 0
    with torch.inference_mode():
        picture = torch.rand(1, 3, 64, 64)
        assert load_detector(find(weights), nms_free=True)(picture).shape[-1] == 6
        assert load_detector(find(weights))(picture).shape[1] == 6  # 4 + 2 classes, all anchors
        assert load_detector(find(weights))(picture).shape[2] == 84


def test_pictures_that_show_nothing_prove_nothing(shipped: ModelEntry, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "grey.png"), np.full((64, 64, 3), 120, np.uint8))
    with pytest.raises(ExportError, match="nothing was compared"):
        export_artifact(shipped, "torchscript", tmp_path / "out", tmp_path, SIZE)
    assert not (tmp_path / "out").exists()


def _rows(*rows: tuple[float, ...]) -> Any:
    return lambda _: np.array([rows], np.float32).reshape(1, -1, 6)


def test_what_counts_as_the_same() -> None:
    picture = {"a.png": np.zeros((1, 3, 32, 32), np.float32)}
    one = (0.0, 0.0, 10.0, 10.0, 0.9, 1.0)
    assert not compare(_rows(one), _rows(one), picture, 0.3).differences
    near = (0.5, 0.0, 10.0, 10.0, 0.895, 1.0)
    same = compare(_rows(one), _rows(near), picture, 0.3)
    assert not same.differences
    assert (same.box, round(same.score, 3)) == (0.5, 0.005)
    for other in ((2.0, *one[1:]), (*one[:4], 0.8, 1.0), (*one[:5], 0.0)):
        assert len(compare(_rows(one), _rows(other), picture, 0.3).differences) == 2
    weak = (20.0, 20.0, 30.0, 30.0, 0.305, 2.0)  # so near to the threshold it may be missing
    assert not compare(_rows(one, weak), _rows(one), picture, 0.3).differences


def test_a_folder_without_pictures(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="real pictures"):
        read_pictures(tmp_path, 3, SIZE)


def test_a_missing_package_is_named(
    shipped: ModelEntry, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ExportError, match="pip install onnx onnxruntime onnxslim"):
        export_artifact(shipped, "onnx", tmp_path, pictures, SIZE)
