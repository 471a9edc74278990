"""What only a CUDA device can show: it sees what the CPU sees, graph by graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from models.catalogue import ModelEntry, find
from tests.real.agreement import assert_same
from vision.detections import Detections
from vision.engine_server.pinning import pin, readable, unpin
from vision.engine_server.ring import Layout, Ring
from vision.engines import open_engine
from vision.engines.cuda_graphs import BUCKETS
from vision.engines.letterbox import Letterbox
from vision.engines.postprocess import best_boxes
from vision.engines.torch_engine import TorchEngine
from vision.engines.truck_networks import on_torch
from vision.errors import EngineError
from vision.frames import Pixels
from vision.model_choice import ModelChoice

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]
DEVICE = "cuda"
HALF = 2.0
"""How much further apart boxes may be with 16-bit floats: they place a box to half a pixel."""
FLOOR = 0.15
"""Below it 16-bit floats may keep another of two boxes on one thing, whose scores are next to
equal: on a CPU with such floats it happens to the same box, of 0.14, on these photos."""


@pytest.fixture(scope="module")
def entry() -> ModelEntry:
    return find("streetwarden-n")


@pytest.fixture(scope="module")
def photos(shared_data: Path) -> list[Pixels]:
    files = sorted((shared_data / "stalls_web").rglob("*.webp"))[:6]
    pictures = [cv2.imread(str(file)) for file in files]
    return [*pictures, cv2.resize(pictures[0], (640, 360)), cv2.resize(pictures[1], (360, 640))]


@pytest.fixture(scope="module")
def on_cuda(entry: ModelEntry) -> Iterator[TorchEngine]:
    engine = TorchEngine(entry, device=DEVICE)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def wanted(entry: ModelEntry, photos: list[Pixels]) -> list[Detections]:
    engine = TorchEngine(entry)
    found = engine.infer(photos)
    engine.close()
    assert sum(len(f) for f in found) >= 10, "these photos show something"
    return found


def test_every_bucket_sees_what_the_cpu_sees(
    on_cuda: TorchEngine, photos: list[Pixels], wanted: list[Detections]
) -> None:
    assert on_cuda.name == "torch-cuda"
    wide, tall = photos[-2:]
    for count in (1, 2, 3, 5, 16, 33, BUCKETS[-1], BUCKETS[-1] + 1):
        given = [wide, tall, *[wide] * (count - 1)]
        found = on_cuda.infer(given)
        assert len(found) == count + 1
        for number, ours in enumerate(found):
            assert_same(ours, wanted[-1 if number == 1 else -2], FLOOR, HALF)
    assert on_cuda.device_memory


def test_shapes_taken_in_turn_keep_their_anchors(
    on_cuda: TorchEngine, photos: list[Pixels], wanted: list[Detections]
) -> None:
    """A graph reads its network's anchors where they lay when it was captured."""
    for _ in range(3):
        for photo, theirs in zip(photos, wanted, strict=True):
            torch.empty(64, 1024, 1024, device="cuda").fill_(7)  # written over what is free
            [ours] = on_cuda.infer([photo])
            assert_same(ours, theirs, FLOOR, HALF)


def test_batches_under_way_together_are_kept_apart(
    on_cuda: TorchEngine, photos: list[Pixels], wanted: list[Detections]
) -> None:
    pending = [on_cuda.submit([photo, photos[0]]) for photo in photos * 3]
    last = len(pending) - 1
    for number in [last, *range(last)]:
        found, first = pending[number].result()
        assert_same(found, wanted[number % len(photos)], FLOOR, HALF)
        assert_same(first, wanted[0], FLOOR, HALF)


