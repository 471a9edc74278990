"""Keeps a network as OpenVINO or ONNX Runtime run it: made once per weight file, and checked.

What makes it (PyTorch, ultralytics) is imported only where it has to be made, so a server that has
its converted model runs without them.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.catalogue import ModelEntry
from models.errors import ExportError

if TYPE_CHECKING:
    from torch import nn

    from models.convert import Converted, Pixels

FORMAT = 1
"""Part of the cache key; raise it when a conversion changes."""
BOX_TOLERANCE = 0.5
"""Largest accepted difference of a box coordinate, in input pixels."""
SCORE_TOLERANCE = 2e-3
"""Largest accepted difference of a score or probability."""


@dataclass(frozen=True, slots=True)
class _Form:
    """A format: its key in the cache, what runs it, its files, the one to open first.

    `maker`: the function of `models.convert` that makes it.
    """

    key: str
    runtime: str
    files: tuple[str, ...]
    maker: str


@dataclass(frozen=True, slots=True)
class _Original:
    """A network in PyTorch, and how a conversion of it is compared with it.

    `shapes`: of the pictures that both are given. `boxes`: rows of the output that are coordinates;
    those after them are scores or probabilities.
    """

    network: nn.Module
    shapes: tuple[tuple[int, int, int, int], ...]
    boxes: int


def export_openvino(entry: ModelEntry, cache_dir: Path) -> Path:
    """Converts a model to OpenVINO's format; the second call finds the first one's file.

    The network takes what the original takes (`models.load.Detector`, or
    `models.truck_network.TruckChances` for the task `truck_state`), for any batch size and any
    height and width that are multiples of its stride, and gives the same output. 32-bit floats.

    Args:
        entry: From `models.find`.
        cache_dir: Folder for converted models; made if absent.

    Returns:
        The `.xml` file; its weights lie beside it.

    Raises:
        ExportError: The conversion failed, disagrees with the original, or cannot be written.
        UnreadableWeightsError: The weight file is damaged.
    """
    form = _Form("openvino", "OpenVINO", ("model.xml", "model.bin"), "to_openvino")
    return _exported(entry, cache_dir, form)


def export_onnx(entry: ModelEntry, cache_dir: Path) -> Path:
    """Converts a model to ONNX; the second call finds the first one's file.

    The network's input `pixels` is N×H×W×3 uint8 BGR, H and W multiples of its stride; its output
    is that of the original, as for `export_openvino`. 32-bit floats. Converting needs the packages
    onnx and onnxruntime.

    Args:
        entry: From `models.find`.
        cache_dir: Folder for converted models; made if absent.

    Returns:
        The `.onnx` file.

    Raises:
        ExportError: The conversion failed, disagrees with the original, or cannot be written.
        UnreadableWeightsError: The weight file is damaged.
    """
    return _exported(entry, cache_dir, _Form("onnx", "ONNX Runtime", ("model.onnx",), "to_onnx"))


def _exported(entry: ModelEntry, cache_dir: Path, form: _Form) -> Path:
    folder = cache_dir / f"{entry.sha256[:16]}-{form.key}{FORMAT}"
    file = folder / form.files[0]
    if all((folder / name).is_file() for name in form.files):
        return file
    from models import convert  # noqa: PLC0415 - see above

    original = _original(entry)
    try:
        converted = getattr(convert, form.maker)(original.network)
    except Exception as error:
        raise ExportError(
            f"Model {entry.name!r} could not be converted for {form.runtime} ({error}). Use the "
            "torch engine instead."
        ) from error
    _check(entry, original, converted, form.runtime)
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_dir, prefix="export-") as scratch:
            made = Path(scratch) / "made"
            made.mkdir()
            converted.save(made / file.name)
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)
    except (OSError, RuntimeError) as error:
        if file.is_file():  # another process was quicker
            return file
        raise ExportError(
            f"The converted model {entry.name!r} could not be written to {cache_dir} ({error}). "
            "Free some space there, or choose another cache folder."
        ) from error
    return file


def _original(entry: ModelEntry) -> _Original:
    if entry.task == "truck_state":
        from models.truck_network import load_chances  # noqa: PLC0415 - see above

        side = entry.image_size
        return _Original(load_chances(entry), ((1, side, side, 3), (3, side, side, 3)), boxes=0)
    from models.load import load_detector  # noqa: PLC0415

    detector = load_detector(entry)
    detector.network.model[-1].dynamic = True  # anchors follow the input's size
    return _Original(detector, ((1, 384, 640, 3), (3, 256, 256, 3)), boxes=4)


def _check(entry: ModelEntry, original: _Original, converted: Converted, runtime: str) -> None:
    import torch  # noqa: PLC0415 - see above

    from models.convert import planes  # noqa: PLC0415

    for shape in original.shapes:
        pixels = _test_picture(shape)
        with torch.inference_mode():
            wanted = original.network(torch.from_numpy(planes(pixels))).numpy()
        given = converted.run(pixels)
        if given.shape != wanted.shape:
            raise ExportError(
                f"Model {entry.name!r} converted for {runtime} gives {given.shape}, not "
                f"{wanted.shape}. Use the torch engine instead."
            )
        apart = np.abs(given - wanted)
        boxes = float(apart[:, : original.boxes].max(initial=0))
        scores = float(apart[:, original.boxes :].max())
        if boxes > BOX_TOLERANCE or scores > SCORE_TOLERANCE:
            raise ExportError(
                f"Model {entry.name!r} converted for {runtime} disagrees with the original by "
                f"{boxes:.2f} px and {scores:.4f} in score. Use the torch engine instead."
            )


def _test_picture(shape: tuple[int, int, int, int]) -> Pixels:
    """Smooth gradients, sharp-edged patches and noise: the flat and the busy of a street."""
    random = np.random.default_rng(0)
    count, height, width, channels = shape
    rows, columns = np.mgrid[0:height, 0:width]
    base = 0.5 + 0.5 * np.sin(rows / 37.0) * np.cos(columns / 53.0)
    picture = np.broadcast_to(base[..., None], shape).astype(np.float32).copy()
    for index in range(count):
        for _ in range(12):
            top, left = int(random.integers(height)), int(random.integers(width))
            patch = random.random(channels, dtype=np.float32)
            picture[index, top : top + height // 5, left : left + width // 7] = patch
    noise = random.normal(0, 0.02, shape).astype(np.float32)
    return np.asarray(np.clip(picture + noise, 0, 1) * 255, np.uint8)
