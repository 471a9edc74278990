"""Merges labelled sets into one training folder by a recipe.

Each source's class ids are mapped to the classes of `kinds.yaml`; objects that a source does not
label are filled in from a teacher's pre-labels (`models.prelabel`); a broken picture or label is
named and passed over. The result is a folder that ultralytics trains on: `images/`, `labels/`,
`data.yaml`, and one `val_<source>.yaml` per validation source, so that a source is only measured
on the classes it labels.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from datasets.errors import LabelError, RecipeError
from datasets.importers import Box, Sample, decoded, read_yolo, yolo_pictures
from datasets.views import View, encoded, tiles, turned

KINDS = Path(__file__).resolve().parent / "kinds.yaml"
SAME_OBJECT_IOU = 0.45
"""A pre-label that overlaps a label by more than this is taken for the labelled object."""
INSIDE_SHARE = 0.75
"""A pre-labelled vehicle with more than this share inside a labelled vehicle is a part of it."""
VEHICLES = {"truck", "car", "bus"}


class Source(BaseModel):
    """One labelled set in a recipe.

    Attributes:
        name: How it is called in reports and file names.
        path: YOLO folder, relative to the data folder (or the rendered one).
        root: Which of the two.
        part: Where its pictures go.
        classes: Class id in the label files to class name; empty where the id is to be ignored.
        take: How many pictures, drawn by the recipe's seed; all where absent.
        repeat: How often each picture is listed, to give a small set weight.
        turn: Each repetition of a picture is turned a right angle further.
        tile: Pictures larger than this are cut into squares of this side, in pixels.
        prelabel: Classes to fill in from the pre-labels.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    path: str
    root: Literal["data", "rendered"] = "data"
    part: Literal["train", "val"] = "train"
    classes: dict[int, str | None] = {}
    take: int | None = None
    repeat: int = 1
    turn: bool = False
    tile: int | None = None
    prelabel: list[str] = []


class Recipe(BaseModel):
    """A merge recipe.

    Attributes:
        seed: Of the draw.
        teacher: Teacher's class name to ours.
        threshold: Teacher's score from which a pre-label is used.
        sources: What is merged.
    """

    model_config = ConfigDict(extra="forbid")

    seed: int = 0
    teacher: dict[str, str] = {}
    threshold: float = 0.5
    sources: list[Source]


@dataclass(slots=True)
class Report:
    """What a merge did.

    Attributes:
        pictures: Count per source.
        objects: Count per (source, class).
        skipped: A sentence per broken picture or label.
    """

    pictures: Counter[str] = field(default_factory=Counter)
    objects: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)


Prelabels = Mapping[str, tuple[tuple[Box, float], ...]]


