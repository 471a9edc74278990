"""The registry of engines: which there are, what each needs, and where `auto` prefers it.

A new engine is a module that implements `Engine`, a function in `vision.engines.truck_networks`
that reads truck crops on it, and an entry in `ENGINES`. Nothing is imported here,
so that the command line knows the names at once.
"""

from __future__ import annotations

from dataclasses import dataclass

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Known:
    """An engine that can be asked for.

    Attributes:
        made_by: module and class, imported when the engine is opened.
        reads_trucks_by: module and function that opens the reader of truck crops on it.
        packages: what has to be installed for it, besides what every installation has.
        own_devices: it takes `device`; else it runs on the CPU.
        quickest_on: processors (`platform.machine()`, lower case) on which `auto` prefers it to
            those after it; empty: on any.
    """

    made_by: str
    reads_trucks_by: str
    packages: tuple[str, ...] = ()
    own_devices: bool = False
    quickest_on: frozenset[str] = frozenset()


ENGINES = {
    "torch": Known(
        "vision.engines.torch_engine:TorchEngine",
        "vision.engines.truck_networks:on_torch",
        own_devices=True,
    ),
    "openvino": Known(
        "vision.engines.openvino_engine:OpenVinoEngine",
        "vision.engines.truck_networks:on_openvino",
        packages=("openvino",),
        quickest_on=frozenset({"x86_64", "amd64"}),
    ),
    "onnx": Known(
        "vision.engines.onnx_engine:OnnxEngine",
        "vision.engines.truck_networks:on_onnx",
        packages=("onnx", "onnxruntime"),
    ),
}
"""By name; those that run on the CPU alone in the order in which `auto` tries them."""

NAMES = (AUTO, *ENGINES)
