"""Lists the labelled pictures of a folder, whichever of the usual ways it is laid out.

A YOLO folder holds `images/` and `labels/`; a folder of such folders (`train/`, `val/`, one per
source) is all of them; a merged folder (`datasets.merge`) says the rest in `manifest.jsonl`. Class
names are those of the nearest `data.yaml` at or above the YOLO folder.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from datasets.errors import RecipeError
from datasets.importers import PICTURES, Box

DESCRIPTION = "data.yaml"
PARTS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""What a folder's name says of the pictures in it; Roboflow says `valid`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of a labelled folder.

    Attributes:
        picture: The file.
        labels: Its label file, which may be absent.
        source: The set it comes from.
        part: `train`, `val`, `test`, or empty where nothing says.
        names: Class ids to names; empty where nothing names them.
        marks: Boxes that carry a mark.
    """

    picture: Path
    labels: Path
    source: str
    part: str
    names: Mapping[int, str]
    marks: tuple[Box, ...] = ()


def list_folder(root: Path) -> list[Entry]:
    """Lists the pictures of a folder, sorted by path.

    Raises:
        RecipeError: There is no `images/` in it, or a description in it is broken.
    """
    if (root / "manifest.jsonl").is_file():
        return _merged(root)
    if (root / "images").is_dir():
        folders = [root]
    else:
        folders = sorted(path.parent for path in root.rglob("images") if path.is_dir())
    if not folders:
        raise RecipeError(
            f"Folder {root} has no images/ inside. Give a YOLO folder, or a folder of such."
        )
    return [entry for folder in folders for entry in _entries(root, folder)]


def read_names(file: Path) -> dict[int, str]:
    """Reads the class names of a `data.yaml`: under `names`, a list or `id: name` pairs.

    Raises:
        RecipeError: It has none, or cannot be read.
    """
    try:
        names: Any = YAML(typ="safe").load(file)["names"]
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        return {int(label): str(name) for label, name in pairs}
    except (OSError, YAMLError, KeyError, TypeError, ValueError) as error:
        raise RecipeError(
            f"{file} has no usable `names` ({type(error).__name__}: {error}). Write a list, or "
            "`id: name` pairs."
        ) from error


def _entries(root: Path, folder: Path) -> list[Entry]:
    images = folder / "images"
    names: dict[int, str] = {}
    for place in (folder.resolve(), *folder.resolve().parents):
        if not names and (place / DESCRIPTION).is_file():
            names = read_names(place / DESCRIPTION)
        if place == root.resolve():
            break
    base = folder.resolve().relative_to(root.resolve().parent)
    pictures = sorted(path for path in images.rglob("*") if path.suffix.lower() in PICTURES)
    entries = []
    for picture in pictures:
        inside = picture.relative_to(images)
        told = [PARTS[name] for name in (*base.parts, *inside.parts[:-1]) if name in PARTS]
        entries.append(
            Entry(
                picture,
                (folder / "labels" / inside).with_suffix(".txt"),
                str(base.joinpath(*inside.parts[:-1])),
                told[-1] if told else "",
                names,
            )
        )
    return entries


def _merged(root: Path) -> list[Entry]:
    file, names = root / "manifest.jsonl", read_names(root / DESCRIPTION)
    entries = []
    for number, line in enumerate(file.read_text().splitlines(), 1):
        try:
            row = json.loads(line)
            picture = root / row["file"]
            labels = root / "labels" / f"{picture.stem}.txt"
            marks = tuple(Box(*entry) for entry in row["marks"])
            entries.append(Entry(picture, labels, row["source"], row["part"], names, marks))
        except (ValueError, KeyError, TypeError) as error:
            raise RecipeError(
                f"{file}:{number}: {type(error).__name__}: {error}. Merge the folder again."
            ) from error
    return sorted(entries, key=lambda entry: entry.picture)
