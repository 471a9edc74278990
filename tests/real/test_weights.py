"""The shipped weights on real photos: the conversion agrees, and they see what is labelled."""

from pathlib import Path

import cv2
import numpy as np
import openvino
import torch

from datasets.importers import read_yolo, yolo_pictures
from models import find, runtime
from models.export import export_openvino
from models.load import load_detector

BINS = {0: "garbage", 1: "bin", 2: "overflowing_bin"}


def _tensor(path: Path) -> torch.Tensor:
    picture = cv2.resize(cv2.imread(str(path)), (640, 640))[:, :, ::-1]
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)))[None].float() / 255


def test_openvino_agrees_with_torch(shared_data: Path) -> None:
    entry = find("streetwarden-n")
    detector = load_detector(entry)
    file = export_openvino(entry, runtime.cache_dir() / "openvino")
    compiled = openvino.compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for path in yolo_pictures(shared_data / "bins_cn" / "val")[:3]:
        picture = _tensor(path)
        with torch.inference_mode():
            wanted = detector(picture)[0]
        given = torch.from_numpy(np.array(compiled(picture.numpy())[0]))[0]
        assert (given[4:] - wanted[4:]).abs().max() < 2e-3
        counts = wanted[4:].max(0).values > 0.05
        assert (given[:4] - wanted[:4])[:, counts].abs().max() < 0.5


def test_sees_the_bins_of_real_streets(shared_data: Path) -> None:
    """Per picture: some class that is labelled scores above the threshold (26 pictures)."""
    entry = find("streetwarden-n")
    detector = load_detector(entry)
    pictures = yolo_pictures(shared_data / "bins_cn" / "val")[::8][:26]
    hits = 0
    for path in pictures:
        labelled = {entry.classes.index(box.name) for box in read_yolo(path, BINS).boxes}
        with torch.inference_mode():
            scores = detector(_tensor(path))[0, 4:].max(1).values
        hits += any(scores[index] >= entry.threshold for index in labelled)
    assert hits >= 0.7 * len(pictures)
