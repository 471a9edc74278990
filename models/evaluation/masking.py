"""What masking hides: the share of faces and plates that lie under the boxes it pixelates.

Masking pixelates whole people and plates from a low score on (`vision/evidence/masking.py`). A face
counts as hidden where its person is found, however badly the box fits, so this is another question
than the recall of `person`; and it is asked on every picture with a face, whether or not all people
on it were labelled.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.errors import EvaluationError
from models.evaluation.bootstrap import Floats, interval, ratio
from models.evaluation.truth import Picture
from models.look import Pixels

COVERED = 0.9
"""Share of a face or plate that must be hidden: an uncovered chin tells nobody's name."""
GRID = 20
"""Points per side at which a box is probed."""

Boxes = Callable[[Pixels], Floats]
"""A picture's pixels (H×W×3 BGR) to the boxes masked on it: N×4, x1, y1, x2, y2 in pixels."""


@dataclass(frozen=True, slots=True)
class Masking:
    """How a product masks, and where faces are.

    Attributes:
        faces: A file as `datasets/labels/faces.jsonl`.
        score: Score from which a box is masked.
        classes: Which are masked.
    """

    faces: Path
    score: float
    classes: Collection[str]


def read_faces(file: Path) -> dict[str, Floats]:
    """Reads labelled faces: SHA-256 of a picture to N×4 fractions of its sides.

    Raises:
        EvaluationError: The file is missing or broken.
    """
    try:
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        return {row["picture"]: np.array(row["faces"], np.float64).reshape(-1, 4) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvaluationError(
            f"{file} cannot be read as labelled faces ({error}). Give lines of"
            ' {"picture": SHA-256, "faces": [[x1, y1, x2, y2], …]}.'
        ) from error


def hidden(
    pictures: Sequence[Picture], faces: dict[str, Floats], boxes: Boxes, weights: Floats
) -> dict[str, Any]:
    """Measures what masking hides.

    Args:
        pictures: The validation pictures.
        faces: From `read_faces`.
        boxes: What is masked on a picture.
        weights: From `bootstrap.draws`, for the pictures.

    Returns:
        `face` and `plate`, where there are any, to `{"pictures", "objects", "hidden"}`, the last an
        `Interval`.

    Raises:
        EvaluationError: A picture cannot be read.
    """
    rows: dict[str, list[tuple[int, bool]]] = {"face": [], "plate": []}
    for number, picture in enumerate(pictures):
        wanted = {
            "face": faces.get(picture.sha256, np.empty((0, 4))),
            "plate": picture.boxes[[name == "plate" for name in picture.names]],
        }
        if not any(map(len, wanted.values())):
            continue
        pixels: Any = cv2.imread(str(picture.file))
        if pixels is None:
            raise EvaluationError(
                f"{picture.file} cannot be read as a picture. Merge the folder again."
            )
        masked = boxes(pixels) / np.array(pixels.shape[1::-1] * 2)
        for name, looked_for in wanted.items():
            rows[name] += [(number, _share(box, masked) >= COVERED) for box in looked_for]
    result = {}
    for name, found in rows.items():
        if found:
            at, is_hidden = (np.array(column) for column in zip(*found, strict=True))
            result[name] = {
                "pictures": len(set(at.tolist())),
                "objects": len(at),
                "hidden": interval(ratio(weights[:, at] @ is_hidden, weights[:, at].sum(axis=1))),
            }
    return result


def _share(box: Floats, masked: Floats) -> float:
    """Share of a box that lies under any of N others."""
    steps = (np.arange(GRID) + 0.5) / GRID
    x = box[0] + steps[None, :] * (box[2] - box[0])
    y = box[1] + steps[:, None] * (box[3] - box[1])
    under = np.zeros((GRID, GRID), bool)
    for x1, y1, x2, y2 in masked:
        under |= (x >= x1) & (x <= x2) & (y >= y1) & (y <= y2)
    return float(under.mean())
