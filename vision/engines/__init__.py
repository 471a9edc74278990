"""Engines: one detector on one device, behind one protocol. `open_engine` picks and opens."""

from __future__ import annotations

import logging
import platform
from collections.abc import Callable, Mapping
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


def _opened(
    choice: ModelChoice, made_by: Callable[[Known], Mapping[str, str]], **given: object
) -> Any:
    """What a registered maker makes of the weights: the one asked for, or the quickest here."""
    try:
        model = find(choice.name)
    except ModelError as error:
        raise EngineError(str(error)) from error

    def open_(name: str, device: str) -> Any:
        makers = made_by(ENGINES[name])
        device = _device(name, device, tuple(makers))
        _demand(name, ENGINES[name])
        kind = device.partition(":")[0]
        where = {} if kind == "cpu" else {"device": device}
        module, _, maker = makers[kind].partition(":")
        return getattr(import_module(module), maker)(model, **where, **given)

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
        if known.quickest_on is None:
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


def _device(engine: str, wanted: str, devices: tuple[str, ...]) -> str:
    """The device that an engine is to run on; EngineError if it runs on none of this kind.

    Args:
        engine: its name.
        wanted: what the site file says.
        devices: kinds that it runs on, in order of preference.
    """
    if wanted == "auto":
        if devices[0] == "cuda" and "cpu" in devices:
            return _torch_device(wanted)
        return devices[0]
    if wanted.partition(":")[0] not in devices:
        runs = " or ".join("the CPU" if device == "cpu" else "CUDA" for device in devices)
        raise EngineError(
            f"The {engine} engine runs on {runs}, not on {wanted!r}. Set `device: auto`, or "
            "`engine: auto` for what runs there; devices are called cpu, cuda, cuda:0, cuda:1, …"
        )
    return wanted


def _demand(engine: str, known: Known) -> None:
    """EngineError if what the engine needs is not installed."""
    missing = _missing(known.packages)
    if missing:
        wanted = f"'streetwarden[{known.extra}]'" if known.extra else " ".join(missing)
        raise EngineError(
            f"The {engine} engine needs {' and '.join(missing)}, not installed here. Install with "
            f"`pip install {wanted}`, or set `engine: torch` in the site file's `model`."
        )