@pytest.mark.parametrize("place", ["device", "pinned"])
def test_tensors_are_seen_as_arrays_are(
    on_cuda: TorchEngine, photos: list[Pixels], wanted: list[Detections], place: str
) -> None:
    """Drawn on the device beside arrays, whatever their memory is used for afterwards."""
    pending = []
    for photo in photos * 3:
        host = torch.tensor(photo)
        tensor = host.to(DEVICE) if place == "device" else host.pin_memory()
        pending.append(on_cuda.submit([tensor, photo]))
        if place == "device":  # what is pinned is to stay as it is
            del tensor
        torch.empty(64, 1024, 1024, device=DEVICE).fill_(7)  # written over what is free
    for number, asked in enumerate(pending):
        for found in asked.result():
            assert_same(found, wanted[number % len(photos)], FLOOR, HALF)


def test_slots_of_a_pinned_ring_go_up_as_they_are(
    on_cuda: TorchEngine, photos: list[Pixels], wanted: list[Detections]
) -> None:
    ring = Ring.create(Layout(slots=len(photos), image_size=640))
    assert pin(ring)
    boxes = [Letterbox.fit(photo.shape[1], photo.shape[0], 640) for photo in photos]
    slots = [ring.picture(n, *box.shape) for n, box in enumerate(boxes)]
    for photo, box, slot in zip(photos, boxes, slots, strict=True):
        box.draw(photo, slot)
    for _ in range(3):
        found = on_cuda.infer([readable(slot) for slot in slots])
        for ours, theirs, box in zip(found, wanted, boxes, strict=True):
            ours.xyxy = box.to_picture(ours.xyxy)
            assert_same(ours, theirs, FLOOR, HALF)
    unpin(ring)
    ring.close()


def test_a_bare_run_spoils_nothing(
    on_cuda: TorchEngine, photos: list[Pixels], wanted: list[Detections]
) -> None:
    on_cuda.run_bare(np.full((3, 384, 640, 3), 114, np.uint8), 3)
    assert_same(on_cuda.infer(photos[:1])[0], wanted[0], FLOOR, HALF)


def test_suppression_is_the_same_on_the_device() -> None:
    random = torch.rand(5, 18, 5040, generator=torch.Generator().manual_seed(1))
    random[:, :2] *= 640
    random[:, 2:4] = random[:, 2:4] * 80 + 1
    random[:, 4:] **= 40
    random[:, 4:, ::3] = random[:, 4:, :1]  # equal scores
    for floor in (0.1, 0.99):
        ours = best_boxes(random.cuda(), floor).cpu()
        theirs = best_boxes(random, floor, 512)
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize(("name", "package"), [("onnx", "onnxruntime"), ("tensorrt", "tensorrt")])
def test_onnx_runtime_on_the_device_sees_what_the_cpu_sees(
    name: str, package: str, photos: list[Pixels], wanted: list[Detections]
) -> None:
    pytest.importorskip(package)
    try:
        engine = open_engine(ModelChoice(engine=name, device="cuda"))
    except EngineError as error:
        if "cannot use its" in str(error):
            pytest.skip(str(error))
        raise
    assert engine.name == f"{name}-cuda"
    pending = [engine.submit([photo, photos[0]]) for photo in photos]
    for number in [len(photos) - 1, *range(len(photos) - 1)]:
        found, first = pending[number].result()
        assert_same(found, wanted[number], FLOOR, HALF)
        assert_same(first, wanted[0], FLOOR, HALF)
    engine.close()


def test_trucks_are_read_on_the_device_as_on_the_cpu(photos: list[Pixels]) -> None:
    entry = find("truck-state")
    crops = [photo[: 200 + 9 * n, : 300 - 7 * n] for n, photo in enumerate(photos * 6)]
    theirs = on_torch(entry).read(crops)
    reader = on_torch(entry, device=DEVICE)
    assert reader.device == torch.device("cuda", 0)
    for given in (crops, [torch.tensor(crop, device=DEVICE) for crop in crops]):
        for ours, wanted_ in zip(reader.read(given), theirs, strict=True):
            assert ours.loads == pytest.approx(wanted_.loads, abs=0.01)
            assert ours.dirts == pytest.approx(wanted_.dirts, abs=0.01)
