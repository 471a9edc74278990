"""Pre-labels: what a teacher detector sees on unlabelled pictures, kept as a text file.

A picture set that labels bins says nothing of the people in it; trained on it as it is, a model
unlearns people. `datasets.merge` fills such gaps from this file, keyed by the SHA-256 of each
picture's bytes.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.catalogue import ModelEntry
from models.look import Looker

PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".webp"}
NMS_IOU = 0.6
"""Stricter than when measuring: a pre-label must not stand twice."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One detection.

    Attributes:
        name: Class name.
        score: 0..1.
        box: x1, y1, x2, y2 as fractions of the picture's width and height.
    """

    name: str
    score: float
    box: tuple[float, float, float, float]


class Teacher:
    """Runs a detector on single pictures."""

    def __init__(self, entry: ModelEntry, size: int, threshold: float) -> None:
        self._looker = Looker(entry, size, threshold, nms_iou=NMS_IOU, several_labels=False)

    def look(self, picture: npt.NDArray[np.uint8]) -> list[Seen]:
        """Detects objects in one picture.

        Args:
            picture: H×W×3, BGR.
        """
        found = self._looker.look(picture)
        boxes = (found.boxes / np.array(picture.shape[1::-1] * 2)).tolist()
        names = (self._looker.classes[label] for label in found.labels)
        return [
            Seen(name, float(score), (x1, y1, x2, y2))
            for name, score, (x1, y1, x2, y2) in zip(names, found.scores, boxes, strict=True)
        ]


def prelabel(
    teacher: Teacher, pictures: Iterable[Path], known: set[str]
) -> Iterator[dict[str, Any]]:
    """Looks at pictures that are not yet known.

    Args:
        teacher: What looks.
        pictures: Picture files; one that cannot be read is named on standard output and passed
            over.
        known: SHA-256 of pictures done before; grows.

    Yields:
        `{"picture": sha256, "seen": [[name, score, x1, y1, x2, y2], …]}`, fractions of the
        picture's sides.
    """
    for path in pictures:
        data = path.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        if sha256 in known:
            continue
        known.add(sha256)
        picture: Any = cv2.imdecode(np.frombuffer(data, np.uint8), 1) if data else None
        if picture is None:
            print(f"{path}: not a readable picture; passed over", flush=True)
            continue
        seen = teacher.look(picture)
        rows = [[s.name, round(s.score, 3), *(round(v, 5) for v in s.box)] for s in seen]
        yield {"picture": sha256, "seen": rows}


def prelabel_folders(
    entry: ModelEntry,
    folders: Iterable[Path],
    out: Path,
    *,
    size: int = 640,
    threshold: float = 0.25,
    classes: Collection[str] = (),
) -> int:
    """Adds to a file what a teacher sees on pictures that the file lacks.

    Args:
        entry: The teacher, from `models.find`.
        folders: Searched, with their sub-folders, for pictures.
        out: JSON lines, see `prelabel`; made if absent.
        size: Longer side of the teacher's input, in pixels.
        threshold: Lowest score written.
        classes: What the teacher is asked for; all it knows if empty. Several teachers on one
            picture must be asked for different classes, or an object is labelled twice.

    Returns:
        How many pictures were added.
    """
    known = set()
    if out.is_file():
        known = {json.loads(line)["picture"] for line in out.read_text().splitlines()}
    teacher = Teacher(entry, size, threshold)
    pictures = sorted(
        path for folder in folders for path in folder.rglob("*") if path.suffix in PICTURES
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    added = 0
    with out.open("a") as file:
        for row in prelabel(teacher, pictures, known):
            seen = [one for one in row["seen"] if not classes or one[0] in classes]
            file.write(json.dumps({**row, "seen": seen}) + "\n")
            added += 1
    return added
