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
import openvino
import torch
from torchvision.ops import batched_nms

from models import runtime
from models.catalogue import ModelEntry, find
from models.export import export_openvino

PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".webp"}
NMS_IOU = 0.6


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
        self._classes = entry.classes
        self._size = size
        self._threshold = threshold
        file = export_openvino(entry, runtime.cache_dir() / "openvino")
        self._network = openvino.compile_model(file, "CPU")

    def look(self, picture: npt.NDArray[np.uint8]) -> list[Seen]:
        """Detects objects in one picture.

        Args:
            picture: H×W×3, BGR.
        """
        height, width = picture.shape[:2]
        scale = self._size / max(height, width)
        scaled = cv2.resize(
            picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA
        )
        rows, columns = (-(-side // 32) * 32 for side in scaled.shape[:2])
        canvas = np.full((rows, columns, 3), 114, np.uint8)
        canvas[: scaled.shape[0], : scaled.shape[1]] = scaled
        tensor = canvas[:, :, ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
        raw = torch.from_numpy(np.array(self._network(tensor)[0]))[0].T
        scores, labels = raw[:, 4:].max(1)
        keep = scores >= self._threshold
        centre, extent = raw[keep, :2], raw[keep, 2:4]
        boxes = torch.cat((centre - extent / 2, centre + extent / 2), 1)
        scores, labels = scores[keep], labels[keep]
        limits = torch.tensor([scaled.shape[1], scaled.shape[0]] * 2, dtype=torch.float32)
        found = []
        for index in batched_nms(boxes, scores, labels, NMS_IOU).tolist():
            x1, y1, x2, y2 = (boxes[index] / limits).clamp(0, 1).tolist()
            name = self._classes[int(labels[index])]
            found.append(Seen(name, float(scores[index]), (x1, y1, x2, y2)))
        return found


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
