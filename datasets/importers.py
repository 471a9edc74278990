"""Reads labelled pictures from YOLO folders: `images/` and `labels/` side by side."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from datasets.errors import LabelError, RecipeError
from datasets.likeness import Thumbnail, thumbnail

PICTURES = {".bmp", ".jpeg", ".jpg", ".png", ".webp"}


@dataclass(frozen=True, slots=True)
class Box:
    """One labelled object.

    Attributes:
        name: Class name as in `kinds.yaml`.
        x1: Left edge as a fraction of the picture's width; `x2` is the right one.
        y1: Top edge as a fraction of the picture's height; `y2` is the bottom one.
        mark: What else is known of it, as `shed` of a structure; mostly nothing.
    """

    name: str
    x1: float
    y1: float
    x2: float
    y2: float
    mark: str = ""

    @property
    def width(self) -> float:
        """Share of the picture's width."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Share of the picture's area."""
        return max(0.0, self.width) * max(0.0, self.height)

    def overlap(self, other: "Box") -> float:
        """Returns the area shared with another box, as a share of the picture's area."""
        width = min(self.x2, other.x2) - max(self.x1, other.x1)
        height = min(self.y2, other.y2) - max(self.y1, other.y1)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: "Box") -> float:
        """Returns the area shared with another box over the area of both together."""
        shared = self.overlap(other)
        return shared / max(self.area + other.area - shared, 1e-9)


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture with its labels.

    Attributes:
        picture: The file.
        sha256: Of the file's bytes.
        boxes: Labelled objects of the mapped classes.
        thumbnail: To compare it with others, see `datasets.likeness`.
    """

    picture: Path
    sha256: str
    boxes: tuple[Box, ...]
    thumbnail: Thumbnail = field(compare=False, repr=False)


def yolo_pictures(folder: Path) -> list[Path]:
    """Lists the pictures of a YOLO folder, sorted by name.

    Raises:
        RecipeError: The folder has no `images/`.
    """
    images = folder / "images"
    if not images.is_dir():
        raise RecipeError(
            f"Data folder {folder} has no images/ inside. Correct the path in the recipe, or the "
            "folder given with --data."
        )
    return sorted(path for path in images.iterdir() if path.suffix.lower() in PICTURES)


def decoded(data: bytes, picture: Path) -> npt.NDArray[np.uint8]:
    """Decodes a picture file's bytes.

    Args:
        data: The file's bytes.
        picture: Where they came from, for the error.

    Returns:
        H×W×3, BGR.

    Raises:
        LabelError: They are not a picture.
    """
    pixels: Any = None
    if data:
        with suppress(cv2.error):  # raised of absurd sizes alone
            pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise LabelError(f"{picture}: not a readable picture. Passed over; copy it again.")
    return np.asarray(pixels, np.uint8)


def read_yolo(picture: Path, classes: Mapping[int, str | None]) -> Sample:
    """Reads one picture of a YOLO folder with its label file.

    Polygons become the boxes around them. A picture without a label file has no objects.

    Args:
        picture: A file in `images/`; its labels are `labels/<stem>.txt`.
        classes: Class id in the file to class name, or to nothing where the id is to be ignored.

    Raises:
        LabelError: The picture cannot be decoded, or a label line is broken.
    """
    data = picture.read_bytes()
    small = thumbnail(decoded(data, picture))
    boxes = read_boxes(picture, classes)
    return Sample(picture, hashlib.sha256(data).hexdigest(), boxes, small)


def read_boxes(picture: Path, classes: Mapping[int, str | None]) -> tuple[Box, ...]:
    """Reads the label file of one picture of a YOLO folder; see `read_yolo`.

    Raises:
        LabelError: A label line is broken.
    """
    labels = picture.parent.parent / "labels" / f"{picture.stem}.txt"
    boxes = []
    for line in read_lines(labels) if labels.is_file() else ():
        if isinstance(line, LabelError):
            raise LabelError(f"{line} The picture is passed over.") from line
        fault = line.fault(classes)
        if fault:
            raise LabelError(f"{labels}:{line.number}: {fault} The picture is passed over.")
        name = classes[line.label]
        box = line.box(name) if name else None
        if box is not None:
            boxes.append(box)
    return tuple(boxes)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a YOLO label file.

    Attributes:
        number: Of the line, from 1.
        label: Class id.
        corners: x1, y1, x2, y2 as fractions of the picture's sides, as they stand there.
    """

    number: int
    label: int
    corners: tuple[float, float, float, float]

    def fault(self, classes: Mapping[int, str | None], slack: float = 0.1) -> str | None:
        """Says what is wrong with the line, or nothing.

        Args:
            classes: Known class ids.
            slack: How far a box may leave the picture, as a fraction of its sides.
        """
        if self.label not in classes:
            return f"class {self.label} is not among {sorted(classes)}. Correct it or name it."
        if not all(-slack <= value <= 1 + slack for value in self.corners):
            return "lies outside the picture. Use fractions in 0..1."
        return None

    def box(self, name: str) -> Box | None:
        """Returns the part of the box inside the picture, if there is any."""
        x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in self.corners)
        box = Box(name, x1, y1, x2, y2)
        return box if box.area > 0 else None


def read_lines(labels: Path) -> Iterator[Line | LabelError]:
    """Reads a YOLO label file; a line that is none comes as the error that names it.

    Args:
        labels: The file; lines are `class cx cy w h`, or a polygon: `class x y x y x y …`.
    """
    for number, text in enumerate(labels.read_text("utf-8", "replace").splitlines(), 1):
        if not text.strip():
            continue
        try:
            first, *rest = text.split()
            label, numbers = int(first), [float(value) for value in rest]
        except ValueError as error:
            yield LabelError(f"{labels}:{number}: {error}. Correct the line.")
            continue
        if len(numbers) == 4:
            cx, cy, width, height = numbers
            yield Line(
                number,
                label,
                (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2),
            )
        elif len(numbers) >= 6 and len(numbers) % 2 == 0:
            xs, ys = numbers[0::2], numbers[1::2]
            yield Line(number, label, (min(xs), min(ys), max(xs), max(ys)))
        else:
            yield LabelError(
                f"{labels}:{number}: {len(numbers)} numbers are neither a box nor a polygon. "
                "Correct the line."
            )
