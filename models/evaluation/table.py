"""All detections and all objects of a set of pictures, side by side, matched."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.errors import EvaluationError
from models.evaluation.matching import IOUS, match, overlaps
from models.evaluation.truth import Picture
from models.look import Found, Pixels

Look = Callable[[Pixels], Found]
Progress = Callable[[int, int], None]
LOOSE = 0.3
"""Overlap at which a detection is near enough to point a person to an object."""
AT_HALF_AND_LOOSE = np.array([0.5, LOOSE])


@dataclass(frozen=True)
class Table:
    """Detections and objects of P pictures, only of classes measured on their picture.

    Attributes:
        classes: Names by class id.
        pictures: The P pictures.
        sides: P×2, width and height in pixels.
        luma: P, mean brightness, 0..255.
        scale: P, input pixels per picture pixel.
        seen: Columns of the D detections, in descending order of score: `picture`, `label`,
            `score`, `box` (D×4 pixels of the picture), `first`, `hits` (D×10, whether it found an
            object at each of `IOUS`, all labels of an anchor counting), `object` (D, index of the
            object that it found at an overlap of 0.5 among what a product shows, or -1).
        objects: Columns of the N objects: `picture`, `label`, `box` (N×4), `mark`, `score` (of the
            shown detection that found it at an overlap of 0.5, else 0), `loose` (the same at
            `LOOSE`).
    """

    classes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    sides: npt.NDArray[np.int64]
    luma: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    seen: Mapping[str, npt.NDArray[Any]]
    objects: Mapping[str, npt.NDArray[Any]]

    @cached_property
    def measures(self) -> npt.NDArray[np.bool_]:
        """P×classes: whether a class is measured on a picture."""
        return np.array(
            [[name in picture.measured for name in self.classes] for picture in self.pictures]
        )

    @cached_property
    def sources(self) -> npt.NDArray[np.str_]:
        """P: the source of each picture."""
        return np.array([picture.source for picture in self.pictures])


def look_at(
    pictures: Sequence[Picture],
    look: Look,
    size: int,
    classes: tuple[str, ...],
    *,
    renamed: Mapping[int, int] | None = None,
    progress: Progress | None = None,
) -> Table:
    """Runs a detector over pictures and matches what it finds.

    Args:
        pictures: What to look at.
        look: A picture's pixels to its detections.
        size: Longer side of the network's input, in pixels.
        classes: Names by class id, of the table.
        renamed: The detector's class ids to the table's; others are dropped. None: the same.
        progress: Called with the number of pictures done and the whole number.

    Raises:
        EvaluationError: A picture cannot be read.
    """
    ids = {name: index for index, name in enumerate(classes)}
    rows: list[_Row] = []
    for number, picture in enumerate(pictures):
        pixels: Any = cv2.imread(str(picture.file))
        if pixels is None:
            raise EvaluationError(
                f"{picture.file} cannot be read as a picture. Merge the folder again."
            )
        found = _renamed(look(pixels), renamed)
        measured = np.array([ids[name] for name in picture.measured if name in ids], np.int64)
        found = found.where(np.isin(found.labels, measured))
        labels = np.array([ids.get(name, -1) for name in picture.names], np.int64)
        rows.append(_match(number, picture, pixels, found, labels))
        if progress is not None:
            progress(number + 1, len(pictures))
    sides = np.array([row.side for row in rows], np.int64)
    seen = {key: np.concatenate([row.seen[key] for row in rows]) for key in rows[0].seen}
    objects = {key: np.concatenate([row.objects[key] for row in rows]) for key in rows[0].objects}
    seen["object"] = _across_pictures(seen, rows)
    order = np.argsort(-seen["score"], kind="stable")
    return Table(
        classes,
        tuple(pictures),
        sides,
        np.array([row.luma for row in rows]),
        size / sides.max(1),
        {key: column[order] for key, column in seen.items()},
        objects,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    side: tuple[int, int]
    luma: float
    seen: dict[str, npt.NDArray[Any]]
    objects: dict[str, npt.NDArray[Any]]


def _match(
    number: int,
    picture: Picture,
    pixels: Pixels,
    found: Found,
    labels: npt.NDArray[np.int64],
) -> _Row:
    height, width = pixels.shape[:2]
    known = labels >= 0
    labels, boxes = labels[known], picture.boxes[known] * (width, height, width, height)
    iou = overlaps(boxes, found.boxes.astype(np.float64))
    iou = iou * (labels[:, None] == found.labels[None, :])
    shown = np.flatnonzero(found.first)
    which = np.full(len(found), -1, np.int64)
    found_at = match(iou[:, shown], AT_HALF_AND_LOOSE)
    which[shown] = found_at[:, 0]
    score, loose = np.zeros(len(labels)), np.zeros(len(labels))
    score[which[which >= 0]] = found.scores[which >= 0]
    near = found_at[:, 1] >= 0
    loose[found_at[near, 1]] = found.scores[shown[near]]
    seen = {
        "picture": np.full(len(found), number),
        "label": found.labels,
        "score": found.scores.astype(np.float64),
        "box": found.boxes.astype(np.float64),
        "first": found.first,
        "hits": match(iou, IOUS) >= 0,
        "object": which,
    }
    objects = {
        "picture": np.full(len(labels), number),
        "label": labels,
        "box": boxes,
        "mark": np.array(picture.marks, dtype=np.str_)[known],
        "score": score,
        "loose": loose,
    }
    luma = float(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).mean())
    return _Row((width, height), luma, seen, objects)


def _across_pictures(
    seen: Mapping[str, npt.NDArray[Any]], rows: Sequence[_Row]
) -> npt.NDArray[np.int64]:
    """Object indices counted over all pictures instead of within each."""
    counts = [len(row.objects["label"]) for row in rows]
    start = np.concatenate(([0], np.cumsum(counts)[:-1]))[seen["picture"]]
    return np.where(seen["object"] >= 0, seen["object"] + start, -1)


def _renamed(found: Found, renamed: Mapping[int, int] | None) -> Found:
    if renamed is None:
        return found
    labels = np.array([renamed.get(int(label), -1) for label in found.labels], np.int64)
    return Found(found.boxes, found.scores, labels, found.first).where(labels >= 0)
