"""Engines: one detector on one device, behind one protocol. `open_engine` picks and opens."""

from __future__ import annotations

import logging
import platform
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from models.catalogue import ModelEntry, find
from models.errors import ModelError
from vision.engine_registry import AUTO, ENGINES
from vision.engines.engine import Engine, Pending
from vision.errors import EngineError
from vision.model_choice import ModelChoice

__all__ = ["Engine", "ModelChoice", "Pending", "open_engine"]

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
    if choice.engine != AUTO:
        return _open(choice.engine, model, choice)
    device = _torch_device(choice.device)
    engine = _quickest_on_cpu(model, choice) if device == "cpu" else None
    return engine or _open("torch", model, choice.model_copy(update={"device": device}))


def _torch_device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    import torch  # noqa: PLC0415 - slow to import, and not needed to name the other engines

    return "cuda" if torch.cuda.is_available() else "cpu"


def _quickest_on_cpu(model: ModelEntry, choice: ModelChoice) -> Engine | None:
    """What is quicker than PyTorch on this machine's CPU, if it is there."""
    for name, known in ENGINES.items():
        if known.own_devices:
            continue
        if known.quickest_on:
            if platform.machine().lower() not in known.quickest_on:
                continue
            if not _missing(known.packages):
                return _open(name, model, choice)
            _log.warning(
                "the package %s, which runs the model quickest on this processor, is not "
                "installed; install it with: pip install %s",
                *(" ".join(known.packages),) * 2,
            )
            continue
        try:
            return _open(name, model, choice)
        except EngineError as error:
            _log.warning("PyTorch runs the model on the CPU, as %s cannot: %s", name, error)
    return None


def _open(name: str, model: ModelEntry, choice: ModelChoice) -> Engine:
    known = ENGINES[name]
    given: dict[str, Any] = {"image_size": choice.image_size}
    if known.own_devices:
        given = {"device": _torch_device(choice.device), **given}
    else:
        _demand(name, known.packages, choice.device)
    module, _, maker = known.made_by.partition(":")
    engine: Engine = getattr(import_module(module), maker)(model, **given)
    return engine


def _missing(packages: tuple[str, ...]) -> list[str]:
    return [name for name in packages if find_spec(name) is None]


def _demand(engine: str, packages: tuple[str, ...], device: str) -> None:
    """EngineError if the engine cannot run as asked, for its packages or the device."""
    if device not in ("auto", "cpu"):
        raise EngineError(
            f"The {engine} engine runs on the CPU, not on {device!r}. Set `device: auto`, "
            "or `engine: torch` to use that device."
        )
    missing = _missing(packages)
    if missing:
        raise EngineError(
            f"The {engine} engine needs {' and '.join(missing)}, not installed here. Install with "
            f"`pip install {' '.join(missing)}`, or set `engine: torch` in the site file's `model`."
        )
