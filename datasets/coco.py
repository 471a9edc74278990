"""Reads COCO files."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervision.dataset.formats.coco import coco_annotations_to_detections

from datasets.errors import LabelError, RecipeError
from datasets.exported import Exported, Items, boxes_of, why
from datasets.pictures import Pictures, once

BROKEN = (LookupError, ValueError, TypeError, OSError, LabelError)
"""What reading one annotation can raise: a field lacks, or is not what it should be."""
_NAMED = 3
"""Ids that are named of those that no picture has."""


def read_coco(root: Path) -> Items:
    """Reads COCO files: `root` itself, or every JSON below it that has annotations.

    Pictures are found by the end of their path, see `datasets.pictures`. Ids may be numbers or
    texts: `"7"` is 7. Regions marked as a crowd are left out: they are not one object.

    Raises:
        RecipeError: There is no such file.
    """
    return once(_items(root))


@dataclass(frozen=True, slots=True)
class _File:
    """One COCO file, by ids as texts.

    Attributes:
        path: Where it lies.
        images: As they stand there.
        marks: Annotations by the id of their picture.
        names: Class names in their order there.
        places: Category id to the place in `names`.
        twice: Ids that more than one picture has.
    """

    path: Path
    images: list[Any]
    marks: Mapping[str, list[dict[str, Any]]]
    names: Sequence[str]
    places: Mapping[str, int]
    twice: set[str]


def _items(root: Path) -> Iterator[Exported | LabelError]:
    files = [root] if root.is_file() else sorted(root.rglob("*.json"))
    pictures = Pictures(root.parent if root.is_file() else root)
    found = 0
    for path in files:
        try:
            file, orphans = _read(path)
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield LabelError(f"{path}: no COCO file ({error!r}). Passed over.")
            continue
        found += 1
        for image in file.images:
            yield _picture(file, image, pictures)
        if orphans:
            yield LabelError(f"{path}: {_told(orphans)} Left out; export it again, whole.")
    if not found:
        raise RecipeError(f"There is no COCO file in {root}. Give the export's folder or JSON.")


def _read(path: Path) -> tuple[_File, Counter[str]]:
    """A file, and how many annotations there are of each picture that it does not list."""
    data = json.loads(path.read_text(encoding="utf-8-sig"))
    images, categories = list(data["images"]), list(data["categories"])
    ids = Counter(_id(image.get("id")) for image in images if isinstance(image, dict))
    marks: dict[str, list[dict[str, Any]]] = {}
    orphans = Counter[str]()
    for mark in data["annotations"]:
        owner = _id(mark.get("image_id")) if isinstance(mark, dict) else "none"
        if owner not in ids:
            orphans[owner] += 1
        elif not mark.get("iscrowd"):
            marks.setdefault(owner, []).append(mark)
    names = [str(entry["name"]) for entry in categories]
    places = {_id(entry["id"]): place for place, entry in enumerate(categories)}
    twice = {one for one, count in ids.items() if count > 1}
    return _File(path, images, marks, names, places, twice), orphans


def _id(value: Any) -> str:
    """An id as text: some tools write numbers, others texts, and some both in one file."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _told(orphans: Counter[str]) -> str:
    ids = ", ".join(list(orphans)[:_NAMED]) + (", …" if len(orphans) > _NAMED else "")
    return f"{orphans.total()} annotations belong to no picture that it lists (id {ids})."


def _picture(file: _File, image: Any, pictures: Pictures) -> Exported | LabelError:
    what = image.get("file_name") if isinstance(image, dict) else image
    where = f"{file.path}: picture {what!r}"
    try:
        owner = _id(image["id"])
        if owner in file.twice:
            raise ValueError(f"another picture has its id {owner} too; export it again")
        picture, fit = pictures.named(str(image["file_name"]), file.path.parent)
        size = (int(image["width"]), int(image["height"]))
        marks = [
            {**mark, "category_id": file.places[_id(mark["category_id"])]}
            for mark in file.marks.get(owner, [])
        ]
        found = coco_annotations_to_detections(marks, size, False)  # noqa: FBT003
        labels: Any = [] if found.class_id is None else found.class_id
        names = [file.names[int(label)] for label in labels]
        return Exported(picture, boxes_of(picture, size, found.xyxy, names), where, fit)
    except BROKEN as error:
        return LabelError(f"{where}: {why(error)}. Passed over.")
