"""A graph that ONNX Runtime runs: opened with the providers asked for; what its errors mean.

Without PyTorch, which takes seconds to import and which the truck reader does not need.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnxruntime

from vision.errors import EngineError

CPU = "CPUExecutionProvider"


def open_graph(
    graph: Path, providers: Sequence[tuple[str, dict[str, str]]] = ((CPU, {}),)
) -> onnxruntime.InferenceSession:
    """Open a file of `models.export.export_onnx`; on a CPU each run takes one thread.

    Args:
        graph: the `.onnx` file.
        providers: of ONNX Runtime and their options; what the first cannot do the next does.

    Raises:
        EngineError: the file is damaged, ONNX Runtime refuses it, or has no such provider here.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # errors are raised; its warnings are of the graph's making
    wanted = providers[0][0]
    try:
        if wanted in onnxruntime.get_available_providers():
            session = onnxruntime.InferenceSession(graph, options, providers=list(providers))
            if wanted in session.get_providers():  # else it took the next, and told its log alone
                return session
    except Exception as error:
        raise failed(error) from error
    raise EngineError(
        f"ONNX Runtime {onnxruntime.__version__} cannot use its {wanted} here. Install "
        "onnxruntime-gpu in place of onnxruntime (they exclude each other), in the version made "
        "for this machine's CUDA, and tensorrt for the tensorrt engine; or set `engine: torch` in "
        "the site file's `model`."
    )


def failed(error: Exception) -> EngineError:
    """What ONNX Runtime said, and what to do."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return EngineError(
        f"Engine onnx-cpu failed ({reason}). If it repeats, set `engine: torch` in the site file's "
        "`model`."
    )
