"""Reads what labelling tools export (YOLO, COCO, Pascal VOC, Roboflow) and writes a YOLO folder.

A broken picture or label is named and the rest goes on, so files are read one by one: supervision's
loaders of whole folders stop at the first broken one. Its readers of one annotation are used.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import parse
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from supervision.dataset.formats.pascal_voc import detections_from_xml_obj

from datasets.coco import BROKEN, read_coco
from datasets.errors import LabelError, RecipeError
from datasets.exported import Exported, Items, boxes_of, why
from datasets.folders import Entry, list_folder
from datasets.importers import decoded, read_lines
from datasets.pictures import Pictures, once
from datasets.recipe import class_names

__all__ = ["READERS", "Exported", "Imported", "read_class_map", "write_import"]

ROBOFLOW_COCO = "_annotations.coco.json"
LISTS = {"classes.txt"}
"""Texts among YOLO's labels that are none."""


@dataclass(slots=True)
class Imported:
    """What an import did.

    Attributes:
        pictures: How many were written.
        objects: Count per class.
        broken: A sentence per picture or label that was passed over.
    """

    pictures: int = 0
    objects: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def read_yolo_export(root: Path) -> Items:
    """Reads YOLO folders at or below `root`; classes without a name are called by their id."""
    entries = list_folder(root)
    owners: dict[Path, list[Entry]] = {}
    for entry in entries:
        owners.setdefault(entry.labels, []).append(entry)
    for entry in entries:
        other = next((one for one in owners[entry.labels] if one is not entry), None)
        if other is not None and entry.labels.is_file():
            yield LabelError(
                f"{entry.picture}: shares its labels {entry.labels} with {other.picture}. Passed "
                "over; give each its own."
            )
        else:
            yield from _yolo_picture(entry)
    homes = {p for labels in owners for p in labels.parents if p.name == "labels"}
    for labels in sorted({path for home in homes for path in home.rglob("*.txt")}):
        if labels not in owners and labels.name not in LISTS:
            yield LabelError(f"{labels}: belongs to no picture. Left out; add its picture.")


def _yolo_picture(entry: Entry) -> Items:
    lines = list(read_lines(entry.labels)) if entry.labels.is_file() else []
    boxes, faults = [], []
    for line in lines:
        if isinstance(line, LabelError):
            faults.append(line)
        elif fault := line.fault({line.label: ""}):
            faults.append(LabelError(f"{entry.labels}:{line.number}: {fault}"))
        else:
            boxes.append(line.box(entry.names.get(line.label, str(line.label))))
    yield from faults
    if not faults:
        yield Exported(entry.picture, tuple(box for box in boxes if box is not None))


def read_voc(root: Path) -> Items:
    """Reads Pascal VOC files: every XML below `root`.

    Its picture is found by where the XML lies and by what it says, see `datasets.pictures`.

    Raises:
        RecipeError: There is no such file.
    """
    return once(_voc_items(root))


def _voc_items(root: Path) -> Iterator[Exported | LabelError]:
    files = sorted(root.rglob("*.xml"))
    if not files:
        raise RecipeError(f"There is no XML file in {root}. Give the folder of a VOC export.")
    pictures = Pictures(root)
    for file in files:
        try:
            tree: Any = parse(file).getroot()
            name = tree.findtext("filename") or ""
            called = (tree.findtext("path") or "", f"{tree.findtext('folder') or ''}/{name}")
            picture, fit = pictures.labelled_by(file, *called)
            size = (int(tree.findtext("size/width")), int(tree.findtext("size/height")))
            found, names = detections_from_xml_obj(tree, [], size)
            labels: Any = [] if found.class_id is None else found.class_id
            boxes = boxes_of(picture, size, found.xyxy, [names[label] for label in labels])
            yield Exported(picture, boxes, str(file), fit)
        except (*BROKEN, ParseError, DefusedXmlException) as error:
            yield LabelError(f"{file}: {why(error)}. Passed over; export it again.")


