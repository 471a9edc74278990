"""The truck reader on real crops: what PyTorch reads, each converted network reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from datasets.crops import crop_box, read_labels
from models.catalogue import ModelEntry, file_sha256, find
from models.truck_network import to_square_there
from models.truck_state import TruckReading, TruckState, to_square
from vision.detections import make_detections
from vision.engines.truck_networks import on_onnx, on_openvino, on_torch
from vision.engines.truck_state import MIN_SIDE, TruckStateReader
from vision.errors import EngineError
from vision.frames import MARGIN, Frame, Pixels
from vision.sources.decoded import Decoded
from vision.sources.on_device import OnDevice

CHANCE = 2e-3
"""Tolerance of a probability: what `models.export` accepts of a score."""

Opener = Callable[..., TruckState]


@pytest.fixture(scope="module")
def entry() -> ModelEntry:
    return find("truck-state")


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("converted")


@pytest.fixture(scope="module")
def crops(shared_data: Path) -> list[Pixels]:
    """Labelled trucks of all loads: at roadsides, from drones, at checkpoints."""
    boxes: dict[str, list[tuple[float, ...]]] = {}
    for row in read_labels():
        box = tuple(float(row[key]) for key in ("x1", "y1", "x2", "y2"))
        boxes.setdefault(row["picture_sha256"], []).append(box)
    found: list[Pixels] = []
    for name in ("trucks_checkpoint", "trucks_drone", "trucks_road"):
        for path in sorted((shared_data / name).rglob("*.*"))[:40]:
            known = boxes.get(file_sha256(path), []) if path.is_file() else []
            found += [crop_box(cv2.imread(str(path)), box) for box in known[:2]]
    assert len(found) >= 20
    return found[:40]


@pytest.fixture(scope="module")
def read_by_torch(entry: ModelEntry, crops: list[Pixels]) -> list[TruckReading]:
    readings = on_torch(entry, device="cpu").read(crops)
    assert len({reading.load for reading in readings}) >= 3, "these crops show several loads"
    return readings


def test_squares_are_as_opencv_makes_them(crops: list[Pixels]) -> None:
    for picture in (*crops, crops[0][:1], crops[0][:40, :1], crops[0][:30, :50]):
        ours = to_square_there(torch.tensor(picture), 224).numpy().astype(int)
        apart = np.abs(ours - to_square(picture, 224))
        assert apart.max() <= 1
        assert apart.mean() < 0.2  # OpenCV enlarges in whole numbers


def test_a_truck_is_read_the_same_from_a_picture_on_the_device(
    entry: ModelEntry, crops: list[Pixels]
) -> None:
    """Each crop as a camera's picture in NV12, which its decoder left there or gave to the host."""
    reader = TruckStateReader(on_torch(entry, device="cpu"), {"gate"})
    large = [one[: len(one) // 2 * 2, : one.shape[1] // 2 * 2] for one in crops]
    large = [one for one in large if min(one.shape[:2]) >= MIN_SIDE / (1 - 2 * MARGIN)]
    assert len(large) >= 10
    frames: dict[str, list[Frame]] = {"there": [], "here": []}
    seen = []
    for picture in large:
        bgr = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
        nv12, at = bgr.reformat(format="nv12"), datetime.now(UTC)
        frames["there"].append(Frame(OnDevice(nv12, None), "gate", at, 0))
        frames["here"].append(Frame(Decoded(nv12, None, VideoReformatter()), "gate", at, 0))
        height, width = picture.shape[:2]
        box = np.array([[MARGIN * width, MARGIN * height, width, height]], np.float32)
        seen.append(make_detections(box, np.ones(1, np.float32), np.zeros(1, np.int64), ["truck"]))
    for ours, theirs in zip(
        reader(frames["there"], seen), reader(frames["here"], seen), strict=True
    ):
        for name in ("load", "dirt"):
            assert ours.data[name] == theirs.data[name] != ""
            score = f"{name}_score"
            # FFmpeg takes the colour of the nearest sample, where it changes no size.
            assert ours.data[score] == pytest.approx(theirs.data[score], abs=0.05)


@pytest.mark.parametrize("open_", [on_openvino, on_onnx])
def test_a_converted_reader_reads_what_torch_reads(
    open_: Opener,
    entry: ModelEntry,
    converted: Path,
    crops: list[Pixels],
    read_by_torch: list[TruckReading],
) -> None:
    reader = open_(entry, cache=converted)
    alone = [reading for crop in crops[:3] for reading in reader.read([crop])]
    for ours, theirs in zip(
        [*reader.read(crops), *alone], [*read_by_torch, *read_by_torch[:3]], strict=True
    ):
        assert (ours.load, ours.dirt) == (theirs.load, theirs.dirt)
        assert ours.loads == pytest.approx(theirs.loads, abs=CHANCE)
        assert ours.dirts == pytest.approx(theirs.dirts, abs=CHANCE)


@pytest.mark.parametrize(("open_", "name"), [(on_openvino, "openvino-cpu"), (on_onnx, "onnx-cpu")])
def test_a_converted_reader_that_was_damaged_is_named(
    open_: Opener, name: str, entry: ModelEntry, converted: Path, tmp_path: Path
) -> None:
    open_(entry, cache=converted)
    shutil.copytree(converted, tmp_path, dirs_exist_ok=True)
    for graph in (*tmp_path.rglob("*.xml"), *tmp_path.rglob("*.onnx")):
        graph.write_text("<net>", encoding="utf-8")
    with pytest.raises(EngineError, match=f"{name} failed"):
        open_(entry, cache=tmp_path)


@pytest.mark.parametrize("open_", [on_openvino, on_onnx])
def test_a_cache_that_cannot_be_written_is_named(
    open_: Opener, entry: ModelEntry, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.touch()
    with pytest.raises(EngineError, match=r"could not be written.*Free some space"):
        open_(entry, cache=blocked)
