"""Looks for what is wrong in labelled folders, names each thing and goes on."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import LabelError
from datasets.folders import Entry
from datasets.importers import Box, Line, decoded, read_lines

OUTSIDE = 0.002
"""How far a box may leave the picture: rounding, at most two pixels of a thousand."""
LEAST_SIDE = 1.0
"""A box narrower than this many pixels shows nothing."""
SAME_BOX = 0.98
"""Two boxes of one class that overlap more than this (IoU) are one box written twice."""
LISTS = {"classes.txt"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: `picture`, `line`, `class`, `outside`, `tiny`, `box_twice`, `no_labels`,
            `no_picture`, `name_twice` or `picture_twice`.
        text: Where, what and what to do.
    """

    kind: str
    text: str


def check(
    entries: Sequence[Entry], classes: Mapping[int, str], *, backgrounds: bool = False
) -> Iterator[Fault]:
    """Checks pictures and labels.

    Args:
        entries: From `list_folder`.
        classes: Class ids to names, for folders that do not name them; where nobody does, any id
            passes.
        backgrounds: Whether a picture without a label file is meant to show nothing.
    """
    seen: dict[str, Path] = {}
    by_labels: dict[Path, Path] = {}
    for entry in entries:
        yield from _picture(entry, seen, entry.names or classes)
        other = by_labels.setdefault(entry.labels, entry.picture)
        if other != entry.picture:
            yield Fault(
                "name_twice",
                f"{entry.picture}: shares its label file with {other}. Rename one of the two.",
            )
        if not entry.labels.is_file() and not backgrounds:
            yield Fault(
                "no_labels",
                f"{entry.picture}: no label file. If it shows nothing, write an empty one, or check"
                " with --backgrounds.",
            )
    for folder in sorted({labels.parent for labels in by_labels}):
        for labels in sorted(folder.glob("*.txt")):
            if labels not in by_labels and labels.name not in LISTS:
                yield Fault("no_picture", f"{labels}: no picture. Restore it or delete the labels.")


def _picture(entry: Entry, seen: dict[str, Path], classes: Mapping[int, str]) -> Iterator[Fault]:
    try:
        data = entry.picture.read_bytes()
        height, width = decoded(data, entry.picture).shape[:2]
    except OSError as error:
        yield Fault("picture", f"{entry.picture}: cannot be read ({error.strerror}).")
        return
    except LabelError as error:
        yield Fault("picture", str(error))
        return
    other = seen.setdefault(hashlib.sha256(data).hexdigest(), entry.picture)
    if other != entry.picture:
        yield Fault(
            "picture_twice", f"{entry.picture}: the same file as {other}. Delete one of the two."
        )
    if entry.labels.is_file():
        yield from _labels(entry, classes, width, height)


def _labels(entry: Entry, classes: Mapping[int, str], width: int, height: int) -> Iterator[Fault]:
    boxes: list[tuple[int, Box]] = []
    for line in read_lines(entry.labels):
        if isinstance(line, LabelError):
            yield Fault("line", str(line))
            continue
        where = f"{entry.labels}:{line.number}"
        if classes and line.label not in classes:
            yield Fault("class", f"{where}: {line.fault(classes)}")
        fault = line.fault({line.label: ""}, OUTSIDE)
        if fault:
            yield Fault("outside", f"{where}: {fault}")
            continue
        box = line.box(str(line.label))
        if box is None or _shorter_side(line, width, height) < LEAST_SIDE:
            yield Fault("tiny", f"{where}: thinner than a pixel. Delete the line.")
            continue
        twin = next((number for number, other in boxes if _same(box, other)), None)
        if twin is not None:
            yield Fault("box_twice", f"{where}: the box of line {twin} again. Delete one.")
        boxes.append((line.number, box))


def _shorter_side(line: Line, width: int, height: int) -> float:
    x1, y1, x2, y2 = line.corners
    return min((x2 - x1) * width, (y2 - y1) * height)


def _same(box: Box, other: Box) -> bool:
    shared = box.overlap(other)
    same_place = shared > SAME_BOX * (box.area + other.area - shared)
    return box.name == other.name and same_place
