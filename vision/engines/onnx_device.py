"""The detector in ONNX Runtime on a CUDA device: by its CUDA provider, or its TensorRT one.

ONNX Runtime builds TensorRT's engines and keeps them; what is ours is where the memory lies, and
that nothing is used before it saw what the original sees. Unmeasured: no device was at hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from models.catalogue import ModelEntry
from models.errors import ModelError
from models.export import export_onnx
from models.load import load_detector
from models.parity import Tensor, compare, read_pictures
from models.runtime import cache_dir
from vision.engines.cuda_graphs import BUCKETS, CudaStreams
from vision.engines.device_engine import DeviceEngine
from vision.engines.letterbox import STRIDE
from vision.engines.onnx_graph import CPU, open_graph
from vision.engines.torch_device import torch_device
from vision.errors import EngineError

CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
BOX_TOLERANCE = 2.0
"""Largest accepted difference of a box side from the original's, in input pixels, and of a score:
what 16-bit floats cost."""
SCORE_TOLERANCE = 0.02
PICTURES = Path(__file__).resolve().parents[2] / "datasets" / "demo" / "pictures"
"""On which it is compared: every installation has them."""

Options = dict[str, str]


class BoundNetwork:
    """A session run on tensors where they lie. For one thread.

    Args:
        session: of a graph of `models.export.export_onnx` for a detector.
        classes: number of its classes.
    """

    def __init__(self, session: onnxruntime.InferenceSession, classes: int) -> None:
        self._session = session
        self._rows = 4 + classes
        self._options = onnxruntime.RunOptions()
        # What follows is enqueued on the same stream, so nobody has to wait for it here.
        self._options.add_run_config_entry("disable_synchronize_execution_providers", "1")

    def __call__(self, pixels: torch.Tensor) -> torch.Tensor:
        """N×H×W×3 uint8 BGR, contiguous, to N×(4+classes)×anchors 32-bit floats beside it."""
        count, height, width, _ = pixels.shape
        anchors = sum((height // side) * (width // side) for side in (8, 16, 32))
        found = torch.empty((count, self._rows, anchors), device=pixels.device)
        place = (pixels.device.type, pixels.device.index or 0)
        binding = self._session.io_binding()
        shape = tuple(pixels.shape)
        binding.bind_input("pixels", *place, np.uint8, shape, pixels.data_ptr())
        binding.bind_output("found", *place, np.float32, tuple(found.shape), found.data_ptr())
        try:
            self._session.run_with_iobinding(binding, self._options)
        except Exception as error:  # ONNX Runtime's own share no base
            raise RuntimeError(str(error)) from error
        return found


class OnnxCudaEngine(DeviceEngine):
    """Runs a detector with ONNX Runtime on a CUDA device; see `DeviceEngine`.

    Args:
        model: from `models.find`; converted on first use.
        device: `cuda` or `cuda:N`.
        image_size: longer side of the input in pixels, a multiple of 32.
        cache: folder for converted models and what is known of them; the user's by default.

    Raises:
        EngineError: the weights cannot be read or converted, ONNX Runtime has no such provider
            here, or what it runs does not see what the original sees.
    """

    runtime = "onnx"
    provider = CUDA

    def __init__(
        self,
        model: ModelEntry,
        *,
        device: str = "cuda",
        image_size: int = 640,
        cache: Path | None = None,
    ) -> None:
        where = torch_device(device)
        cache = cache or cache_dir() / "models"
        stream = torch.cuda.Stream(where) if where.type == "cuda" else None
        try:
            graph = export_onnx(model, cache)
            folder = cache / f"{model.sha256[:16]}-{self.runtime}-{image_size}-{_made_for(where)}"
            folder.mkdir(parents=True, exist_ok=True)
            session = open_graph(graph, self.providers(where, stream, image_size, folder))
            network = BoundNetwork(session, len(model.classes))
            accept(model, network, where, image_size, folder / "accepted")
        except ModelError as error:
            raise EngineError(str(error)) from error
        except OSError as error:
            raise EngineError(
                f"What the {self.runtime} engine needs cannot be kept in {cache} ({error}). Free "
                "some space there, or set `engine: torch` in the site file's `model`."
            ) from error
        super().__init__(
            model,
            where,
            image_size,
            name=self.runtime,
            network=network,
            runner=(lambda look: CudaStreams(where, look, stream)) if stream is not None else None,
        )

    def providers(
        self, device: torch.device, stream: torch.cuda.Stream | None, size: int, folder: Path
    ) -> Sequence[tuple[str, Options]]:
        """ONNX Runtime's providers for a device, with their options; the first is the one meant.

        Args:
            device: where it runs.
            stream: what it enqueues its work on.
            size: longer side of the input, pixels.
            folder: where it may keep what it builds.
        """
        del size, folder
        options = {"device_id": str(device.index or 0), **_on(stream)}
        # The default tries every algorithm at each new shape, and there are many batch sizes.
        return (self.provider, {**options, "cudnn_conv_algo_search": "HEURISTIC"}), (CPU, {})


class TensorRtEngine(OnnxCudaEngine):
    """Runs a detector with TensorRT, through ONNX Runtime; see `OnnxCudaEngine`.

    In 16-bit floats. Building takes minutes at the first start on a kind of device; what is built
    is kept by device, versions, weights and input size.
    """

    runtime = "tensorrt"
    provider = TENSORRT

    def providers(  # noqa: D102
        self, device: torch.device, stream: torch.cuda.Stream | None, size: int, folder: Path
    ) -> Sequence[tuple[str, Options]]:
        import_module("tensorrt")  # its libraries lie where only it finds them
        shapes = {
            "min": f"pixels:1x{STRIDE}x{STRIDE}x3",
            "opt": f"pixels:16x{-(-size * 9 // 16 // STRIDE) * STRIDE}x{size}x3",
            "max": f"pixels:{BUCKETS[-1]}x{size}x{size}x3",
        }
        options = {
            "device_id": str(device.index or 0),
            **_on(stream),
            "trt_fp16_enable": "1",
            "trt_engine_cache_enable": "1",
            "trt_engine_cache_path": str(folder),
            "trt_timing_cache_enable": "1",
            "trt_timing_cache_path": str(folder),
            **{f"trt_profile_{which}_shapes": shape for which, shape in shapes.items()},
        }
        rest = super().providers(device, stream, size, folder)
        return (TENSORRT, options), (CUDA, rest[0][1]), *rest[1:]


def accept(
    model: ModelEntry, network: BoundNetwork, device: torch.device, size: int, note: Path
) -> None:
    """Compare what a network sees with what the original sees, once; `note` tells that it was.

    Raises:
        EngineError: they differ too much, or the pictures are lacking.
        ModelError: the weights or the pictures cannot be read.
    """
    if note.exists():
        return
    original = load_detector(model)

    def wanted(planes: Tensor) -> Tensor:
        with torch.inference_mode():
            return np.asarray(original(torch.from_numpy(planes)).numpy(), np.float32)

    def given(planes: Tensor) -> Tensor:
        pixels = np.ascontiguousarray(planes[:, ::-1].transpose(0, 2, 3, 1) * 255 + 0.5, np.float32)
        there = torch.from_numpy(pixels.astype(np.uint8)).to(device)
        _settled(device)  # the network has a stream of its own
        found = network(there)
        _settled(device)
        return np.asarray(found.cpu().numpy(), np.float32)

    parity = compare(
        wanted,
        given,
        read_pictures(PICTURES, 4, size),
        model.threshold,
        box_tolerance=BOX_TOLERANCE,
        score_tolerance=SCORE_TOLERANCE,
    )
    if parity.differences:
        raise EngineError(
            f"What was built of {model.name!r} for {device} does not see what the original sees: "
            f"{parity.differences[0]}. Set `engine: torch` in the site file's `model`."
        )
    note.write_text(f"{parity.detections} detections as the original's\n", "utf-8")


def _settled(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _on(stream: torch.cuda.Stream | None) -> Options:
    return {} if stream is None else {"user_compute_stream": str(stream.cuda_stream)}


def _made_for(device: torch.device) -> str:
    """Names the kind of device and the versions, as part of a folder's name."""
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    made_by = [onnxruntime.__version__]
    if (found := _tensorrt_version()) is not None:
        made_by.append(found)
    return re.sub(r"[^\w.-]+", "-", "-".join((kind, *made_by)))


def _tensorrt_version() -> str | None:
    try:
        return version("tensorrt")
    except ModuleNotFoundError:  # PackageNotFoundError is one
        return None
