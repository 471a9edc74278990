"""Engines: one detector on one device, behind one protocol. `open_engine` picks and opens."""

from __future__ import annotations

import logging
import platform
from importlib.util import find_spec

from models.catalogue import ModelEntry, find
from models.errors import ModelError
from vision.engines.engine import Engine, Pending
from vision.errors import EngineError
from vision.site import ModelChoice

__all__ = ["Engine", "Pending", "open_engine"]

_log = logging.getLogger(__name__)


def open_engine(choice: ModelChoice) -> Engine:
    """Open the engine that a site file's `model` asks for.

    `auto` takes CUDA where PyTorch sees it, else OpenVINO on x86-64, else PyTorch on the CPU.

    Raises:
        EngineError: the weights, the package or the device asked for are not there.
    """
    try:
        model = find(choice.name)
    except ModelError as error:
        raise EngineError(str(error)) from error
    if choice.engine == "openvino":
        return _openvino(model, choice)
    device = _torch_device(choice.device)
    if choice.engine == "auto" and device == "cpu" and _openvino_fits():
        return _openvino(model, choice)
    from vision.engines.torch_engine import TorchEngine  # noqa: PLC0415 - torch is slow to import

    return TorchEngine(model, device=device, image_size=choice.image_size)


def _torch_device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    import torch  # noqa: PLC0415 - slow to import, and not needed to name the other engines

    return "cuda" if torch.cuda.is_available() else "cpu"


def _openvino_fits() -> bool:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    if find_spec("openvino") is None:
        _log.warning(
            "the package openvino is not installed, so PyTorch runs the model on the CPU, at about "
            "half the speed; install it with: pip install openvino"
        )
        return False
    return True


def _openvino(model: ModelEntry, choice: ModelChoice) -> Engine:
    if choice.device not in ("auto", "cpu"):
        raise EngineError(
            f"The openvino engine runs on the CPU, not on {choice.device!r}. Set `device: auto`, "
            "or `engine: torch` to use that device."
        )
    if find_spec("openvino") is None:
        raise EngineError(
            "The openvino engine was asked for, but the package openvino is not installed. Install "
            "it with `pip install openvino`, or set `engine: auto` in the site file's `model`."
        )
    from vision.engines.openvino_engine import OpenVinoEngine  # noqa: PLC0415 - optional package

    return OpenVinoEngine(model, image_size=choice.image_size)
