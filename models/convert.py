"""A network for OpenVINO or for ONNX Runtime, in memory; `models.export` keeps it.

It takes N×3×H×W, RGB, 0..1, and gives one tensor, as `models.load.Detector` does.
"""

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted network that is not on the disk yet.

    Attributes:
        run: N×H×W×3 uint8 BGR to what the original gives.
        save: Writes it to a file.
    """

    run: Callable[[Pixels], Floats]
    save: Callable[[Path], object]


def to_openvino(original: nn.Module) -> Converted:
    """Converts to OpenVINO. It takes what the original takes, of any size. 32-bit floats."""
    import openvino  # noqa: PLC0415 - not installed on every processor

    example = torch.zeros(2, 3, 320, 416)
    with torch.inference_mode(), warnings.catch_warnings():
        # torch.jit is deprecated, yet what OpenVINO's converter reads; the tracer warns of sizes
        # that it may freeze, which the comparison in `models.export` would find out.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(original, example, strict=False, check_trace=False)
        network = openvino.convert_model(traced, example_input=example)
    network.reshape([-1, 3, -1, -1])
    compiled = openvino.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return Converted(
        run=lambda pixels: np.asarray(compiled(planes(pixels))[0], np.float32),
        save=lambda file: openvino.save_model(network, file, compress_to_fp16=False),
    )


def to_onnx(original: nn.Module) -> Converted:
    """Converts to ONNX. The network's input `pixels` is N×H×W×3 uint8 BGR, of any size.

    Colour order, layout and scaling are part of the graph. 32-bit floats.
    """
    import onnxruntime  # noqa: PLC0415 - not installed everywhere

    with (
        torch.inference_mode(),
        warnings.catch_warnings(),
        tempfile.TemporaryDirectory(prefix="streetwarden-") as scratch,
    ):
        warnings.simplefilter("ignore")  # as above
        written = Path(scratch) / "model.onnx"
        example = torch.zeros(2, 320, 416, 3, dtype=torch.uint8)
        torch.onnx.export(
            _FromBytes(original).eval(),  # else the exporter sets it to train when it is done
            (example,),
            written,
            dynamo=False,  # what exports otherwise needs the package onnxscript
            input_names=["pixels"],
            output_names=["found"],
            dynamic_axes={"pixels": {0: "n", 1: "h", 2: "w"}, "found": {0: "n", 2: "anchors"}},
        )
        graph = written.read_bytes()
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return Converted(
        run=lambda pixels: np.asarray(session.run(None, {"pixels": pixels})[0], np.float32),
        save=lambda file: file.write_bytes(graph),
    )


class _FromBytes(nn.Module):
    def __init__(self, original: nn.Module) -> None:
        super().__init__()
        self.original = original

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.original(pixels.permute(0, 3, 1, 2).flip(1).float() / 255)
        return found


def planes(pixels: Pixels) -> Floats:
    """N×H×W×3 uint8 BGR to N×3×H×W RGB, 0..1: what the original takes."""
    rgb = pixels[..., ::-1].transpose(0, 3, 1, 2)
    return np.ascontiguousarray(rgb, np.float32) / np.float32(255)
