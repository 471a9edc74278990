"""Pre-labels: what a teacher detector sees on unlabelled pictures, kept as a text file.

A picture set that labels bins says nothing of the people in it; trained on it as it is, a model
unlearns people. `datasets.merge` fills such gaps from this file, keyed by the SHA-256 of each
picture's bytes.
"""

import argparse
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.catalogue import ModelEntry, find
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


def main() -> None:
    """`python -m models.prelabel --model FILE --out FILE.jsonl FOLDER…`: adds what it lacks."""
    parser = argparse.ArgumentParser(prog="python -m models.prelabel", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--model", required=True, help="catalogue name or .pt file of the teacher")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--size", type=int, default=640, help="longer side in pixels")
    parser.add_argument("--threshold", type=float, default=0.25, help="lowest score written")
    args = parser.parse_args()
    known = set()
    if args.out.is_file():
        known = {json.loads(line)["picture"] for line in args.out.read_text().splitlines()}
    teacher = Teacher(find(args.model), args.size, args.threshold)
    pictures = sorted(
        path for folder in args.folders for path in folder.rglob("*") if path.suffix in PICTURES
    )
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.open("a") as out:
        for row in prelabel(teacher, pictures, known):
            out.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    main()
