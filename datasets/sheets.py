"""Contact sheets: many labelled pictures on one page, to see what a folder holds."""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from datasets.errors import LabelError, RecipeError
from datasets.folders import Entry
from datasets.importers import Box, decoded, read_lines

COLUMNS, ROWS, TILE, CAPTION = 5, 4, 320, 18
"""Tiles across and down a page, side of a tile and height of its caption in pixels."""
COLOURS = (
    (60, 60, 230), (60, 180, 75), (230, 140, 30), (200, 60, 200), (30, 200, 230), (150, 150, 0),
    (180, 110, 240), (90, 220, 160), (40, 110, 170), (250, 190, 120),
)  # fmt: skip
"""BGR, by class in the order of appearance."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture to show.

    Attributes:
        picture: The file.
        boxes: What to draw in it.
        note: For its caption.
    """

    picture: Path
    boxes: tuple[Box, ...]
    note: str


def labelled_tiles(
    entries: Sequence[Entry],
    classes: Mapping[int, str],
    *,
    only: str | None = None,
    source: str | None = None,
    mark: str | None = None,
) -> Iterator[Tile]:
    """Chooses pictures to show.

    Args:
        entries: From `list_folder`.
        classes: Class ids to names, for folders that do not name them.
        only: Class of which a picture shows at least one; its boxes alone are drawn.
        source: Source, or the beginning of its name.
        mark: Mark that a box carries; boxes with it alone are drawn.
    """
    for entry in entries:
        if source and not entry.source.startswith(source):
            continue
        names = entry.names or classes
        lines = read_lines(entry.labels) if entry.labels.is_file() else ()
        boxes = entry.marks if mark else tuple(
            box
            for line in lines
            if not isinstance(line, LabelError)
            and (box := line.box(names.get(line.label, str(line.label)))) is not None
        )  # fmt: skip
        wanted = tuple(
            box for box in boxes if only in {None, box.name} and mark in {None, box.mark}
        )
        if wanted or not (only or mark):
            yield Tile(entry.picture, wanted, entry.source)


def crop_tiles(folder: Path, attributes: Mapping[str, str]) -> Iterator[Tile]:
    """Chooses truck crops to show, by what was read on them.

    Args:
        folder: Made by `datasets.crops`.
        attributes: Name and value, as `load` and `open`; all must hold.

    Raises:
        RecipeError: A line of `crops.jsonl` is broken.
    """
    file = folder / "crops.jsonl"
    for number, line in enumerate(file.read_text().splitlines(), 1):
        try:
            row: dict[str, Any] = json.loads(line)
            picture = folder / row["image"]
        except (ValueError, KeyError, TypeError) as error:
            raise RecipeError(f"{file}:{number}: {error!r}. Cut the crops again.") from error
        if all(str(row.get(name)) == value for name, value in attributes.items()):
            yield Tile(picture, (), f"{row.get('load')} {row.get('dirt')}")


def write_sheets(tiles: Iterator[Tile], out: Path) -> list[Path]:
    """Draws pages of tiles, and `index.csv` that says which picture each tile is.

    A tile's caption is its number, the first eight digits of its picture's SHA-256 and a note; a
    picture that cannot be read is a crossed-out tile.

    Args:
        tiles: What to show.
        out: Folder to write; pages are `sheet_000.png` and so on.

    Returns:
        The pages.

    Raises:
        RecipeError: There is nothing to show.
    """
    out.mkdir(parents=True, exist_ok=True)
    pages: list[Path] = []
    colours: dict[str, tuple[int, int, int]] = {}
    index_csv = out / "index.csv"
    with index_csv.open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        index = csv.writer(file)
        index.writerow(["tile", "sheet", "sha256", "picture", "note"])
        number = 0
        while some := list(islice(tiles, COLUMNS * ROWS)):
            page = out / f"sheet_{len(pages):03d}.png"
            canvas = np.full((ROWS * (TILE + CAPTION), COLUMNS * TILE, 3), 24, np.uint8)
            for place, tile in enumerate(some):
                data = tile.picture.read_bytes()
                digest = sha256(data).hexdigest()
                top, left = place // COLUMNS * (TILE + CAPTION), place % COLUMNS * TILE
                caption = f"{number} {digest[:8]} {tile.note}"
                _draw(canvas[top : top + TILE + CAPTION, left : left + TILE], data, tile, caption,
                      colours)  # fmt: skip
                index.writerow([number, page.name, digest, tile.picture, tile.note])
                number += 1
            used = -(-len(some) // COLUMNS) * (TILE + CAPTION)
            cv2.imwrite(str(page), canvas[:used])
            pages.append(page)
    if not pages:
        raise RecipeError("No picture is as asked for, so there is no sheet. Ask for less.")
    return pages


def _draw(
    canvas: npt.NDArray[np.uint8],
    data: bytes,
    tile: Tile,
    caption: str,
    colours: dict[str, tuple[int, int, int]],
) -> None:
    """Draws a tile into its place on the page, a view of it."""
    cv2.putText(canvas, caption, (3, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (235, 235, 235), 1)
    try:
        picture = decoded(data, tile.picture)
    except LabelError:
        cv2.line(canvas, (0, CAPTION), (TILE, TILE + CAPTION), (60, 60, 230), 2)
        cv2.line(canvas, (TILE, CAPTION), (0, TILE + CAPTION), (60, 60, 230), 2)
        return
    scale = TILE / max(picture.shape[:2])
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    shown = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    for box in tile.boxes:
        colour = colours.setdefault(box.name, COLOURS[len(colours) % len(COLOURS)])
        x1, y1 = round(box.x1 * (size[0] - 1)), round(box.y1 * (size[1] - 1))
        x2, y2 = round(box.x2 * (size[0] - 1)), round(box.y2 * (size[1] - 1))
        cv2.rectangle(shown, (x1, y1), (x2, y2), colour, 1)
        text = f"{box.name} {box.mark}".strip()
        cv2.putText(shown, text, (x1 + 2, max(9, y1 - 2)), cv2.FONT_HERSHEY_SIMPLEX, 0.33, colour)
    canvas[CAPTION : CAPTION + size[1], : size[0]] = shown