def read_roboflow(root: Path) -> Items:
    """Reads a Roboflow export in whichever of its formats it is."""
    if any(root.rglob(ROBOFLOW_COCO)):
        return read_coco(root)
    if (root / "data.yaml").is_file():
        return read_yolo_export(root)
    return read_voc(root)


READERS: Mapping[str, Callable[[Path], Items]] = {
    "yolo": read_yolo_export,
    "coco": read_coco,
    "voc": read_voc,
    "roboflow": read_roboflow,
}


def read_class_map(path: Path) -> dict[str, str | None]:
    """Reads the export's class names, each with ours, or with nothing to leave it out.

    Raises:
        RecipeError: The file is broken, or names a class that `kinds.yaml` does not have.
    """
    try:
        loaded: Any = YAML(typ="safe").load(path)
        named = {str(key): None if name is None else str(name) for key, name in loaded.items()}
    except (OSError, YAMLError, AttributeError) as error:
        raise RecipeError(
            f"Class map {path} cannot be read ({error}). Write a line `their name: our name` for "
            "each class."
        ) from error
    unknown = {name for name in named.values() if name} - set(class_names())
    if unknown:
        raise RecipeError(
            f"Class map {path} names classes that kinds.yaml does not have: "
            f"{', '.join(sorted(unknown))}. Correct the names."
        )
    return named


def write_import(items: Items, out: Path, classes: Mapping[str, str | None] | None) -> Imported:
    """Writes a YOLO folder: `images/`, `labels/` and `data.yaml` with the class names.

    Pictures are copied and keep their names, by which Roboflow's copies of one photo are known.

    Args:
        items: From one of `READERS`.
        out: Folder to write; must not hold pictures yet.
        classes: From `read_class_map`; without it the export's class names are kept.

    Raises:
        RecipeError: It does, or the map lacks a class of the export.
    """
    if (out / "images").exists():
        raise RecipeError(f"{out} holds images already. Choose another folder for --out.")
    gathered = list(items)
    if classes is not None:
        used = {box.name for item in gathered if isinstance(item, Exported) for box in item.boxes}
        unmapped = ", ".join(sorted(used - set(classes)))
        if unmapped:
            raise RecipeError(
                f"The class map lacks classes of the export: {unmapped}. Add them, with nothing "
                "after the colon to leave one out."
            )
    report = Imported()
    mapped = set() if classes is None else set(classes.values())
    names = {name: label for label, name in enumerate(n for n in class_names() if n in mapped)}
    for part in ("images", "labels"):
        (out / part).mkdir(parents=True)
    for item in gathered:
        try:
            if isinstance(item, LabelError):
                raise item
            decoded(item.picture.read_bytes(), item.picture)
        except (LabelError, OSError) as error:
            report.broken.append(str(error))
            continue
        rows = []
        for box in item.boxes:
            name = box.name if classes is None else classes[box.name]
            if name is None:
                continue
            label = names.setdefault(name, len(names))
            centre = f"{(box.x1 + box.x2) / 2:.6f} {(box.y1 + box.y2) / 2:.6f}"
            rows.append(f"{label} {centre} {box.x2 - box.x1:.6f} {box.y2 - box.y1:.6f}\n")
            report.objects[name] = report.objects.get(name, 0) + 1
        stem = _free_stem(out / "labels", item.picture)
        shutil.copyfile(item.picture, out / "images" / f"{stem}{item.picture.suffix.lower()}")
        (out / "labels" / f"{stem}.txt").write_text("".join(rows))
        report.pictures += 1
    with (out / "data.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({"names": {label: name for name, label in names.items()}}, file)
    return report


def _free_stem(labels: Path, picture: Path) -> str:
    stem, number = picture.stem, 1
    while (labels / f"{stem}.txt").exists():
        stem, number = f"{picture.stem}_{number}", number + 1
    return stem
