"""Hand-checked boxes: `labels/boxes.jsonl`, keyed by picture hash.

One line a picture: `{"picture": sha256, "source": "bins_cn/val", "checked": ["stall"], "boxes":
[["stall", x1, y1, x2, y2], …]}`, fractions of the picture's sides. For a class in `checked` the
boxes are the whole truth, also when there are none. A sixth element of a box is a mark (`"shed"`),
by which evaluation reports recall. `why`, optional, says in words what was wrong with the set's own
labels; corrections of newer validation parts need it, as they change what is measured. Of two lines
that check the same class of a picture, the later one counts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from datasets.errors import LabelError
from datasets.importers import Box
from datasets.recipe import class_names

BOXES = Path(__file__).resolve().parent / "labels" / "boxes.jsonl"


@dataclass(frozen=True, slots=True)
class Checked:
    """What people looked for on one picture.

    Attributes:
        classes: What they looked for.
        boxes: All that there is of it.
    """

    classes: frozenset[str] = frozenset()
    boxes: tuple[Box, ...] = ()

    def correct(self, labels: tuple[Box, ...]) -> tuple[Box, ...]:
        """Returns labels with the checked classes replaced."""
        return (*(box for box in labels if box.name not in self.classes), *self.boxes)

    def and_then(self, later: "Checked") -> "Checked":
        """Returns both, the later one counting where both checked a class."""
        return Checked(self.classes | later.classes, later.correct(self.boxes))


def read_checked(*paths: Path) -> Mapping[str, Checked]:
    """Reads hand-checked boxes by picture hash; of several files, the later ones count.

    Raises:
        LabelError: A file or a line of it is broken; the message names the line.
    """
    found: dict[str, Checked] = {}
    for path in paths:
        for picture, one in _lines(path):
            found[picture] = found.get(picture, Checked()).and_then(one)
    return found


def _lines(path: Path) -> Iterator[tuple[str, Checked]]:
    known = set(class_names())
    try:
        lines = path.read_text().splitlines()
    except OSError as error:
        raise LabelError(f"Labels {path} cannot be read ({error}). Restore the file.") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            boxes = tuple(_box(entry) for entry in row["boxes"])
            one = Checked(frozenset(row["checked"]), boxes)
            unchecked = {box.name for box in boxes} - one.classes
            if one.classes - known or unchecked:
                fault = ", ".join(sorted((one.classes - known) | unchecked))
                raise ValueError(f"{fault}: in no `checked`, or not in kinds.yaml")  # noqa: TRY301
            _check_reason(row.get("why", "not asked for"))
            picture = str(row["picture"])
        except (ValueError, KeyError, TypeError) as error:
            raise LabelError(
                f"{path}:{number}: {type(error).__name__}: {error}. Correct the line."
            ) from error
        yield picture, one


def _check_reason(why: object) -> None:
    if not isinstance(why, str) or not why.strip():
        raise ValueError(f"why {why!r} is not a reason in words")


def _box(entry: list[str | float]) -> Box:
    name, x1, y1, x2, y2, *mark = entry
    box = Box(str(name), float(x1), float(y1), float(x2), float(y2), *map(str, mark))
    if not (0 <= box.x1 < box.x2 <= 1 and 0 <= box.y1 < box.y2 <= 1):
        raise ValueError(f"box {entry} is not x1 < x2, y1 < y2 in fractions of the picture's sides")
    return box
