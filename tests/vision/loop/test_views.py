from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Condition
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from av.video.frame import VideoFrame

from vision.detections import Detections, make_detections
from vision.errors import EngineError
from vision.frames import Frame, Pixels
from vision.loop import InferenceLoop
from vision.loop.views import Views
from vision.sources.mailbox import Mailbox
from vision.sources.on_device import OnDevice

SIDE = 320


@dataclass(frozen=True)
class Scaled:
    pixels: Pixels

    @property
    def small(self) -> Pixels:
        return cv2.resize(
            self.pixels, (SIDE, SIDE * self.height // self.width), interpolation=cv2.INTER_AREA
        )

    @property
    def width(self) -> int:
        return self.pixels.shape[1]

    @property
    def height(self) -> int:
        return self.pixels.shape[0]

    def whole(self) -> Pixels:
        return self.pixels


@dataclass
class BrightEngine:
    """Sees what is white and at least five pixels wide and high."""

    batch: int = 4
    depth: int = 1
    name: str = "bright"
    image_size: int = SIDE
    pictures: list[tuple[int, ...]] = field(default_factory=list)
    most: int = 1000
    device: Any = None

    def submit(self, images: Sequence[Pixels]) -> BrightEngine:
        if len(images) > self.most:
            raise EngineError("too many at once")
        self._images = list(images)
        self.pictures += [image.shape[:2] for image in images]
        return self

    def result(self) -> list[Detections]:
        return [self._look(image) for image in self._images]

    def infer(self, images: Sequence[Pixels]) -> list[Detections]:
        return self.submit(images).result()

    def warm_up(self) -> None: ...

    @staticmethod
    def _look(image: Pixels) -> Detections:
        assert max(image.shape) <= SIDE
        white = (image.min(axis=2) > 150).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(white)
        rows = stats[1:][stats[1:, 2:4].min(axis=1) >= 5]
        boxes = np.concatenate((rows[:, :2], rows[:, :2] + rows[:, 2:4]), 1).astype(np.float32)
        scores = np.linspace(0.9, 0.8, len(boxes), dtype=np.float32)
        return make_detections(boxes, scores, np.zeros(len(boxes), np.int64), ["white"])


def scene(camera: str, boxes: Sequence[tuple[int, int, int, int]]) -> Frame:
    pixels = np.full((720, 1280, 3), 30, np.uint8)
    for x1, y1, x2, y2 in boxes:
        pixels[y1:y2, x1:x2] = 255
    return Frame(Scaled(pixels), camera, datetime.now(UTC), 0)


SMALL = [(10, 10, 20, 20), (235, 300, 255, 315), (630, 350, 650, 362), (1265, 700, 1280, 720)]
LARGE = (700, 60, 1100, 460)


def test_small_things_are_found_once_and_large_ones_whole() -> None:
    frame, engine = scene("c0", [*SMALL, LARGE]), BrightEngine()
    views = Views.of(frame, side=SIDE)
    found = views.joined(engine.infer(views.pictures()))
    order = np.lexsort(found.xyxy.T[::-1])
    assert found.xyxy[order].tolist() == [list(map(float, box)) for box in sorted([*SMALL, LARGE])]
    assert set(found.data["class_name"]) == {"white"}


def test_a_picture_without_anything_has_nothing_in_its_tiles() -> None:
    frame, engine = scene("c0", []), BrightEngine()
    views = Views.of(frame, side=SIDE)
    assert len(views.joined(engine.infer(views.pictures()))) == 0


def test_a_frame_no_larger_than_the_input_has_no_tiles() -> None:
    small = Frame(np.zeros((SIDE // 2, SIDE, 3), np.uint8), "c0", datetime.now(UTC), 0)
    assert Views.of(small, side=SIDE).tiles == ()
    assert Views.of(scene("c0", []), side=None).tiles == ()


def on_device(frame: Frame, made: type[OnDevice] = OnDevice) -> Frame:
    """The same, left where its decoder decoded it."""
    nv12 = VideoFrame.from_ndarray(frame.pixels, format="bgr24").reformat(format="nv12")
    return replace(frame, picture=made(nv12, (SIDE, SIDE * 720 // 1280)))


def test_an_engine_on_the_device_takes_pictures_there(
    ready: Condition, run_loop: Callable[..., InferenceLoop], fakes: Any
) -> None:
    class Kept(OnDevice):
        def whole(self) -> Any:
            raise AssertionError("the whole picture came down")

    taken: list[type] = []

    class There(BrightEngine):
        def submit(self, images: Sequence[Any]) -> BrightEngine:
            taken.extend(type(image) for image in images)
            return super().submit([np.asarray(image) for image in images])

    box = Mailbox("c0", live=False, ready=ready)
    box.put(on_device(scene("c0", SMALL), Kept))
    box.put(scene("c0", SMALL))
    box.finish()
    found: list[Detections] = []
    engine = There(device=torch.device("cpu"))
    loop = run_loop(engine, [box], lambda _, seen: found.append(seen), tiled=lambda _: True)
    assert loop.wait_until_drained(fakes.LIMIT)
    count = Views.of(scene("c0", []), side=SIDE).count
    assert taken == [torch.Tensor] * count + [np.ndarray] * count
    there, here = (sorted(map(tuple, one.xyxy.tolist())) for one in found)
    assert there == here == sorted(SMALL)


def test_another_engine_gets_what_came_down() -> None:
    frame = on_device(scene("c0", SMALL))
    views = Views.of(frame, side=SIDE)
    for device in (None, torch.device("cuda", 0)):
        assert {type(picture) for picture in views.pictures(device)} == {np.ndarray}
    assert views.pictures(None)[0] is frame.small


@pytest.mark.parametrize("most", [1000, 16, 1])
def test_only_the_cameras_that_need_it_are_seen_in_tiles(
    most: int, ready: Condition, run_loop: Callable[..., InferenceLoop], fakes: Any
) -> None:
    """Also where a batch is refused and each frame is tried alone, or that is refused too."""
    boxes = [Mailbox(f"c{n}", live=False, ready=ready) for n in range(2)]
    found: dict[str, Detections] = {}
    for box in boxes:
        box.put(scene(box.camera, SMALL))
        box.finish()
    engine = BrightEngine(most=most)
    loop = run_loop(
        engine,
        boxes,
        lambda frame, seen: found.update({frame.camera: seen}),
        tiled=lambda frame: frame.camera == "c1",
    )
    assert loop.wait_until_drained(fakes.LIMIT)
    assert len(found["c0"]) < len(SMALL)
    if most == 1:
        assert boxes[1].counts().dropped == {"engine_failed": 1}
        return
    assert sorted(map(tuple, found["c1"].xyxy.tolist())) == sorted(SMALL)
