"""What is known of the validation pictures of a merged folder: their objects, and what to count."""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from models.errors import EvaluationError

SAME_BOX = 2e-3
"""Largest difference of a side, as a fraction of the picture's, between a marked box and the label
it marks: labels are written with six digits, hand-made boxes with fewer."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One validation picture.

    Attributes:
        file: The picture.
        source: Which set it is of.
        sha256: Of the original picture's bytes.
        measured: Classes labelled exhaustively on it; no other class counts here.
        names: Class name of each of its N objects, all of them measured ones.
        boxes: N×4, x1, y1, x2, y2 as fractions of the picture's sides.
        marks: Mark of each object (`shed`, …), empty where it has none.
    """

    file: Path
    source: str
    sha256: str
    measured: frozenset[str]
    names: tuple[str, ...]
    boxes: npt.NDArray[np.float64]
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """The validation part of a merged folder.

    Attributes:
        pictures: Sorted by source.
        manifest_sha256: Of the folder's `manifest.jsonl`.
    """

    pictures: tuple[Picture, ...]
    manifest_sha256: str

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the sources, sorted."""
        return tuple(sorted({picture.source for picture in self.pictures}))


def read_truth(data: Path, sources: Collection[str] = ()) -> Truth:
    """Reads the validation pictures of a folder made by `datasets.merge`.

    Args:
        data: The folder: `manifest.jsonl`, `data.yaml`, `images/`, `labels/`.
        sources: Only these; all where empty.

    Raises:
        EvaluationError: A file is missing or broken, a source is unknown, or nothing is left.
    """
    manifest = data / "manifest.jsonl"
    try:
        names = YAML(typ="safe").load(data / "data.yaml")["names"]
        text = manifest.read_bytes()
        rows = [json.loads(line) for line in text.splitlines()]
        pictures = [_picture(data, row, names) for row in rows if row["part"] == "val"]
    except (OSError, YAMLError, ValueError, KeyError, TypeError, IndexError) as error:
        raise EvaluationError(
            f"{data} cannot be measured on: {type(error).__name__}: {error}. It needs data.yaml, "
            "manifest.jsonl and labels/; make the folder with `streetwarden data merge`."
        ) from error
    known = {picture.source for picture in pictures}
    if unknown := set(sources) - known:
        raise EvaluationError(
            f"{data} has no validation source {', '.join(sorted(unknown))}. Choose from: "
            f"{', '.join(sorted(known)) or 'none'}."
        )
    chosen = sorted(
        (p for p in pictures if not sources or p.source in sources),
        key=lambda picture: (picture.source, picture.sha256),
    )
    if not chosen:
        raise EvaluationError(
            f"{data} holds no validation picture. Give the recipe a source with `part: val`."
        )
    return Truth(tuple(chosen), hashlib.sha256(text).hexdigest())


def _picture(data: Path, row: dict[str, Any], names: dict[int, str]) -> Picture:
    file = data / row["file"]
    measured = frozenset(row["measured"])
    labels = data / "labels" / f"{file.stem}.txt"
    labelled = [(names[label], box) for label, box in _labels(labels.read_text())]
    objects = [(name, box) for name, box in labelled if name in measured]
    return Picture(
        file,
        row["source"],
        row["picture"],
        measured,
        tuple(name for name, _ in objects),
        np.array([box for _, box in objects], np.float64).reshape(-1, 4),
        tuple(_mark(name, box, row.get("marks", [])) for name, box in objects),
    )


def _labels(text: str) -> Iterator[tuple[int, tuple[float, float, float, float]]]:
    for line in filter(str.strip, text.splitlines()):
        label, *numbers = line.split()
        cx, cy, width, height = map(float, numbers)
        yield int(label), (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)


def _mark(name: str, box: tuple[float, ...], marks: list[Any]) -> str:
    for marked, *corners, mark in marks:
        if marked == name and max(abs(a - b) for a, b in zip(box, corners, strict=True)) < SAME_BOX:
            return str(mark)
    return ""
