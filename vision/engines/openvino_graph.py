"""A graph that OpenVINO runs: opened for the CPU, to take bytes; what its errors mean.

Without PyTorch, which takes seconds to import and which the truck reader does not need.
"""

from __future__ import annotations

from pathlib import Path

import openvino
from openvino.preprocess import ColorFormat, PrePostProcessor

from vision.errors import EngineError


def compile_graph(graph: Path, hint: str = "THROUGHPUT") -> openvino.CompiledModel:
    """Compile a file of `models.export.export_openvino` for the CPU, to take bytes: N×H×W×3 BGR.

    Args:
        graph: the `.xml` file.
        hint: what OpenVINO shall be quick at. `THROUGHPUT` gives a stream per core or two: with
            many cameras the sum matters, not one picture's wait. `LATENCY`: one answer.

    Raises:
        RuntimeError: the file is damaged, or OpenVINO refuses the CPU.
    """
    core = openvino.Core()
    build = PrePostProcessor(core.read_model(graph))
    pixels = build.input()
    pixels.tensor().set_element_type(openvino.Type.u8)
    pixels.tensor().set_layout(openvino.Layout("NHWC")).set_color_format(ColorFormat.BGR)
    pixels.preprocess().convert_element_type(openvino.Type.f32)
    pixels.preprocess().convert_color(ColorFormat.RGB).scale(255.0)
    pixels.model().set_layout(openvino.Layout("NCHW"))
    # By itself it computes in bfloat16 where a CPU can (AMX, AVX512_BF16): scores move by 0.03,
    # and what was measured with 32 bits, thresholds above all, would hold on other machines only.
    exact = {"PERFORMANCE_HINT": hint, "INFERENCE_PRECISION_HINT": "f32"}
    return core.compile_model(build.build(), "CPU", exact)


def failed(error: RuntimeError) -> EngineError:
    """What OpenVINO said, and what to do."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
    return EngineError(
        f"Engine openvino-cpu failed ({reason}). If it repeats, set `engine: torch` in the site "
        "file's `model`."
    )
