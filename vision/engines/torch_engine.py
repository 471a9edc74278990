"""TorchEngine: the detector in PyTorch, on a CPU or a CUDA device."""

from __future__ import annotations

import torch

from models.catalogue import ModelEntry
from models.errors import ModelError
from models.load import load_detector
from vision.engines.cuda_graphs import CudaGraphs
from vision.engines.device_engine import DeviceEngine
from vision.engines.torch_device import torch_device
from vision.errors import EngineError


class TorchEngine(DeviceEngine):
    """Runs a detector with PyTorch; see `DeviceEngine`. On CUDA in 16-bit floats and CUDA graphs.

    Args:
        model: from `models.find`.
        device: `cpu`, `cuda` or `cuda:N`.
        image_size: longer side of the input in pixels, a multiple of 32.

    Raises:
        EngineError: there is no such device, or the weights cannot be read.
    """

    def __init__(self, model: ModelEntry, *, device: str = "cpu", image_size: int = 640) -> None:
        where = torch_device(device)
        cuda = where.type == "cuda"
        try:
            detector = load_detector(model, where, half=cuda)
        except ModelError as error:
            raise EngineError(str(error)) from error
        detector = detector.to(memory_format=torch.channels_last)
        dtype = torch.float16 if cuda else torch.float32

        def network(pixels: torch.Tensor) -> torch.Tensor:
            # A permuted N×H×W×3 tensor is N×3×H×W in channels_last order: no copy is needed.
            planes = pixels.flip(-1).permute(0, 3, 1, 2).to(dtype).div_(255)
            found: torch.Tensor = detector(planes)
            return found

        super().__init__(
            model,
            where,
            image_size,
            name="torch",
            network=network,
            runner=(lambda look: CudaGraphs(where, look, lambda: detector.kept)) if cuda else None,
        )
