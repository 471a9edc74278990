"""Measures a detector on each validation source, on the classes which that source labels."""

import argparse
import json
from pathlib import Path
from typing import Any

from ultralytics.models.yolo.detect import DetectionValidator

from models import runtime
from models.catalogue import find
from models.errors import TrainingError

runtime.settle()


def evaluate(weights: Path, data: Path, size: int, threshold: float) -> dict[str, Any]:
    """Measures average precision, and precision and recall at one threshold.

    Args:
        weights: A detector's `.pt` file.
        data: Folder made by `datasets.merge`; every `val_<source>.yaml` in it is measured.
        size: Longer side of the input, in pixels.
        threshold: Score at which precision and recall are read.

    Returns:
        Source to `{"pictures": n, "classes": {name: {"pictures", "objects", "ap50", "ap50_95",
        "precision", "recall"}}}`, as ultralytics computes them, 0..1, precision and recall at
        an overlap of 0.5.

    Raises:
        TrainingError: The folder holds no validation source.
    """
    sources = sorted(data.glob("val_*.yaml"))
    if not sources:
        raise TrainingError(f"No val_<source>.yaml in {data}. Make it with `datasets.merge`.")
    return {s.stem.removeprefix("val_"): _measure(weights, s, size, threshold) for s in sources}


def _measure(weights: Path, source: Path, size: int, threshold: float) -> dict[str, Any]:
    validator = DetectionValidator(
        args={
            "model": str(weights),
            "data": str(source),
            "imgsz": size,
            "batch": 8,
            "device": "cpu",
            "workers": 0,
            "plots": False,
            "verbose": False,
            "project": str(source.parent.absolute() / "evaluation"),
            "name": source.stem,
            "exist_ok": True,
        }
    )
    validator(model=str(weights))
    metrics: Any = validator.metrics
    at = round(threshold * (metrics.box.p_curve.shape[1] - 1))
    classes = {
        metrics.names[int(index)]: {
            "pictures": int(metrics.nt_per_image[int(index)]),
            "objects": int(metrics.nt_per_class[int(index)]),
            "ap50": round(float(metrics.box.ap50[row]), 3),
            "ap50_95": round(float(metrics.box.ap[row]), 3),
            "precision": round(float(metrics.box.p_curve[row, at]), 3),
            "recall": round(float(metrics.box.r_curve[row, at]), 3),
        }
        for row, index in enumerate(metrics.box.ap_class_index)
    }
    return {"pictures": int(validator.seen or 0), "classes": classes}


def main() -> None:
    """`python -m models.evaluate WEIGHTS --data DIR`: writes JSON to standard output."""
    parser = argparse.ArgumentParser(prog="python -m models.evaluate", description=__doc__)
    parser.add_argument("weights", help="catalogue name or .pt file")
    parser.add_argument("--data", type=Path, required=True, help="folder made by datasets.merge")
    parser.add_argument("--size", type=int, default=640, help="longer side in pixels")
    parser.add_argument("--threshold", type=float, help="the listed one if absent")
    args = parser.parse_args()
    entry = find(args.weights)
    threshold = entry.threshold if args.threshold is None else args.threshold
    print(json.dumps(evaluate(entry.path, args.data, args.size, threshold), indent=1))


if __name__ == "__main__":
    main()
