"""Engines on real photos: PyTorch, OpenVINO, ONNX Runtime and ultralytics must see the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from models.catalogue import ModelEntry, find
from models.non_maximum import NMS_IOU
from scripts.bench.loop import bench_loop
from tests.real.agreement import assert_same
from vision.detections import Detections
from vision.engines.engine import SCORE_FLOOR, Engine
from vision.engines.letterbox import Letterbox
from vision.engines.onnx_device import CUDA, BoundNetwork, OnnxCudaEngine
from vision.engines.onnx_engine import AHEAD, OnnxEngine
from vision.engines.onnx_graph import CPU
from vision.engines.openvino_engine import OpenVinoEngine
from vision.engines.openvino_graph import compile_graph
from vision.engines.torch_engine import TorchEngine
from vision.errors import EngineError
from vision.frames import Pixels


@pytest.fixture(scope="module")
def photos(shared_data: Path) -> list[Pixels]:
    """Photos of several shapes and sources, mixed."""
    files = [
        file
        for folder in ("bins_cn/val", "trucks_road/val", "plates/val", "vehicles/val")
        for file in sorted((shared_data / folder / "images").iterdir())[:2]
    ]
    pictures = [cv2.imread(str(file)) for file in files]
    tall = np.ascontiguousarray(np.rot90(pictures[0]))
    return [*pictures, tall[:, : tall.shape[1] // 2].copy(), pictures[1][:100]]


@pytest.fixture(scope="module")
def entry(shared_data: Path) -> ModelEntry:
    return find(shared_data / "weights" / "yolo11n_coco_init.pt")


@pytest.fixture(scope="module")
def on_torch(entry: ModelEntry) -> Iterator[TorchEngine]:
    engine = TorchEngine(entry)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("converted")


@pytest.fixture(scope="module")
def on_openvino(entry: ModelEntry, converted: Path) -> Iterator[OpenVinoEngine]:
    engine = OpenVinoEngine(entry, cache=converted)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def on_onnx(entry: ModelEntry, converted: Path) -> Iterator[OnnxEngine]:
    engine = OnnxEngine(entry, cache=converted)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def seen_by_torch(on_torch: Engine, photos: list[Pixels]) -> list[Detections]:
    found = on_torch.infer(photos)
    assert sum(len(f) for f in found) >= 10, "these photos show something"
    return found


def test_openvino_computes_in_32_bits_on_every_cpu(
    on_openvino: OpenVinoEngine, converted: Path
) -> None:
    graph = compile_graph(next(converted.rglob("*.xml")))
    assert graph.get_property("INFERENCE_PRECISION_HINT").get_type_name() == "f32"


@pytest.mark.parametrize("name", ["on_openvino", "on_onnx"])
def test_every_engine_sees_what_torch_sees(
    name: str,
    photos: list[Pixels],
    seen_by_torch: list[Detections],
    request: pytest.FixtureRequest,
) -> None:
    engine: Engine = request.getfixturevalue(name)
    for ours, theirs in zip(engine.infer(photos), seen_by_torch, strict=True):
        assert_same(ours, theirs, SCORE_FLOOR)


def test_ultralytics_sees_the_same(
    entry: ModelEntry, photos: list[Pixels], seen_by_torch: list[Detections]
) -> None:
    from ultralytics import YOLO

    model = YOLO(str(entry.path))
    for photo, ours in zip(photos, seen_by_torch, strict=True):
        [result] = model.predict(
            photo, imgsz=640, rect=True, conf=SCORE_FLOOR, iou=NMS_IOU, verbose=False
        )
        # Both work in input pixels, so the tolerance counts there.
        scale = max(1.0, max(photo.shape[:2]) / 640)
        assert_same(ours, Detections.from_ultralytics(result), SCORE_FLOOR, scale)


@pytest.mark.parametrize("name", ["on_torch", "on_openvino", "on_onnx"])
def test_a_photo_gives_the_same_alone_and_in_a_batch(
    name: str, photos: list[Pixels], request: pytest.FixtureRequest
) -> None:
    engine: Engine = request.getfixturevalue(name)
    for photo, found in zip(photos[::2], engine.infer(photos)[::2], strict=True):
        [alone] = engine.infer([photo])
        assert_same(alone, found, SCORE_FLOOR)
        height, width = photo.shape[:2]
        assert (found.xyxy >= 0).all()
        assert (found.xyxy <= [width, height, width, height]).all()


@pytest.mark.parametrize("name", ["on_openvino", "on_onnx"])
def test_batches_that_are_under_way_together_are_kept_apart(
    name: str,
    photos: list[Pixels],
    seen_by_torch: list[Detections],
    request: pytest.FixtureRequest,
) -> None:
    engine: Engine = request.getfixturevalue(name)
    pending = [engine.submit([photo, photos[0]]) for photo in photos]
    last = len(pending) - 1
    for number in [last, *range(last)]:  # asked for in another order than given
        found, first = pending[number].result()
        assert_same(found, seen_by_torch[number], SCORE_FLOOR)
        assert_same(first, seen_by_torch[0], SCORE_FLOOR)


@pytest.mark.parametrize("name", ["on_torch", "on_openvino", "on_onnx"])
def test_a_picture_without_pixels_is_refused_and_the_next_one_works(
    name: str, photos: list[Pixels], seen_by_torch: list[Detections], request: Any
) -> None:
    engine: Engine = request.getfixturevalue(name)
    with pytest.raises(ValueError, match="nothing to look at"):
        engine.infer([photos[0], np.zeros((0, 5, 3), np.uint8)])
    assert_same(engine.infer([photos[0]])[0], seen_by_torch[0], SCORE_FLOOR)
    assert engine.infer([]) == []
    engine.warm_up()


@pytest.mark.parametrize("name", ["on_openvino", "on_onnx"])
def test_a_converted_model_that_was_damaged_is_named(
    name: str,
    entry: ModelEntry,
    converted: Path,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    engine = request.getfixturevalue(name)
    shutil.copytree(converted, tmp_path, dirs_exist_ok=True)
    for graph in (*tmp_path.rglob("*.xml"), *tmp_path.rglob("*.onnx")):
        graph.write_text("<net>", encoding="utf-8")
    with pytest.raises(EngineError, match=f"{engine.name} failed"):
        type(engine)(entry, cache=tmp_path)


def test_a_batch_on_which_onnx_runtime_fails_is_named_and_the_next_one_works(
    on_onnx: OnnxEngine,
    photos: list[Pixels],
    seen_by_torch: list[Detections],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Letterbox, "shape", property(lambda _: (65, 64)))  # not of the stride
        broken.setattr(Letterbox, "draw", lambda *_: None)
        pending = on_onnx.submit(photos[:2])
    with pytest.raises(EngineError, match="onnx-cpu failed"):
        pending.result()
    assert_same(on_onnx.infer([photos[0]])[0], seen_by_torch[0], SCORE_FLOOR)


def test_more_pictures_than_onnx_runtime_has_threads_do_not_all_wait_in_memory(
    on_onnx: OnnxEngine, photos: list[Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    most, run = 0, on_onnx._run
    waiting = on_onnx._threads._work_queue

    def watched(pixels: Pixels) -> Any:
        nonlocal most
        most = max(most, waiting.qsize())
        return run(pixels)

    monkeypatch.setattr(on_onnx, "_run", watched)
    found = on_onnx.infer([photos[0]] * 20)
    assert len(found) == 20
    assert most <= on_onnx.batch * AHEAD


@pytest.mark.parametrize("name", ["on_torch", "on_openvino", "on_onnx"])
def test_the_engine_is_as_good_after_a_bare_run(
    name: str, photos: list[Pixels], seen_by_torch: list[Detections], request: Any
) -> None:
    engine: Engine = request.getfixturevalue(name)
    for shape in ((384, 640, 3), (640, 384, 3)):
        engine.run_bare(np.full((2, *shape), 114, np.uint8), 3)
        assert_same(engine.infer([photos[0]])[0], seen_by_torch[0], SCORE_FLOOR)


def test_bench_measures_the_stock_way_with_both_of_its_files(
    entry: ModelEntry, converted: Path, shared_data: Path
) -> None:
    engine = OpenVinoEngine(entry, image_size=160, cache=converted)
    clip = shared_data / "clips" / "parking_street.mp4"
    try:
        [result] = bench_loop([clip], engine, frames=30, rounds=1)
    finally:
        engine.close()
    [measured] = result.rounds
    assert measured.stock is not None
    assert measured.stock > 0
    assert measured.stock_openvino is not None
    assert measured.stock_openvino > 0


class OnnxTensors(OnnxCudaEngine):
    """The engine of CUDA devices, on the CPU: the same code on tensors that lie here."""

    provider = CPU

    def providers(self, *_: object) -> Any:
        return ((CPU, {}),)


def test_onnx_runtime_on_tensors_where_they_lie_sees_what_torch_sees(
    entry: ModelEntry,
    converted: Path,
    photos: list[Pixels],
    seen_by_torch: list[Detections],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = OnnxTensors(entry, device="cpu", cache=converted)
    for ours, theirs in zip(engine.infer(photos), seen_by_torch, strict=True):
        assert_same(ours, theirs, SCORE_FLOOR)
    engine.run_bare(np.full((2, 384, 640, 3), 114, np.uint8), 2)
    engine.close()
    [accepted] = converted.rglob("accepted")
    assert int(accepted.read_text().split()[0]) > 0, "the pictures that it is compared on show"
    monkeypatch.setattr("vision.engines.onnx_device.load_detector", None)
    OnnxTensors(entry, device="cpu", cache=converted).close()  # compared once


def test_what_does_not_see_what_the_original_sees_is_not_used(
    entry: ModelEntry, converted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = BoundNetwork.__call__
    monkeypatch.setattr(BoundNetwork, "__call__", lambda self, p: call(self, p) + 5)
    for accepted in converted.rglob("accepted"):
        accepted.unlink()
    with pytest.raises(EngineError, match="does not see what the original sees"):
        OnnxTensors(entry, device="cpu", cache=converted)


def test_a_provider_that_is_not_there_is_named(entry: ModelEntry, converted: Path) -> None:
    class OnCuda(OnnxTensors):
        def providers(self, *_: object) -> Any:
            return ((CUDA, {}), (CPU, {}))

    if CUDA in onnxruntime.get_available_providers():
        pytest.skip("ONNX Runtime has its CUDA provider here")
    with pytest.raises(EngineError, match=r"cannot use its CUDAExecutionProvider.*onnxruntime-gpu"):
        OnCuda(entry, device="cpu", cache=converted)


def test_what_fills_a_batch_up_changes_nothing(
    photos: list[Pixels], on_torch: TorchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CUDA graph takes a fixed number of pictures, so others lie behind those that are asked."""
    wanted, runner = on_torch.infer(photos), on_torch._runner

    class Filled(type(runner)):  # type: ignore[misc]
        def run(self, images: Any, boxes: Any) -> Any:
            noise = np.random.default_rng(1).integers(0, 256, (3, *boxes[0].shape, 3), np.uint8)
            rows = runner.run([*images, *noise], [*boxes, *boxes[:1] * 3])()
            return lambda: rows[: len(images)]

    monkeypatch.setattr(on_torch, "_runner", Filled(on_torch.device, on_torch._look))
    for ours, theirs in zip(on_torch.infer(photos), wanted, strict=True):
        assert_same(ours, theirs, SCORE_FLOOR)


