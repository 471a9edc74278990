"""Converts a detector for OpenVINO, once per weight file, and checks it before it is used."""

import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
import openvino
import torch

from models.catalogue import ModelEntry
from models.errors import ExportError
from models.load import Detector, load_detector

FORMAT = 1
"""Part of the cache key; raise it when the conversion changes."""
BOX_TOLERANCE = 0.5
"""Largest accepted difference of a box coordinate, in input pixels."""
SCORE_TOLERANCE = 2e-3
"""Largest accepted difference of a class score."""


def export_openvino(entry: ModelEntry, cache_dir: Path) -> Path:
    """Converts a detector to OpenVINO's format; the second call finds the first one's file.

    The network takes what `models.load.Detector` takes, for any batch size and any height and
    width that are multiples of its stride, and gives the same output. 32-bit floats.

    Args:
        entry: From `models.find`.
        cache_dir: Folder for converted models; made if absent.

    Returns:
        The `.xml` file; its weights lie beside it.

    Raises:
        ExportError: The conversion failed, disagrees with the original, or cannot be written.
        UnreadableWeightsError: The weight file is damaged.
    """
    folder = cache_dir / f"{entry.sha256[:16]}-openvino{FORMAT}"
    file = folder / "model.xml"
    if file.is_file() and file.with_suffix(".bin").is_file():
        return file
    detector = load_detector(entry)
    try:
        converted = _convert(detector)
    except Exception as error:
        raise ExportError(
            f"Model {entry.name!r} could not be converted for OpenVINO ({error}). Use the torch "
            "engine instead."
        ) from error
    _check(entry, detector, converted)
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache_dir, prefix="export-") as scratch:
            made = Path(scratch) / "made"
            openvino.save_model(converted, made / "model.xml", compress_to_fp16=False)
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


def _convert(detector: Detector) -> openvino.Model:
    detector.network.model[-1].dynamic = True  # anchors follow the input's size
    example = torch.zeros(2, 3, 320, 416)
    with torch.inference_mode(), warnings.catch_warnings():
        # torch.jit is deprecated, yet what OpenVINO's converter reads; the tracer warns of sizes
        # that it may freeze, which `_check` would find out.
        warnings.simplefilter("ignore")
        traced = torch.jit.trace(detector, example, strict=False, check_trace=False)
        converted = openvino.convert_model(traced, example_input=example)
    converted.reshape([-1, 3, -1, -1])
    return converted


def _check(entry: ModelEntry, detector: Detector, converted: openvino.Model) -> None:
    compiled = openvino.compile_model(converted, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for shape in ((1, 3, 384, 640), (3, 3, 256, 256)):
        picture = _test_picture(shape)
        with torch.inference_mode():
            wanted = detector(torch.from_numpy(picture)).numpy()
        given = compiled(picture)[0]
        if given.shape != wanted.shape:
            raise ExportError(
                f"Model {entry.name!r} converted for OpenVINO gives {given.shape}, not "
                f"{wanted.shape}. Use the torch engine instead."
            )
        boxes = float(np.abs(given[:, :4] - wanted[:, :4]).max())
        scores = float(np.abs(given[:, 4:] - wanted[:, 4:]).max())
        if boxes > BOX_TOLERANCE or scores > SCORE_TOLERANCE:
            raise ExportError(
                f"Model {entry.name!r} converted for OpenVINO disagrees with the original by "
                f"{boxes:.2f} px and {scores:.4f} in score. Use the torch engine instead."
            )


def _test_picture(
    shape: tuple[int, int, int, int],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Smooth gradients, sharp-edged patches and noise: the flat and the busy of a street."""
    random = np.random.default_rng(0)
    count, channels, height, width = shape
    rows, columns = np.mgrid[0:height, 0:width]
    base = 0.5 + 0.5 * np.sin(rows / 37.0) * np.cos(columns / 53.0)
    picture = np.broadcast_to(base, shape).astype(np.float32).copy()
    for index in range(count):
        for _ in range(12):
            top, left = int(random.integers(height)), int(random.integers(width))
            patch = random.random((channels, 1, 1), dtype=np.float32)
            picture[index, :, top : top + height // 5, left : left + width // 7] = patch
    noise = random.normal(0, 0.02, shape).astype(np.float32)
    return np.asarray(np.clip(picture + noise, 0, 1), np.float32)
