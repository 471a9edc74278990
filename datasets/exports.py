"""Reads what labelling tools export (YOLO, COCO, Pascal VOC, Roboflow) and writes a YOLO folder.

A broken picture or label is named and the rest goes on, so files are read one by one: supervision's
loaders of whole folders stop at the first broken one. Its readers of one annotation are used.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import parse
from PIL import Image
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from supervision.dataset.formats.coco import coco_annotations_to_detections
from supervision.dataset.formats.pascal_voc import detections_from_xml_obj

from datasets.errors import LabelError, RecipeError
from datasets.folders import list_folder
from datasets.importers import PICTURES, Box, decoded, read_lines
from datasets.recipe import class_names

ROBOFLOW_COCO = "_annotations.coco.json"
BROKEN = (LookupError, ValueError, TypeError, OSError)
"""What reading one annotation can raise: a field lacks, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One picture of an export.

    Attributes:
        picture: The file.
        boxes: Its objects, in the export's class names.
    """

    picture: Path
    boxes: tuple[Box, ...]


Items = Iterator[Exported | LabelError]


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
    for entry in list_folder(root):
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


def read_coco(root: Path) -> Items:
    """Reads COCO files: `root` itself, or every JSON below it that has annotations.

    Pictures lie beside the file, or are found by their name anywhere below its folder. Regions
    marked as a crowd are left out: they are not one object.

    Raises:
        RecipeError: There is no such file.
    """
    files = [root] if root.is_file() else sorted(root.rglob("*.json"))
    found = 0
    for file in files:
        try:
            data = json.loads(file.read_text(encoding="utf-8"))
            images, marks = data["images"], data["annotations"]
            names = {int(entry["id"]): str(entry["name"]) for entry in data["categories"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield LabelError(f"{file}: no COCO file ({error!r}). Passed over.")
            continue
        found += 1
        by_name = {path.name: path for path in _pictures(file.parent if root.is_file() else root)}
        by_image: dict[Any, list[dict[str, Any]]] = {}
        for mark in marks:
            if isinstance(mark, dict) and not mark.get("iscrowd"):
                by_image.setdefault(mark.get("image_id"), []).append(mark)
        for image in images:
            yield _coco_picture(file, image, by_name, by_image, names)
    if not found:
        raise RecipeError(f"There is no COCO file in {root}. Give the export's folder or JSON.")


def _coco_picture(
    file: Path,
    image: dict[str, Any],
    by_name: Mapping[str, Path],
    by_image: Mapping[Any, list[dict[str, Any]]],
    names: Mapping[int, str],
) -> Exported | LabelError:
    try:
        called = str(image["file_name"])
        beside = file.parent / called
        picture = beside if beside.is_file() else by_name[Path(called).name]
        size = (int(image["width"]), int(image["height"]))
        found = coco_annotations_to_detections(by_image.get(image["id"], []), size, False)  # noqa: FBT003
        labels: Any = [] if found.class_id is None else found.class_id
        return _exported(picture, size, found.xyxy, [names[int(label)] for label in labels])
    except BROKEN as error:
        what = image.get("file_name") if isinstance(image, dict) else image
        return LabelError(f"{file}: picture {what!r}: {error!r}. Passed over; export it again.")


def read_voc(root: Path) -> Items:
    """Reads Pascal VOC files: every XML below `root`, its picture found by its name.

    Raises:
        RecipeError: There is no such file.
    """
    files = sorted(root.rglob("*.xml"))
    if not files:
        raise RecipeError(f"There is no XML file in {root}. Give the folder of a VOC export.")
    by_place = {path.with_suffix(""): path for path in _pictures(root)}
    by_stem = {path.stem: path for path in by_place.values()}
    for file in files:
        try:
            tree: Any = parse(file).getroot()
            picture = by_place.get(file.with_suffix("")) or by_stem[file.stem]
            size = (int(tree.findtext("size/width")), int(tree.findtext("size/height")))
            found, names = detections_from_xml_obj(tree, [], size)
            labels: Any = [] if found.class_id is None else found.class_id
            yield _exported(picture, size, found.xyxy, [names[label] for label in labels])
        except (*BROKEN, ParseError, DefusedXmlException) as error:
            yield LabelError(f"{file}: {error!r}. Passed over; export it again.")


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


def _exported(picture: Path, size: tuple[int, int], corners: Any, names: list[str]) -> Exported:
    with Image.open(picture) as opened:
        actual = opened.size
    if actual != size:
        raise ValueError(f"is {actual[0]}×{actual[1]}, the export says {size[0]}×{size[1]}")
    width, height = size
    boxes = []
    for name, (x1, y1, x2, y2) in zip(names, corners, strict=True):
        left, right = (min(max(float(x) / width, 0.0), 1.0) for x in (x1, x2))
        top, bottom = (min(max(float(y) / height, 0.0), 1.0) for y in (y1, y2))
        box = Box(name, left, top, right, bottom)
        if not box.area > 0:
            raise ValueError(f"box {[x1, y1, x2, y2]} of {name} has no area in the picture")
        boxes.append(box)
    return Exported(picture, tuple(boxes))


def _pictures(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.suffix.lower() in PICTURES)


def _free_stem(labels: Path, picture: Path) -> str:
    stem, number = picture.stem, 1
    while (labels / f"{stem}.txt").exists():
        stem, number = f"{picture.stem}_{number}", number + 1
    return stem
