"""Labelled training photos of a merged folder, read at the size at which they are used."""

import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from datasets.errors import LabelError, RecipeError
from datasets.importers import read_boxes
from datasets.recipe import class_names
from datasets.views import View

REDUCED = {
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
"""Shares of the size that a JPEG can be decoded at, without decoding the rest."""


def training_photos(merged: Path, sources: set[str]) -> dict[str, list[Path]]:
    """Lists the training pictures of some sources of a merged folder, each once.

    Args:
        merged: Folder made by `datasets.merge`.
        sources: Names as in its recipe.

    Returns:
        Source to its pictures.

    Raises:
        RecipeError: No training picture of one of these sources is there.
    """
    manifest = (merged / "manifest.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, manifest) if row["part"] == "train"]
    found: dict[str, dict[Path, None]] = {}
    for row in rows:
        found.setdefault(row["source"], {})[merged / row["file"]] = None
    missing = sources - set(found)
    if missing:
        raise RecipeError(
            f"{merged} holds no training pictures of {', '.join(sorted(missing))}. Choose of: "
            f"{', '.join(sorted(found))}."
        )
    return {source: list(found[source]) for source in sorted(sources)}


def read_view(picture: Path, side: int) -> View:
    """Reads a labelled picture, made smaller where it is larger than it is needed.

    Args:
        picture: A file in `images/`, with class ids of `kinds.yaml` in `labels/`.
        side: Its longer side is at most this, in pixels.

    Raises:
        LabelError: The picture cannot be decoded, or a label line is broken.
    """
    boxes = read_boxes(picture, dict(enumerate(class_names())))
    try:
        with Image.open(picture) as file:
            longer = max(file.size)
        pixels = cv2.imread(str(picture), _decoding(longer, side))
    except (OSError, cv2.error):
        pixels = None
    if pixels is None:
        raise LabelError(f"{picture}: not a readable picture. Copy it again.")
    scale = side / max(pixels.shape[:2])
    if scale < 1:
        pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return View(picture.stem, np.asarray(pixels, np.uint8), boxes)


def _decoding(longer: int, side: int) -> int:
    fits = [share for share in REDUCED if longer // share >= side]
    return REDUCED[max(fits)] if fits else cv2.IMREAD_COLOR
