"""Counts what is labelled: per source, part, class and size."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from datasets.errors import LabelError
from datasets.folders import Entry
from datasets.importers import Line, read_lines

SIDE = 640.0
"""Sizes are what they are when the picture's longer side is scaled to this many pixels."""
SMALL, MEDIUM = 32.0**2, 96.0**2
"""Areas in square pixels below which an object is small or medium, as COCO's evaluation has it."""


@dataclass(slots=True)
class Row:
    """Objects of one class in one part of one source.

    Attributes:
        pictures: Which show at least one, counted.
        small: Objects of that size; so are `medium` and `large`.
    """

    pictures: int = 0
    small: int = 0
    medium: int = 0
    large: int = 0

    @property
    def objects(self) -> int:
        """All sizes."""
        return self.small + self.medium + self.large


@dataclass(slots=True)
class Stats:
    """What a folder holds.

    Attributes:
        pictures: Count per (source, part).
        empty: Of those, how many show nothing that is labelled.
        rows: Per (source, part, class).
        broken: A sentence per picture or label line that was not counted.
    """

    pictures: dict[tuple[str, str], int] = field(default_factory=dict)
    empty: dict[tuple[str, str], int] = field(default_factory=dict)
    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def table(self) -> list[dict[str, str | int]]:
        """Returns a row per source, part and class, and `(all)` and `(nothing)` for pictures."""
        rows: list[dict[str, str | int]] = [
            {
                "source": source,
                "part": part,
                "class": name,
                "pictures": row.pictures,
                "objects": row.objects,
                "small": row.small,
                "medium": row.medium,
                "large": row.large,
            }
            for (source, part, name), row in self.rows.items()
        ]
        for name, counts in (("(all)", self.pictures), ("(nothing)", self.empty)):
            rows += [
                {"source": source, "part": part, "class": name, "pictures": pictures}
                for (source, part), pictures in counts.items()
            ]
        return sorted(rows, key=lambda row: tuple(str(row[k]) for k in ("source", "part", "class")))


def count(entries: Iterable[Entry], classes: Mapping[int, str]) -> Stats:
    """Counts pictures and objects.

    Args:
        entries: From `list_folder`.
        classes: Class ids to names, for folders that do not name them; an id without a name
            counts as `class <id>`.
    """
    stats = Stats()
    for entry in entries:
        try:
            with Image.open(entry.picture) as picture:
                size = picture.size
        except (OSError, UnidentifiedImageError):
            stats.broken.append(f"{entry.picture}: not a readable picture. Not counted.")
            continue
        key = (entry.source, entry.part)
        stats.pictures[key] = stats.pictures.get(key, 0) + 1
        names, seen = entry.names or classes, set()
        for line in read_lines(entry.labels) if entry.labels.is_file() else ():
            if isinstance(line, LabelError):
                stats.broken.append(str(line))
                continue
            name = names.get(line.label, f"class {line.label}")
            row = stats.rows.setdefault((*key, name), Row())
            bucket = _bucket(line, *size)
            setattr(row, bucket, getattr(row, bucket) + 1)
            row.pictures += name not in seen
            seen.add(name)
        stats.empty[key] = stats.empty.get(key, 0) + (not seen)
    return stats


def _bucket(line: Line, width: int, height: int) -> str:
    x1, y1, x2, y2 = line.corners
    area = (x2 - x1) * width * (y2 - y1) * height * (SIDE / max(width, height)) ** 2
    if area < SMALL:
        return "small"
    return "medium" if area < MEDIUM else "large"
