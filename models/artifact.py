"""Detectors in other formats, for other software: made by ultralytics, accepted by comparison.

What this project itself runs is `models.export`. A network with a head that needs no suppression
(YOLO26) is exported with it: the output is N×300×6 (x1, y1, x2, y2, score, class); of others it is
N×(4+classes)×anchors as `models.load.Detector` gives, and suppression is the receiver's.
"""

import importlib.util
import json
import shutil
import tempfile
import warnings
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
from ultralytics.models import YOLO

from models import runtime
from models.catalogue import ModelEntry, file_sha256
from models.checkpoint import read_checkpoint
from models.errors import ExportError
from models.load import load_detector
from models.parity import (
    BOX_TOLERANCE,
    SCORE_TOLERANCE,
    Network,
    Parity,
    Tensor,
    compare,
    read_pictures,
)

runtime.settle()

Format = Literal["onnx", "openvino", "torchscript"]
FORMATS: tuple[str, ...] = get_args(Format)
NEEDED = {"onnx": ("onnx", "onnxruntime", "onnxslim"), "openvino": ("openvino",)}
"""Packages that not every installation has, by format."""
COMPARED = 20
"""Pictures compared at most."""
SHOWN = 10
"""Differences told at most."""


def export_artifact(
    entry: ModelEntry, form: Format, out: Path, pictures: Path, size: int
) -> dict[str, Any]:
    """Converts a detector and accepts it if it sees what the original sees.

    Args:
        entry: From `models.find`.
        form: Format.
        out: Folder for the file (a folder of files for OpenVINO) and its `.json`.
        pictures: Folder of real pictures to compare on.
        size: Longer side of the pictures in the input; the file itself takes any size that is a
            multiple of 32.

    Returns:
        What the `.json` holds: the original's name and hash, the files' hashes, the form of the
        output, the tolerances and the largest differences.

    Raises:
        ExportError: A package is missing, the conversion failed, or it differs too much; then
            nothing of it is left.
        UnreadableWeightsError: The weight file is damaged.
    """
    _check_packages(form)
    prepared = read_pictures(pictures, COMPARED, size)
    free = needs_no_suppression(entry)
    with tempfile.TemporaryDirectory(prefix="streetwarden-export-") as scratch:
        made = _convert(entry, form, Path(scratch), size, nms_free=free)
        parity = compare(
            _original(entry, nms_free=free), _open(form, made), prepared, entry.threshold
        )
        if parity.differences:
            raise ExportError(_refusal(entry, form, parity))
        if not parity.detections:
            raise ExportError(
                f"Model {entry.name!r} sees nothing on the pictures of {pictures} "
                f"at a score of {entry.threshold}, so nothing was compared and the conversion was "
                "deleted. Give pictures that show what it was trained on."
            )
        out.mkdir(parents=True, exist_ok=True)
        kept = out / made.name
        _replace(made, kept)
    report = _report(entry, form, kept, parity, nms_free=free, size=size)
    described = out / f"{entry.name}-{form}.json"
    described.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    return report


def needs_no_suppression(entry: ModelEntry) -> bool:
    """Whether the network has a head that gives each object once."""
    model: Any = read_checkpoint(entry.path).model
    return getattr(model.model[-1], "one2one_cv2", None) is not None


def _check_packages(form: Format) -> None:
    missing = [name for name in NEEDED.get(form, ()) if importlib.util.find_spec(name) is None]
    if missing:
        raise ExportError(
            f"Export to {form} needs {', '.join(missing)}. Install with: pip install "
            f"{' '.join(missing)}"
        )


def _convert(entry: ModelEntry, form: Format, folder: Path, size: int, *, nms_free: bool) -> Path:
    copy = folder / f"{entry.name}.pt"  # ultralytics writes beside the weights
    shutil.copy(entry.path, copy)
    head = {"nms": False} if nms_free else {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracing warns of what the comparison would find out
            made = YOLO(copy).export(
                format=form, imgsz=size, dynamic=True, device="cpu", verbose=False, **head
            )
    except Exception as error:  # of torch, onnx and openvino
        raise ExportError(
            f"Model {entry.name!r} could not be converted to {form} ({error}). Try another format."
        ) from error
    return Path(made)


def _original(entry: ModelEntry, *, nms_free: bool) -> Network:
    detector = load_detector(entry, nms_free=nms_free)

    def run(picture: Tensor) -> Tensor:
        with torch.inference_mode():
            return np.asarray(detector(torch.from_numpy(picture)).numpy(), np.float32)

    return run


def _open(form: Format, made: Path) -> Network:
    if form == "openvino":
        import openvino  # noqa: PLC0415 - not installed on every processor

        file = next(made.glob("*.xml"))
        compiled = openvino.compile_model(file, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
        return lambda picture: np.asarray(compiled(picture)[0], np.float32)
    if form == "onnx":
        import onnxruntime  # noqa: PLC0415 - of an extra

        session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
        return lambda picture: np.asarray(session.run(None, {"images": picture})[0], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is deprecated, and what TorchScript is
        traced = torch.jit.load(str(made))

    def run(picture: Tensor) -> Tensor:
        with torch.inference_mode():
            return np.asarray(traced(torch.from_numpy(picture)).numpy(), np.float32)

    return run


def _refusal(entry: ModelEntry, form: Format, parity: Parity) -> str:
    told = "\n  ".join(parity.differences[:SHOWN])
    more = len(parity.differences) - SHOWN
    rest = f"\n  … and {more} more" if more > 0 else ""
    return (
        f"Model {entry.name!r} converted to {form} does not see what the original sees, on "
        f"{parity.pictures} pictures; it was deleted. Differences:\n  {told}{rest}\n"
        "Try another format, or another version of ultralytics or of the format's package."
    )


def _replace(made: Path, kept: Path) -> None:
    if kept.is_dir():
        shutil.rmtree(kept)
    else:
        kept.unlink(missing_ok=True)
    shutil.move(made, kept)


def _report(
    entry: ModelEntry, form: Format, kept: Path, parity: Parity, *, nms_free: bool, size: int
) -> dict[str, Any]:
    files = sorted(kept.rglob("*")) if kept.is_dir() else [kept]
    packages = ("torch", "ultralytics", *NEEDED.get(form, ()))
    return {
        "weights": {"name": entry.name, "version": entry.version, "sha256": entry.sha256},
        "format": form,
        "files": {
            str(file.relative_to(kept.parent)): file_sha256(file)
            for file in files
            if file.is_file()
        },
        "classes": list(entry.classes),
        "nms_free": nms_free,
        "input": "N×3×H×W, RGB, 0..1, sides multiples of 32",
        "output": (
            "N×300×6: x1, y1, x2, y2 in input pixels, score, class; no suppression needed"
            if nms_free
            else "N×(4+classes)×anchors: centre x, centre y, width, height in input pixels, then "
            "scores; suppression is the receiver's"
        ),
        "parity": {
            **{key: value for key, value in asdict(parity).items() if key != "differences"},
            "size": size,
            "threshold": entry.threshold,
            "box_tolerance": BOX_TOLERANCE,
            "score_tolerance": SCORE_TOLERANCE,
        },
        "versions": {name: version(name) for name in packages},
    }