def class_names(kinds: Path = KINDS) -> tuple[str, ...]:
    """Returns the detector's classes in the order of their ids."""
    return tuple(entry["name"] for entry in YAML(typ="safe").load(kinds)["classes"])


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe and checks its class names.

    Raises:
        RecipeError: Unreadable, misspelt, or a class that `kinds.yaml` does not have.
    """
    try:
        recipe = Recipe.model_validate(YAML(typ="safe").load(path))
    except (OSError, YAMLError) as error:
        raise RecipeError(f"Recipe {path} cannot be read: {error}. Correct it.") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()
        )
        raise RecipeError(f"Recipe {path} cannot be used: {faults}. Correct it.") from error
    known = set(class_names())
    used = {name for source in recipe.sources for name in source.classes.values() if name}
    unknown = (used | set(recipe.teacher.values())) - known
    if unknown:
        raise RecipeError(
            f"Recipe {path} names classes that kinds.yaml does not have: "
            f"{', '.join(sorted(unknown))}. Correct the names."
        )
    return recipe


def read_prelabels(path: Path, recipe: Recipe) -> Prelabels:
    """Reads a teacher's pre-labels, in our class names, keyed by picture hash.

    Raises:
        RecipeError: The file is missing or broken.
    """
    found: dict[str, tuple[tuple[Box, float], ...]] = {}
    try:
        for line in path.read_text().splitlines():
            row = json.loads(line)
            found[row["picture"]] = tuple(
                (Box(recipe.teacher[name], *corners), score)
                for name, score, *corners in row["seen"]
                if name in recipe.teacher and score >= recipe.threshold
            )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecipeError(
            f"Pre-labels {path} cannot be read ({error}). Make them again with "
            "`python -m models.prelabel`."
        ) from error
    return found


def merge(recipe: Recipe, roots: Mapping[str, Path], prelabels: Prelabels, out: Path) -> Report:
    """Writes the merged folder.

    Args:
        recipe: What to merge.
        roots: Folders by the names that `Source.root` uses.
        prelabels: From `read_prelabels`; may be empty.
        out: Folder to write; pictures are linked, not copied.

    Raises:
        RecipeError: A source's folder is not there.
    """
    classes = {name: index for index, name in enumerate(class_names())}
    report = Report()
    lists: dict[str, list[str]] = {}
    for source in recipe.sources:
        pictures = yolo_pictures(roots[source.root] / source.path)
        drawn = random.Random(f"{recipe.seed}/{source.name}")  # noqa: S311 - a draw, not a secret
        drawn.shuffle(pictures)
        listed = lists.setdefault(source.part if source.part == "train" else source.name, [])
        for picture in pictures[: source.take]:
            try:
                sample = read_yolo(picture, source.classes)
            except LabelError as error:
                report.skipped.append(str(error))
                continue
            boxes = sample.boxes + _fill(sample, prelabels, source)
            listed.extend(_write(out, source, sample, boxes, classes))
            report.pictures[source.name] += 1
            report.objects.update((source.name, box.name) for box in boxes)
    _write_yaml(out, lists, tuple(classes))
    return report


def _fill(sample: Sample, prelabels: Prelabels, source: Source) -> tuple[Box, ...]:
    return tuple(
        box
        for box, _ in prelabels.get(sample.sha256, ())
        if box.name in source.prelabel and not any(_same(box, label) for label in sample.boxes)
    )


def _same(box: Box, label: Box) -> bool:
    shared = box.overlap(label)
    if shared / (box.area + label.area - shared + 1e-9) > SAME_OBJECT_IOU:
        return True
    both_vehicles = box.name in VEHICLES and label.name in VEHICLES
    return both_vehicles and shared / (box.area + 1e-9) > INSIDE_SHARE


def _write(
    out: Path, source: Source, sample: Sample, boxes: tuple[Box, ...], classes: Mapping[str, int]
) -> list[str]:
    stem = f"{source.name}_{sample.sha256[:16]}"
    if not (source.turn or source.tile):
        picture = out / "images" / f"{stem}{sample.picture.suffix.lower()}"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.unlink(missing_ok=True)
        picture.symlink_to(sample.picture.resolve())
        _write_labels(out, stem, boxes, classes)
        return [str(picture.absolute())] * source.repeat
    whole = View(stem, decoded(sample.picture.read_bytes(), sample.picture), boxes)
    pieces = [whole] if source.tile is None else list(tiles(whole, source.tile))
    written = []
    for quarters in range(source.repeat):
        for view in (turned(piece, quarters if source.turn else 0) for piece in pieces):
            picture = out / "images" / f"{view.name}.jpg"
            picture.parent.mkdir(parents=True, exist_ok=True)
            picture.write_bytes(encoded(view))
            _write_labels(out, view.name, view.boxes, classes)
            written.append(str(picture.absolute()))
    return written


def _write_labels(out: Path, stem: str, boxes: tuple[Box, ...], classes: Mapping[str, int]) -> None:
    label = out / "labels" / f"{stem}.txt"
    label.parent.mkdir(parents=True, exist_ok=True)
    rows = (
        f"{classes[b.name]} {(b.x1 + b.x2) / 2:.6f} {(b.y1 + b.y2) / 2:.6f} "
        f"{b.x2 - b.x1:.6f} {b.y2 - b.y1:.6f}\n"
        for b in boxes
    )
    label.write_text("".join(rows))


def _write_yaml(out: Path, lists: Mapping[str, list[str]], classes: tuple[str, ...]) -> None:
    everything = [path for name, paths in lists.items() if name != "train" for path in paths]
    for name, paths in {**lists, "val": everything}.items():
        (out / f"{name}.txt").write_text("".join(f"{path}\n" for path in paths))
    for name in ("val", *(name for name in lists if name != "train")):
        data = {
            "path": str(out.absolute()),
            "train": "train.txt",
            "val": f"{name}.txt",
            "names": dict(enumerate(classes)),
        }
        file = out / ("data.yaml" if name == "val" else f"val_{name}.yaml")
        with file.open("w") as handle:
            YAML(typ="safe").dump(data, handle)


def main() -> None:
    """`python -m datasets.merge RECIPE --data DIR --out DIR`."""
    parser = argparse.ArgumentParser(prog="python -m datasets.merge", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument(
        "--rendered", type=Path, help="folder of the rendered sets; left out if absent"
    )
    parser.add_argument("--prelabels", type=Path, help="file made by models.prelabel")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    recipe = read_recipe(args.recipe)
    roots = {"data": args.data}
    if args.rendered:
        roots["rendered"] = args.rendered
    else:
        recipe.sources = [source for source in recipe.sources if source.root == "data"]
    prelabels = read_prelabels(args.prelabels, recipe) if args.prelabels else {}
    report = merge(recipe, roots, prelabels, args.out)
    for sentence in report.skipped:
        print(sentence)
    for name, count in report.pictures.items():
        objects = {c: n for (s, c), n in sorted(report.objects.items()) if s == name}
        print(f"{name}: {count} pictures, {objects}")


if __name__ == "__main__":
    main()
