"""Parity: whether a converted detector gives the same detections as the original."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from ultralytics.utils.nms import non_max_suppression

from models import runtime
from models.errors import ExportError
from models.look import letterboxed
from models.non_maximum import MAX_DETECTIONS, NMS_IOU

runtime.settle()

BOX_TOLERANCE = 1.0
"""Largest accepted difference of a box side, in input pixels."""
SCORE_TOLERANCE = 0.01
"""Largest accepted difference of a score; a detection this near to the threshold may be missing."""
PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".webp"}

Tensor = npt.NDArray[np.float32]
Network = Callable[[Tensor], Tensor]
"""1×3×H×W RGB in 0..1 to a detector's output, with or without suppression in the network."""


@dataclass(frozen=True, slots=True)
class Parity:
    """The comparison of two networks.

    Attributes:
        pictures: How many were compared.
        detections: Of the original, from the threshold on.
        box: Largest difference of a box side, in input pixels.
        score: Largest difference of a score.
        differences: A sentence per detection that has no counterpart within the tolerances.
    """

    pictures: int
    detections: int
    box: float
    score: float
    differences: tuple[str, ...]


def read_pictures(folder: Path, count: int, size: int) -> dict[str, Tensor]:
    """Reads pictures spread over a folder, prepared for a detector, by file name.

    Raises:
        ExportError: There is none that can be read.
    """
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    chosen = files[:: max(1, len(files) // count)][:count]
    found: dict[str, Tensor] = {}
    for file in chosen:
        pixels: Any = cv2.imread(str(file))
        if pixels is not None:
            found[str(file.relative_to(folder))] = letterboxed(pixels, size)[0]
    if not found:
        raise ExportError(
            f"No picture in {folder} can be read. Give a folder of real pictures: a conversion "
            "that nobody compared on pictures is not accepted."
        )
    return found


def compare(
    original: Network,
    converted: Network,
    pictures: dict[str, Tensor],
    threshold: float,
    *,
    box_tolerance: float = BOX_TOLERANCE,
    score_tolerance: float = SCORE_TOLERANCE,
) -> Parity:
    """Compares what two networks detect.

    Args:
        original: The reference.
        converted: What is to be accepted.
        pictures: From `read_pictures`.
        threshold: Score from which detections must be the same.
        box_tolerance: Largest accepted difference of a box side, in input pixels.
        score_tolerance: Largest accepted difference of a score.
    """
    detections, box, score, differences = 0, 0.0, 0.0, []
    for name, picture in pictures.items():
        low = max(threshold - 2 * score_tolerance, 0.0)
        wanted, given = (_detections(run(picture), low) for run in (original, converted))
        detections += int((wanted[:, 4] >= threshold).sum())
        for one, other, side in (
            (wanted, given, "missing"),
            (given, wanted, "not in the original"),
        ):
            for row in one[one[:, 4] >= threshold]:
                by = _nearest(row, other)
                if by is None or by[0] > box_tolerance or by[1] > score_tolerance:
                    if by is None and row[4] < threshold + score_tolerance:
                        continue
                    differences.append(_sentence(name, row, by, side))
                if by is not None:
                    box, score = max(box, by[0]), max(score, by[1])
    return Parity(len(pictures), detections, box, score, tuple(differences))


def _detections(output: Tensor, low: float) -> npt.NDArray[np.float64]:
    """Rows of x1, y1, x2, y2, score, label, from a score on."""
    (rows,) = non_max_suppression(
        torch.from_numpy(np.array(output)),
        conf_thres=low,
        iou_thres=NMS_IOU,
        max_det=MAX_DETECTIONS,
    )
    return np.asarray(rows.numpy(), np.float64)


def _nearest(
    row: npt.NDArray[np.float64], others: npt.NDArray[np.float64]
) -> tuple[float, float] | None:
    """Differences of box and score to the nearest detection of the same class."""
    same = others[others[:, 5] == row[5]]
    if not len(same):
        return None
    apart = np.abs(same[:, :4] - row[:4]).max(1)
    index = int(apart.argmin())
    return float(apart[index]), float(abs(same[index, 4] - row[4]))


def _sentence(name: str, row: Sequence[float], by: tuple[float, float] | None, side: str) -> str:
    what = f"{name}: class {int(row[5])} with score {row[4]:.3f} at {np.round(row[:4]).tolist()}"
    if by is None:
        return f"{what} is {side}"
    return f"{what} is {side}; the nearest is off by {by[0]:.2f} px and {by[1]:.4f} in score"
