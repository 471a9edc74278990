"""The device that a site names, as PyTorch's; an error says what is wrong with the name."""

from __future__ import annotations

import torch

from vision.errors import EngineError


def torch_device(name: str) -> torch.device:
    """The device that a site names: `auto` is CUDA where it is there, else the CPU.

    Raises:
        EngineError: there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise EngineError(
            f"Device {name!r} is not one that the torch engine runs on. Write cpu, cuda, or "
            "cuda:0, cuda:1, … for one of several."
        )
    if device.type == "cuda":
        present = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if present == 0:
            raise EngineError(
                f"Device {name!r} was asked for, but PyTorch {torch.__version__} sees no CUDA "
                "device here. Check `nvidia-smi`, install a PyTorch build with CUDA, or set "
                "`device: auto`."
            )
        device = torch.device("cuda", device.index or 0)  # as tensors there name it
        if device.index >= present:
            raise EngineError(
                f"Device {name!r} was asked for, but this machine has {present}, counted from "
                f"cuda:0. Set `device: cuda:{present - 1}` or lower, or `device: auto`."
            )
    return device
