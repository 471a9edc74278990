"""Our figures on real photos are those of ultralytics' own validator."""

from pathlib import Path
from typing import Any

import pytest

from datasets.merge import merge
from datasets.recipe import Recipe
from models import find
from models.evaluation.run import Settings, evaluate
from models.non_maximum import NMS_IOU

from ultralytics.models.yolo.detect import DetectionValidator  # isort: skip

PICTURES = 40
SIZE = 320
BINS = {0: "garbage", 1: "bin", 2: "overflowing_bin"}


@pytest.fixture(scope="module")
def merged(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = {"name": "bins", "path": "bins_cn/val", "part": "val", "take": PICTURES}
    recipe = Recipe.model_validate({"sources": [{**source, "classes": BINS}]})
    out = tmp_path_factory.mktemp("merged")
    merge(recipe, {"data": shared_data}, {}, out)
    return out


def _validated(merged: Path, out: Path) -> Any:
    data = {"data": str(merged / "val_bins.yaml"), "imgsz": SIZE, "batch": 8, "device": "cpu"}
    settings = {**data, "iou": NMS_IOU}
    quiet = {"workers": 0, "plots": False, "verbose": False, "project": str(out), "name": "val"}
    validator = DetectionValidator(args={**settings, **quiet})
    validator(model=str(find("streetwarden-n").path))
    return validator.metrics


def test_average_precision_is_that_of_the_validator(merged: Path, tmp_path: Path) -> None:
    entry = find("streetwarden-n")
    report = evaluate(entry, merged, tmp_path / "ours", Settings(SIZE, entry.threshold))
    metrics = _validated(merged, tmp_path)
    ours = report["sources"]["bins"]["classes"]
    assert len(metrics.box.ap_class_index) == 3
    for row, index in enumerate(metrics.box.ap_class_index):
        figures = ours[metrics.names[int(index)]]
        assert figures["objects"] == metrics.nt_per_class[int(index)]
        assert figures["ap50"][0] == pytest.approx(float(metrics.box.ap50[row]), abs=0.01)
        assert figures["ap50_95"][0] == pytest.approx(float(metrics.box.ap[row]), abs=0.01)
    page = (tmp_path / "ours" / "evaluation.html").read_text()
    assert "overflowing_bin" in page
    assert str(merged) not in page + (tmp_path / "ours" / "evaluation.json").read_text()
