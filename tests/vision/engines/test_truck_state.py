from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from av.video.frame import VideoFrame

from models.catalogue import find
from scripts.watching import make_pipeline
from vision.detections import make_detections, only
from vision.engines import truck_networks
from vision.engines.truck_state import TruckStateReader, crop, open_truck_state
from vision.errors import EngineError
from vision.frames import Frame, Image
from vision.site import Camera, ModelChoice, Site, SiteInfo, Storage
from vision.sources.on_device import OnDevice

CLASSES = ("person", "truck")


@dataclass
class Reading:
    load: str
    load_score: float
    dirt: str
    dirt_score: float


@dataclass
class Colours:
    """Tells a load by the colour of the crop's middle, so that a swapped crop shows."""

    crops: list[Image] = field(default_factory=list)
    device: torch.device | None = None

    def read(self, crops: Sequence[Image]) -> list[Reading]:
        self.crops += crops
        found = []
        for picture in crops:
            value = int(picture[picture.shape[0] // 2, picture.shape[1] // 2, 0])
            found.append(Reading("open" if value > 100 else "covered", value / 255, "clean", 0.5))
        return found


def a_frame(camera: str = "gate") -> Frame:
    pixels = np.zeros((200, 400, 3), np.uint8)
    pixels[:, 200:] = 255
    return Frame(pixels, camera, datetime(2026, 5, 1, tzinfo=UTC), 0)


def detected(*rows: tuple[int, float, float, float, float]) -> object:
    return make_detections(
        np.array([r[1:] for r in rows], np.float32).reshape(-1, 4),
        np.full(len(rows), 0.9, np.float32),
        np.array([r[0] for r in rows], np.int64),
        CLASSES,
    )


def test_each_truck_gets_its_own_state() -> None:
    reader = TruckStateReader(Colours(), {"gate"})
    seen = detected((1, 10, 10, 110, 110), (0, 0, 0, 90, 90), (1, 250, 10, 350, 110))
    [read] = reader([a_frame()], [seen])
    assert read.data["load"].tolist() == ["covered", "", "open"]
    assert read.data["load_score"].tolist() == [0, 0, 1]
    assert read.data["dirt"].tolist() == ["clean", "", "clean"]
    assert read.data["dirt_score"].tolist() == [0.5, 0, 0.5]
    assert only(read, ["truck"]).data["load"].tolist() == ["covered", "open"]
    assert "load" not in seen.data, "what was given is left as it was"


def test_trucks_of_several_cameras_are_read_at_once_and_not_mixed_up() -> None:
    asked: list[int] = []

    class Counting(Colours):
        def read(self, crops: Sequence[Image]) -> list[Reading]:
            asked.append(len(crops))
            return super().read(crops)

    reader = TruckStateReader(Counting(), {"gate", "yard"})
    frames = [a_frame("gate"), a_frame("park"), a_frame("yard")]
    light, dark = (1, 250, 10, 350, 110), (1, 10, 10, 110, 110)
    gate, park, yard = reader(frames, [detected(light), detected(light), detected(dark, light)])
    assert asked == [3]
    assert gate.data["load"].tolist() == ["open"]
    assert "load" not in park.data
    assert yard.data["load"].tolist() == ["covered", "open"]


def test_trucks_are_cut_where_the_picture_and_the_reader_are() -> None:
    """A frame on a device, one on none and one that only others have, in one batch."""

    class OnCpu(OnDevice):
        def whole(self) -> Any:
            raise AssertionError("the whole picture came down")

    nv12 = VideoFrame.from_ndarray(a_frame().pixels, format="bgr24").reformat(format="nv12")
    there = replace(a_frame("yard"), picture=OnCpu(nv12, (200, 100)))
    light, dark = (1, 250, 10, 350, 110), (1, 10, 10, 110, 110)
    frames, seen = [a_frame(), there], [detected(light), detected(dark, light)]
    colours = Colours(device=torch.device("cpu"))
    gate, yard = TruckStateReader(colours, {"gate", "yard"})(frames, seen)
    assert [isinstance(one, torch.Tensor) for one in colours.crops] == [False, True, True]
    assert {tuple(one.shape) for one in colours.crops} == {(112, 112, 3)}
    assert gate.data["load"].tolist() == ["open"]
    assert yard.data["load"].tolist() == ["covered", "open"]
    elsewhere = Colours(device=torch.device("cuda", 1))
    with pytest.raises(AssertionError, match="came down"):
        TruckStateReader(elsewhere, {"yard"})([there], seen[1:])


def test_trucks_too_small_to_tell_are_not_read() -> None:
    colours = Colours()
    seen = detected((1, 0, 0, 190, 63), (1, 0, 0, 63, 190), (1, 10, 10, 74, 74))
    [read] = TruckStateReader(colours, {"gate"})([a_frame()], [seen])
    assert read.data["load"].tolist() == ["", "", "covered"]
    assert len(colours.crops) == 1


def test_doubtful_trucks_are_not_read() -> None:
    colours = Colours()
    seen = detected((1, 10, 10, 110, 110), (1, 250, 10, 350, 110))
    assert seen.confidence is not None
    seen.confidence[:] = (0.29, 0.3)
    [read] = TruckStateReader(colours, {"gate"}, min_score=0.3)([a_frame()], [seen])
    assert read.data["load"].tolist() == ["", "open"]
    assert len(colours.crops) == 1


def test_frames_of_other_cameras_and_without_trucks_pass() -> None:
    colours = Colours()
    reader = TruckStateReader(colours, {"gate"})
    seen = detected((1, 10, 10, 110, 110))
    assert reader([a_frame("park")], [seen])[0] is seen
    for nothing in (detected(), detected((0, 10, 10, 110, 110))):
        [read] = reader([a_frame()], [nothing])
        assert set(read.data["load"].tolist()) <= {""}
    assert colours.crops == []


def test_a_crop_has_a_margin_and_stays_inside() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    assert crop(pixels, np.array([50, 20, 150, 70], np.float32)).shape == (56, 112, 3)
    assert crop(pixels, np.array([0, 0, 200, 100], np.float32)).shape == (100, 200, 3)
    assert crop(pixels, np.array([199, 99, 200, 100], np.float32)).size > 0


def test_missing_weights_are_named() -> None:
    with pytest.raises(EngineError, match="no-such-model"):
        open_truck_state({"gate"}, model="no-such-model")


@pytest.mark.parametrize(
    ("model", "has", "wanted"),
    [
        ({}, "openvino", "openvino"),
        ({}, "onnx onnxruntime", "onnx"),
        ({}, "", "torch"),
        ({}, "cuda openvino", "torch cuda"),
        ({"device": "cpu"}, "cuda openvino", "openvino"),
        ({"device": "cuda:1"}, "cuda openvino", "torch cuda:1"),
        ({"engine": "torch"}, "openvino", "torch"),
        ({"engine": "onnx"}, "openvino onnx onnxruntime", "onnx"),
        ({"engine": "onnx", "device": "cuda"}, "onnx onnxruntime", "torch cuda"),
        ({"engine": "tensorrt"}, "onnx onnxruntime tensorrt", "torch cuda"),
    ],
)
def test_the_reader_runs_where_and_on_what_the_site_says(
    monkeypatch: pytest.MonkeyPatch, model: dict[str, Any], has: str, wanted: str
) -> None:
    opened = []

    def opens(name: str) -> Callable[..., Colours]:
        def network(_: object, **given: object) -> Colours:
            opened.append(" ".join(str(word) for word in (name, *given.values())))
            return Colours()

        return network

    for name in ("torch", "openvino", "onnx"):
        monkeypatch.setattr(truck_networks, f"on_{name}", opens(name))
    monkeypatch.setattr("torch.cuda.is_available", lambda: "cuda" in has)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("vision.engines.find_spec", lambda name: name in has.split() or None)
    site = Site(
        site=SiteInfo(name="s"),
        storage=Storage(evidence=str(Path("none/evidence"))),
        model=ModelChoice(**model),
        cameras=(Camera(id="gate", source="none.mp4"),),
    )
    monkeypatch.setattr("scripts.watching.keep_private", lambda _: None)
    monkeypatch.setattr("vision.pipeline.Pipeline", lambda *_, truck_state, **__: truck_state)
    reader = make_pipeline(site, SimpleNamespace(model=find("streetwarden-n")), [])
    assert reader._min_score == np.float32(find("streetwarden-n").threshold)
    assert opened == [wanted]


def test_a_device_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(EngineError, match="cuda"):
        open_truck_state({"gate"}, device="cuda")
