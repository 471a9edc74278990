"""The engine server with the real model: what it answers is what the engine itself gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from vision.engine_server import EngineServerProcess, ServedEngine
from vision.engine_server.pinning import pin, unpin
from vision.engine_server.ring import Layout, Ring
from vision.engines import ModelChoice, open_engine
from vision.frames import Pixels


@pytest.fixture
def photos(shared_data: Path) -> list[Pixels]:
    files = sorted((shared_data / "vehicles" / "val" / "images").iterdir())[:6]
    pictures = [cv2.imread(str(file)) for file in files]
    return [*pictures, np.ascontiguousarray(np.rot90(pictures[0])), pictures[1][:100]]


@pytest.fixture
def served() -> Iterator[ServedEngine]:
    server = EngineServerProcess(ModelChoice())
    server.start()
    engine = ServedEngine(server.address)
    yield engine
    engine.close()
    server.stop()


def test_it_answers_what_the_engine_gives(served: ServedEngine, photos: list[Pixels]) -> None:
    engine = open_engine(ModelChoice())
    wanted = engine.infer(photos)
    assert sum(len(one) for one in wanted) >= 10, "these photos show something"
    for _ in range(3):
        found = served.infer(photos)
        for ours, theirs in zip(found, wanted, strict=True):
            # A batch's place may change the last bits on a device; on a CPU nothing differs.
            np.testing.assert_allclose(ours.xyxy, theirs.xyxy, atol=0.5)
            np.testing.assert_allclose(ours.confidence, theirs.confidence, atol=0.005)
            assert list(ours.data["class_name"]) == list(theirs.data["class_name"])
    assert (served.model, served.image_size) == (engine.model, engine.image_size)
    engine.close()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_pinned_ring_is_read_by_the_device_as_it_is() -> None:
    ring = Ring.create(Layout(slots=4, image_size=640))
    assert pin(ring)
    try:
        picture = ring.picture(2, 384, 640)
        picture[:] = np.random.default_rng(1).integers(0, 256, picture.shape, np.uint8)
        host = torch.from_numpy(picture)
        assert host.is_pinned()
        copied = host.to("cuda", non_blocking=True)
        torch.cuda.synchronize()
        assert torch.equal(copied.cpu(), host)
    finally:
        unpin(ring)
    assert not torch.from_numpy(ring.picture(2, 384, 640)).is_pinned()
    ring.close()
