"""Engines: one detector on one device, behind one protocol. `open_engine` picks and opens."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from models.catalogue import find
from models.errors import ModelError
from vision.engine_registry import AUTO, ENGINES, Known
from vision.engines.engine import Engine, Pending
from vision.errors import EngineError
from vision.model_choice import ModelChoice

if TYPE_CHECKING:
    from models.truck_state import TruckState

__all__ = ["Engine", "ModelChoice", "Pending", "open_engine", "open_truck_network"]

_log = logging.getLogger(__name__)


def open_engine(choice: ModelChoice) -> Engine:
    """Open the engine that a site file's `model` asks for.

    `auto` takes CUDA where PyTorch sees it, else OpenVINO on x86-64, else ONNX Runtime where it
    can open the weights, else PyTorch on the CPU.

    Raises:
        EngineError: the weights, the package or the device asked for are not there.
    """
    engine: Engine = _opened(choice, lambda known: known.made_by, image_size=choice.image_size)
    return engine


def open_truck_network(choice: ModelChoice) -> TruckState:
    """Open the network that reads truck crops, on what `open_engine` would take.

    Args:
        choice: its `name` is that of the reader's weights; its `image_size` is left aside, as the
            weights take one size alone.

    Raises:
        EngineError: the weights, the package or the device asked for are not there.
    """
    reader: TruckState = _opened(choice, lambda known: known.reads_trucks_by)
    return reader


def _opened(choice: ModelChoice, made_by: Callable[[Known], str], **given: object) -> Any:
    """What a registered maker makes of the weights: the one asked for, or the quickest here."""
    try:
        model = find(choice.name)
    except ModelError as error:
        raise EngineError(str(error)) from error

    def open_(name: str, device: str) -> Any:
        known = ENGINES[name]
        if not known.own_devices:
            _demand(name, known.packages, device)
        devices = {"device": _torch_device(device)} if known.own_devices else {}
        module, _, maker = made_by(known).partition(":")
        return getattr(import_module(module), maker)(model, **devices, **given)

    if choice.engine != AUTO:
        return open_(choice.engine, choice.device)
    device = _torch_device(choice.device)
    opened = _quickest_on_cpu(open_) if device == "cpu" else None
    return opened or open_("torch", device)


def _torch_device(wanted: str) -> str:
    if wanted != "auto":
        return wanted
    import torch  # noqa: PLC0415 - slow to import, and not needed to name the other engines

    return "cuda" if torch.cuda.is_available() else "cpu"


def _quickest_on_cpu(open_: Callable[[str, str], Any]) -> Any:
    """What is quicker than PyTorch on this machine's CPU, if it is there."""
    for name, known in ENGINES.items():
        if known.own_devices:
            continue
        if known.quickest_on:
            if platform.machine().lower() not in known.quickest_on:
                continue
            if not _missing(known.packages):
                return open_(name, "cpu")
            _log.warning(
                "the package %s, which runs the model quickest on this processor, is not "
                "installed; install it with: pip install %s",
                *(" ".join(known.packages),) * 2,
            )
            continue
        try:
            return open_(name, "cpu")
        except EngineError as error:
            _log.warning("PyTorch runs the model on the CPU, as %s cannot: %s", name, error)
    return None


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
