"""The registry of engines: which there are, what each needs, and where `auto` prefers it.

A new engine is a module that implements `Engine` and a line in `ENGINES`. Nothing is imported here,
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
        packages: what has to be installed for it, besides what every installation has.
        own_devices: it takes `device`; else it runs on the CPU.
        quickest_on: processors (`platform.machine()`, lower case) on which `auto` prefers it to
            those after it; empty: on any.
    """

    made_by: str
    packages: tuple[str, ...] = ()
    own_devices: bool = False
    quickest_on: frozenset[str] = frozenset()


ENGINES = {
    "torch": Known("vision.engines.torch_engine:TorchEngine", own_devices=True),
    "openvino": Known(
        "vision.engines.openvino_engine:OpenVinoEngine",
        packages=("openvino",),
        quickest_on=frozenset({"x86_64", "amd64"}),
    ),
    "onnx": Known("vision.engines.onnx_engine:OnnxEngine", packages=("onnx", "onnxruntime")),
}
"""By name; those that run on the CPU alone in the order in which `auto` tries them."""

NAMES = (AUTO, *ENGINES)