def test_tensors_are_seen_as_arrays_are(
    photos: list[Pixels], on_torch: TorchEngine, seen_by_torch: list[Detections]
) -> None:
    """Drawn where they lie, alone and beside arrays; as an engine server's slot, too."""
    tensors = [torch.tensor(photo) for photo in photos]
    mixed = [photo if n % 2 else tensors[n] for n, photo in enumerate(photos)]
    for given in (tensors, mixed):
        for ours, theirs in zip(on_torch.infer(given), seen_by_torch, strict=True):
            assert_same(ours, theirs, SCORE_FLOOR)
    box = Letterbox.fit(photos[0].shape[1], photos[0].shape[0], 640)
    slot = np.empty((*box.shape, 3), np.uint8)
    box.draw(photos[0], slot)
    [by_array], [by_tensor] = on_torch.infer([slot]), on_torch.infer([torch.from_numpy(slot)])
    np.testing.assert_array_equal(by_tensor.xyxy, by_array.xyxy)


def test_where_memory_is_short_fewer_pictures_go_at_once(
    entry: ModelEntry, photos: list[Pixels], caplog: pytest.LogCaptureFixture
) -> None:
    engine = TorchEngine(entry, image_size=160)
    wanted = engine.infer(photos)
    network, given = engine._network, []

    def short(pixels: torch.Tensor) -> torch.Tensor:
        given.append(len(pixels))
        if len(pixels) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return network(pixels)

    engine._network = short
    try:
        found = engine.infer([photos[0]] * 4)
        assert given == [4, 2, 1, 1, 1, 1]
        assert engine.batch == 1
        for one in found:
            assert_same(one, wanted[0], SCORE_FLOOR)
        assert "memory is short" in caplog.text
        engine._network = lambda pixels: short(pixels.repeat(2, 1, 1, 1))
        with pytest.raises(EngineError, match="out of memory"):
            engine.infer(photos[:1])
    finally:
        engine._network = network
        engine.close()
