"""The truck reader on real crops: what PyTorch reads, each converted network reads."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from datasets.crops import crop_box, read_labels
from models.catalogue import ModelEntry, file_sha256, find
from models.truck_state import TruckReading, TruckState
from vision.engines.truck_networks import on_onnx, on_openvino, on_torch
from vision.errors import EngineError
from vision.frames import Pixels

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
