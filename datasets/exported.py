"""One picture of an export, with its boxes where the trainer sees them: on the picture upright."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image

from datasets.errors import LabelError
from datasets.importers import Box, decoded

_TURNS = {
    5: lambda u, v: (v, u),
    6: lambda u, v: (1 - v, u),
    7: lambda u, v: (1 - v, 1 - u),
    8: lambda u, v: (v, 1 - u),
}
"""EXIF orientations that swap the sides: from fractions of the stored picture to the upright."""
_BEYOND = 1.0
"""Pixels that a box may reach beyond the picture by rounding."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One picture of an export.

    Attributes:
        picture: The file.
        boxes: Its objects, in the export's class names.
        where: What in the export speaks of it.
        fit: How much of the name that is given there the file's path agrees with.
    """

    picture: Path
    boxes: tuple[Box, ...]
    where: str = ""
    fit: int = 0


Items = Iterator[Exported | LabelError]


def boxes_of(
    picture: Path, size: tuple[int, int], corners: Any, names: list[str]
) -> tuple[Box, ...]:
    """Puts boxes on a picture as it is seen upright, which is how it is trained on.

    A phone stores an upright photo lying, with an EXIF orientation. A tool that shows it upright
    states the upright size, and its boxes are taken as they are; boxes of an export that states the
    stored size are turned with the picture. Where both are the same (square, or upside down) the
    boxes are taken as drawn upright.

    Args:
        picture: The file.
        size: Width and height that the export states, in pixels.
        corners: N×4, x1, y1, x2, y2 in pixels of a picture of that size.
        names: Class of each.

    Raises:
        ValueError: The picture has another size, or a box no area in it.
        OSError: It cannot be read.
        LabelError: It cannot be decoded.
    """
    turn = _turn(picture, size)
    width, height = size
    boxes = []
    for name, (x1, y1, x2, y2) in zip(names, corners, strict=True):
        if turn and max(x2 - width, y2 - height) > _BEYOND:
            raise ValueError(
                f"a box lies outside the {width}×{height} that the export states: it states the "
                "stored size and was drawn upright; save the photo turned and label that"
            )
        points = [(float(x1) / width, float(y1) / height), (float(x2) / width, float(y2) / height)]
        (a, b), (c, d) = [turn(*point) for point in points] if turn else points
        left, right = sorted(min(max(value, 0.0), 1.0) for value in (a, c))
        top, bottom = sorted(min(max(value, 0.0), 1.0) for value in (b, d))
        box = Box(name, left, top, right, bottom)
        if not box.area > 0:
            raise ValueError(f"box {[x1, y1, x2, y2]} of {name} has no area in the picture")
        boxes.append(box)
    return tuple(boxes)


def why(error: Exception) -> str:
    """What is wrong with an annotation, in words."""
    if isinstance(error, KeyError):
        return f"{error.args[0]!r} is missing or not listed"
    return str(error) or type(error).__name__


def _turn(picture: Path, size: tuple[int, int]) -> Any:
    """How points are turned that are given on a picture of this size; None where they are not."""
    with Image.open(picture) as opened:
        stored, turn = opened.size, _TURNS.get(_orientation(opened))
    upright = stored if turn is None else stored[::-1]
    if size not in (stored, upright):
        raise ValueError(
            f"is {upright[0]}×{upright[1]}, the export says {size[0]}×{size[1]}; export it again"
        )
    if turn is None or stored == upright:
        return None
    seen = decoded(picture.read_bytes(), picture).shape[1::-1]
    if seen != upright:  # a format of which OpenCV, with which it is trained, reads no orientation
        if size == stored:
            return None
        raise ValueError("is turned by its EXIF, which training does not see; save it turned")
    return turn if size == stored else None


def _orientation(opened: Image.Image) -> int:
    try:
        return int(opened.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - of damaged EXIF, a dozen types; the picture may be whole
        return 1
