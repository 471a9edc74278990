"""Cuts labelled truck crops out of pictures, for training the truck-state reader.

Labels lie in `datasets/labels/truck_state.csv`: a picture's SHA-256, the truck's box as fractions
of its sides, load, dirt (empty where it cannot be told), part. The pictures are found by their
hashes, so the labels say nothing of where a picture set is kept, and the pictures stay out of the
repository.
"""

import csv
import hashlib
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from datasets.errors import LabelError, RecipeError
from datasets.importers import PICTURES

LABELS = Path(__file__).resolve().parent / "labels" / "truck_state.csv"
MARGIN = 0.06
"""Margin around a box, as a share of its sides; the pipeline cuts with the same."""
FIELDS = {"picture_sha256", "x1", "y1", "x2", "y2", "load", "dirt", "part", "source"}


def read_labels(path: Path = LABELS) -> list[dict[str, str]]:
    """Reads the label file.

    Raises:
        LabelError: The file is missing, or lacks a column.
    """
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise LabelError(f"Labels {path} cannot be read ({error}). Restore the file.") from error
    if rows and not set(rows[0]) >= FIELDS:
        lacking = ", ".join(sorted(FIELDS - set(rows[0])))
        raise LabelError(f"Labels {path} lack the columns {lacking}. Restore the file.")
    return rows


def cut(labels: list[dict[str, str]], root: Path, out: Path) -> int:
    """Writes one PNG per label and `crops.jsonl` that lists them.

    Args:
        labels: From `read_labels`.
        root: Folder searched, with its sub-folders, for the pictures.
        out: Folder to write.

    Returns:
        How many were written; a label whose picture is not found is left out.

    Raises:
        RecipeError: None of the pictures is under `root`.
    """
    wanted = defaultdict(list)
    for row in labels:
        wanted[row["picture_sha256"]].append(row)
    out.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in PICTURES):
        data = path.read_bytes()
        rows = wanted.pop(hashlib.sha256(data).hexdigest(), [])
        picture: Any = cv2.imdecode(np.frombuffer(data, np.uint8), 1) if rows else None
        if picture is None:
            continue
        for row in rows:
            crop = crop_box(picture, tuple(float(row[key]) for key in ("x1", "y1", "x2", "y2")))
            name = f"{len(lines):04d}.png"
            cv2.imwrite(str(out / name), crop)
            keep = {key: row[key] or None for key in ("load", "dirt", "part", "source")}
            lines.append(json.dumps({"image": name, **keep}) + "\n")
    if not lines:
        raise RecipeError(f"No labelled picture lies under {root}. Correct the folder.")
    (out / "crops.jsonl").write_text("".join(lines))
    return len(lines)


def crop_box(
    picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], box: tuple[float, ...]
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Cuts a box with its margin.

    Args:
        picture: H×W×3.
        box: x1, y1, x2, y2 as fractions of the picture's sides.

    Returns:
        The crop, at least one pixel wide and high.
    """
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = box
    wide, high = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    left, right = int(max(0, x1 - wide) * width), int(min(1, x2 + wide) * width)
    top, bottom = int(max(0, y1 - high) * height), int(min(1, y2 + high) * height)
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]
