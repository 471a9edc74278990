"""The network that reads truck crops, on each engine; `vision.engines.truck_state` uses it.

A look has a few trucks at most, so the crops of one look go together and are waited for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.catalogue import ModelEntry
from models.errors import ModelError
from models.export import export_onnx, export_openvino
from models.runtime import cache_dir
from models.truck_state import Floats, Pixels, TruckState
from vision.errors import EngineError


def on_torch(model: ModelEntry, *, device: str = "cpu") -> TruckState:
    """Open the reader in PyTorch on `cpu`, `cuda` or `cuda:N`.

    Raises:
        EngineError: there is no such device, or the weights cannot be read.
    """
    from models.truck_network import load_truck_state  # noqa: PLC0415 - imports ultralytics
    from vision.engines.torch_device import torch_device  # noqa: PLC0415 - as torch

    where = torch_device(device)
    try:
        return load_truck_state(model, where)
    except ModelError as error:
        raise EngineError(str(error)) from error


def on_openvino(model: ModelEntry, *, cache: Path | None = None) -> TruckState:
    """Open the reader in OpenVINO, converted on first use and kept in `cache`.

    Raises:
        EngineError: the weights cannot be read or converted, or OpenVINO refuses the CPU.
    """
    from vision.engines.openvino_graph import compile_graph, failed  # noqa: PLC0415

    try:
        graph = export_openvino(model, cache or cache_dir() / "models")
    except ModelError as error:
        raise EngineError(str(error)) from error
    try:
        network = compile_graph(graph, "LATENCY")
    except RuntimeError as error:
        raise failed(error) from error

    def run(squares: Pixels) -> Floats:
        return np.array(network(squares)[0], np.float32)

    return TruckState(run, model.image_size)


def on_onnx(model: ModelEntry, *, cache: Path | None = None) -> TruckState:
    """Open the reader in ONNX Runtime, converted on first use and kept in `cache`.

    Raises:
        EngineError: the weights cannot be read or converted, or ONNX Runtime refuses them.
    """
    from vision.engines.onnx_graph import open_graph  # noqa: PLC0415

    try:
        graph = export_onnx(model, cache or cache_dir() / "models")
    except ModelError as error:
        raise EngineError(str(error)) from error
    session = open_graph(graph)

    def run(squares: Pixels) -> Floats:
        return np.asarray(session.run(None, {"pixels": squares})[0], np.float32)

    return TruckState(run, model.image_size)
