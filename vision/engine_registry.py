"""The registry of engines: which there are, what each needs, and where `auto` prefers it.

A new engine is a module that implements `Engine`, a function in `vision.engines.truck_networks`
that reads truck crops where it runs, and an entry in `ENGINES`. Nothing is imported here, so that
the command line knows the names at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Known:
    """An engine that can be asked for.

    Attributes:
        made_by: module and class per device that it runs on (`cpu`, `cuda`), those that
            `device: auto` prefers first; imported when the engine is opened. Other devices than the
            CPU are given to the class as `device`.
        reads_trucks_by: module and function that opens the reader of truck crops, likewise.
        packages: what has to be installed for it, besides what every installation has.
        extra: of `pyproject.toml`, that brings them; None where the packages are named instead.
        quickest_on: processors (`platform.machine()`, lower case) on which `auto` prefers it to
            those after it; empty: on any; None: `auto` does not try it.
    """

    made_by: Mapping[str, str]
    reads_trucks_by: Mapping[str, str]
    packages: tuple[str, ...] = ()
    extra: str | None = None
    quickest_on: frozenset[str] | None = None


_TRUCKS = "vision.engines.truck_networks"

ENGINES = {
    "torch": Known(
        {
            "cuda": "vision.engines.torch_engine:TorchEngine",
            "cpu": "vision.engines.torch_engine:TorchEngine",
        },
        {"cuda": f"{_TRUCKS}:on_torch", "cpu": f"{_TRUCKS}:on_torch"},
    ),
    "openvino": Known(
        {"cpu": "vision.engines.openvino_engine:OpenVinoEngine"},
        {"cpu": f"{_TRUCKS}:on_openvino"},
        packages=("openvino",),
        quickest_on=frozenset({"x86_64", "amd64"}),
    ),
    "onnx": Known(
        {
            "cpu": "vision.engines.onnx_engine:OnnxEngine",
            "cuda": "vision.engines.onnx_device:OnnxCudaEngine",
        },
        {"cpu": f"{_TRUCKS}:on_onnx", "cuda": f"{_TRUCKS}:on_torch"},
        packages=("onnx", "onnxruntime"),
        quickest_on=frozenset(),
    ),
    "tensorrt": Known(
        {"cuda": "vision.engines.onnx_device:TensorRtEngine"},
        {"cuda": f"{_TRUCKS}:on_torch"},
        packages=("onnx", "onnxruntime", "tensorrt"),
        extra="tensorrt",
    ),
}
"""By name; in the order in which `auto` tries them on a CPU."""

NAMES = (AUTO, *ENGINES)
