"""A merged folder of drawn pictures, and detectors that see what the test says."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.look import Found, Pixels

CLASSES = ("bin", "truck", "person", "plate")
Labelled = tuple[str, float, float, float, float]


@dataclass
class World:
    """Pictures with known objects.

    Attributes:
        folder: As `datasets.merge` makes it.
        rows: Its manifest.
    """

    folder: Path
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        source: str,
        objects: Sequence[Labelled],
        *,
        measured: Sequence[str] = CLASSES,
        marks: Sequence[object] = (),
        grey: int = 120,
        side: tuple[int, int] = (100, 200),
    ) -> None:
        """Adds a picture, H×W pixels; boxes are x1, y1, x2, y2 fractions."""
        number = len(self.rows)
        name = f"{source}_{number:016x}"
        for part in ("images", "labels"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        pixels = np.full((*side, 3), grey, np.uint8)
        pixels[0, 0] = number  # a detector of the tests knows a picture by it
        cv2.imwrite(str(self.folder / "images" / f"{name}.png"), pixels)
        lines = (
            f"{CLASSES.index(n)} {(x1 + x2) / 2} {(y1 + y2) / 2} {x2 - x1} {y2 - y1}"
            for n, x1, y1, x2, y2 in objects
        )
        (self.folder / "labels" / f"{name}.txt").write_text("\n".join(lines) + "\n")
        self.rows.append(
            {
                "file": f"images/{name}.png",
                "source": source,
                "part": "val",
                "picture": f"{number:064x}",
                "measured": list(measured),
                "marks": list(marks),
            }
        )
        (self.folder / "manifest.jsonl").write_text(
            "".join(json.dumps(row) + "\n" for row in self.rows)
        )
        names = "".join(f"  {index}: {name}\n" for index, name in enumerate(CLASSES))
        (self.folder / "data.yaml").write_text(f"names:\n{names}")


Seen = tuple[int, float, float, float, float, float]


def seeing(*pictures: Sequence[Seen]) -> Callable[[Pixels], Found]:
    """A detector: per picture (in the order of `World.add`) rows of label, score, fractions."""

    def look(pixels: Pixels) -> Found:
        rows = sorted(pictures[int(pixels[0, 0, 0])], key=lambda row: -row[1])
        table = np.array(rows, np.float64).reshape(-1, 6)
        height, width = pixels.shape[:2]
        boxes = (table[:, 2:] * (width, height, width, height)).astype(np.float32)
        labels = table[:, 0].astype(np.int64)
        return Found(boxes, table[:, 1].astype(np.float32), labels, np.ones(len(table), bool))

    return look


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "data")
