"""Sheets of the worst errors of a class: crops of pictures with boxes, for people to look at."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.evaluation.errors import Fault
from models.evaluation.figures import ClassView
from models.look import Pixels

CELL = 200
"""Side of a crop on the sheet, in pixels."""
CAPTION = 30
COLUMNS = 6
EACH = 12
"""Errors of each kind on a sheet."""
CONTEXT = 2.2
"""Side of the crop, in longer sides of the box."""
LEAST = 96
"""Smallest side of a crop, in pixels of the picture."""
GREEN, RED, GREY, BLACK = (60, 170, 40), (40, 40, 220), (200, 200, 200), (20, 20, 20)


def write_sheet(
    view: ClassView, false: list[Fault], missed: list[Fault], threshold: float, file: Path
) -> None:
    """Writes a PNG of the worst false detections and missed objects.

    Objects of the class are green, detections that a product would show are red; the error itself
    is drawn thick.

    Args:
        view: The class.
        false: From `errors.false_detections`.
        missed: From `errors.missed_objects`.
        threshold: Score from which a detection is shown.
        file: Where to; its folder is made.
    """
    name = view.table.classes[view.label]
    parts = [
        part
        for title, faults, colour in (
            (f"{name}: false, highest score first ({len(false)})", false, RED),
            (f"{name}: missed, largest first ({len(missed)})", missed, GREEN),
        )
        for part in (
            _title(title),
            _grid([_cell(view, fault, threshold, colour) for fault in faults[:EACH]]),
        )
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(file), np.concatenate(parts))


def _title(text: str) -> Pixels:
    line = np.full((34, COLUMNS * CELL, 3), 255, np.uint8)
    cv2.putText(line, text, (6, 23), cv2.FONT_HERSHEY_SIMPLEX, 0.6, BLACK, 1, cv2.LINE_AA)
    return line


def _grid(cells: list[Pixels]) -> Pixels:
    blank = np.full((CELL + CAPTION, CELL, 3), 255, np.uint8)
    cells = cells + [blank] * (-len(cells) % COLUMNS)
    rows = [np.concatenate(cells[i : i + COLUMNS], 1) for i in range(0, len(cells), COLUMNS)]
    return np.concatenate(rows) if rows else np.full((8, COLUMNS * CELL, 3), 255, np.uint8)


def _cell(view: ClassView, fault: Fault, threshold: float, colour: tuple[int, int, int]) -> Pixels:
    picture = view.table.pictures[fault.picture]
    pixels: Any = cv2.imread(str(picture.file))
    width, height = view.table.sides[fault.picture]
    centre = (fault.box[:2] + fault.box[2:]) / 2
    side = min(max(CONTEXT * (fault.box[2:] - fault.box[:2]).max(), LEAST), max(width, height))
    corner = np.clip(centre - side / 2, 0, np.maximum(np.array([width, height]) - side, 0))
    scale = CELL / side
    shift = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    size = (CELL, CELL)
    crop: Any = cv2.warpAffine(pixels, shift, size, flags=cv2.INTER_LINEAR, borderValue=GREY)
    here = view.objects("picture") == fault.picture
    shown = (view.shown("picture") == fault.picture) & (view.shown("score") >= threshold)
    for boxes, paint in ((view.objects("box")[here], GREEN), (view.shown("box")[shown], RED)):
        for box in boxes:
            _rectangle(crop, (box.reshape(2, 2) - corner) * scale, paint, 1)
    _rectangle(crop, (fault.box.reshape(2, 2) - corner) * scale, colour, 3)
    caption = np.full((CAPTION, CELL, 3), 255, np.uint8)
    lines = (f"{fault.score:.2f} {fault.kind}", f"{picture.source} {picture.sha256[:8]}")
    for row, text in enumerate(lines):
        cv2.putText(
            caption, text, (3, 12 + 13 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.36, BLACK, 1, cv2.LINE_AA
        )
    return np.concatenate((crop, caption))


def _rectangle(
    pixels: Pixels, corners: npt.NDArray[np.float64], colour: tuple[int, int, int], width: int
) -> None:
    (x1, y1), (x2, y2) = np.rint(corners).astype(int).tolist()
    cv2.rectangle(pixels, (x1, y1), (x2, y2), colour, width, cv2.LINE_AA)
