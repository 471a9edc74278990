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

    `auto` takes CUDA where PyTorch sees it, else OpenVINO on x86-64, else ONNX Runtime where it
    can open the weights, else PyTorch on the CPU.

    Raises:
        EngineError: the weights, the package or the device asked for are not there.
    """
    try:
        model = find(choice.name)
    except ModelError as error:
        raise EngineError(str(error)) from error
    if choice.engine == "openvino":
        return _openvino(model, choice)
    if choice.engine == "onnx":
        return _onnx(model, choice)
    device = _torch_device(choice.device)
    if choice.engine == "auto" and device == "cpu":
        engine = _quick_on_cpu(model, choice)
        if engine is not None:
            return engine
    from vision.engines.torch_engine import TorchEngine  # noqa: PLC0415 - torch is slow to import

    return TorchEngine(model, device=device, image_size=choice.image_size)


def _torch_device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    import torch  # noqa: PLC0415 - slow to import, and not needed to name the other engines

    return "cuda" if torch.cuda.is_available() else "cpu"


def _quick_on_cpu(model: ModelEntry, choice: ModelChoice) -> Engine | None:
    """What is quicker than PyTorch on this machine's CPU, if it is there."""
    if platform.machine().lower() in ("x86_64", "amd64"):
        if find_spec("openvino") is not None:
            return _openvino(model, choice)
        _log.warning(
            "the package openvino, which runs the model quickest on this processor, is not "
            "installed; install it with: pip install openvino"
        )
    try:
        return _onnx(model, choice)
    except EngineError as error:
        _log.warning("PyTorch runs the model on the CPU, as ONNX Runtime cannot: %s", error)
        return None


def _openvino(model: ModelEntry, choice: ModelChoice) -> Engine:
    _demand("openvino", ("openvino",), choice)
    from vision.engines.openvino_engine import OpenVinoEngine  # noqa: PLC0415 - optional package

    return OpenVinoEngine(model, image_size=choice.image_size)


def _onnx(model: ModelEntry, choice: ModelChoice) -> Engine:
    _demand("onnx", ("onnx", "onnxruntime"), choice)
    from vision.engines.onnx_engine import OnnxEngine  # noqa: PLC0415 - optional package

    return OnnxEngine(model, image_size=choice.image_size)


def _demand(engine: str, packages: tuple[str, ...], choice: ModelChoice) -> None:
    """EngineError if the engine cannot run as asked, for its packages or the device."""
    if choice.device not in ("auto", "cpu"):
        raise EngineError(
            f"The {engine} engine runs on the CPU, not on {choice.device!r}. Set `device: auto`, "
            "or `engine: torch` to use that device."
        )
    missing = [name for name in packages if find_spec(name) is None]
    if missing:
        raise EngineError(
            f"The {engine} engine needs {' and '.join(missing)}, not installed here. Install with "
            f"`pip install {' '.join(missing)}`, or set `engine: torch` in the site file's `model`."
        )
