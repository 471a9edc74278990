from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import vision.engines
from models.catalogue import ModelEntry
from vision.engines import open_engine
from vision.errors import EngineError
from vision.site import ModelChoice


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which engine would be opened, without opening it: choosing is what is tested here."""
    import vision.engines.onnx_device
    import vision.engines.onnx_engine
    import vision.engines.openvino_engine
    import vision.engines.torch_engine

    said: list[str] = []
    entry = ModelEntry("a", Path("a.pt"), "0", "1", "detect", ("bin",), 640, 0.25)
    monkeypatch.setattr(vision.engines, "find", lambda _: entry)

    def opens(name: str) -> Callable[..., object]:
        def engine(_: ModelEntry, **given: object) -> object:
            said.append(" ".join(str(word) for word in (name, *given.values())))
            return object()

        return engine

    monkeypatch.setattr(vision.engines.torch_engine, "TorchEngine", opens("torch"))
    monkeypatch.setattr(vision.engines.openvino_engine, "OpenVinoEngine", opens("openvino"))
    monkeypatch.setattr(vision.engines.onnx_engine, "OnnxEngine", opens("onnx"))
    monkeypatch.setattr(vision.engines.onnx_device, "OnnxCudaEngine", opens("onnx"))
    monkeypatch.setattr(vision.engines.onnx_device, "TensorRtEngine", opens("tensorrt"))
    return said


def has_packages(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(
        vision.engines, "find_spec", lambda name: object() if name in names else None
    )


@pytest.mark.parametrize(
    ("choice", "machine", "wanted"),
    [
        ({}, "x86_64 cuda openvino", "torch cuda 640"),
        ({}, "x86_64 openvino", "openvino 640"),
        ({"image_size": 320}, "AMD64 openvino", "openvino 320"),
        ({}, "x86_64 openvino onnx onnxruntime", "openvino 640"),
        ({}, "aarch64 openvino onnx onnxruntime", "onnx 640"),
        ({"image_size": 320}, "x86_64 onnx onnxruntime", "onnx 320"),
        ({}, "aarch64 cuda onnx onnxruntime", "torch cuda 640"),
        ({}, "aarch64 openvino", "torch 640"),
        ({}, "aarch64 onnxruntime", "torch 640"),
        ({}, "x86_64", "torch 640"),
        ({"device": "cpu"}, "x86_64 cuda openvino", "openvino 640"),
        ({"device": "cuda:1"}, "x86_64 cuda openvino", "torch cuda:1 640"),
        ({"engine": "torch"}, "x86_64 openvino", "torch 640"),
        ({"engine": "openvino"}, "x86_64 cuda openvino", "openvino 640"),
        ({"engine": "torch"}, "x86_64 cuda openvino", "torch cuda 640"),
        ({"engine": "onnx"}, "x86_64 cuda openvino onnx onnxruntime", "onnx 640"),
        ({"engine": "onnx", "device": "cuda:1"}, "x86_64 onnx onnxruntime", "onnx cuda:1 640"),
        ({"engine": "tensorrt"}, "x86_64 onnx onnxruntime tensorrt", "tensorrt cuda 640"),
    ],
)
def test_what_is_picked(
    monkeypatch: pytest.MonkeyPatch,
    opened: list[str],
    choice: dict[str, Any],
    machine: str,
    wanted: str,
) -> None:
    processor, *has = machine.split()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in has)
    monkeypatch.setattr("platform.machine", lambda: processor)
    has_packages(monkeypatch, *has)
    open_engine(ModelChoice(**choice))
    assert opened == [wanted]


def test_auto_without_openvino_says_what_is_lost(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    has_packages(monkeypatch)
    with caplog.at_level(logging.WARNING):
        open_engine(ModelChoice())
    assert "pip install openvino" in caplog.text
    assert opened == ["torch 640"]


def test_auto_falls_back_to_torch_where_the_weights_do_not_convert(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise EngineError("could not be converted")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    monkeypatch.setattr("vision.engines.onnx_engine.OnnxEngine", refuses)
    with caplog.at_level(logging.WARNING):
        open_engine(ModelChoice())
    assert "could not be converted" in caplog.text
    assert opened == ["torch 640"]
    with pytest.raises(EngineError, match="could not be converted"):
        open_engine(ModelChoice(engine="onnx"))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("openvino", "pip install openvino"),
        ("onnx", "pip install onnx onnxruntime"),
        ("tensorrt", r"needs onnx and onnxruntime and tensorrt.*'streetwarden\[tensorrt\]'"),
    ],
)
def test_an_engine_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], name: Any, wanted: str
) -> None:
    has_packages(monkeypatch)
    with pytest.raises(EngineError, match=wanted):
        open_engine(ModelChoice(engine=name))
    assert opened == []


@pytest.mark.parametrize(
    ("name", "device", "wanted"),
    [
        ("openvino", "cuda", "runs on the CPU, not on 'cuda'"),
        ("tensorrt", "cpu", "runs on CUDA, not on 'cpu'"),
        ("onnx", "tpu", "runs on the CPU or CUDA, not on 'tpu'"),
        ("torch", "tpu", "runs on CUDA or the CPU, not on 'tpu'.*cuda:0"),
    ],
)
def test_a_device_on_which_an_engine_does_not_run_is_named(
    opened: list[str], name: Any, device: str, wanted: str
) -> None:
    with pytest.raises(EngineError, match=wanted):
        open_engine(ModelChoice(engine=name, device=device))
    assert opened == []


@pytest.mark.parametrize(
    ("device", "present", "message"),
    [
        ("cuda", 0, "sees no CUDA device"),
        ("cuda:3", 2, "this machine has 2.*cuda:1"),
        ("tpu", 2, "'tpu' is not one that the torch engine runs on"),
        ("xpu", 2, "'xpu' is not one"),
    ],
)
def test_devices_that_are_not_there_are_named(
    monkeypatch: pytest.MonkeyPatch, device: str, present: int, message: str
) -> None:
    from vision.engines.torch_device import torch_device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: present > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: present)
    with pytest.raises(EngineError, match=message):
        torch_device(device)


def test_unreadable_weights_are_named(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.pt"
    damaged.write_bytes(b"not weights at all")
    for name in (str(damaged), "no-such-model"):
        with pytest.raises(EngineError, match=Path(name).stem):
            open_engine(ModelChoice(name=name))
