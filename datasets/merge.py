"""Merges labelled sets into one training folder by a recipe.

Each source's class ids are mapped to the classes of `kinds.yaml`; hand-checked boxes replace the
source's own (`datasets.checked`); objects that a source does not label are filled in from a
teacher's pre-labels (`models.prelabel`). A broken picture or label is reported and skipped, and so
is a training picture that a validation source holds, or nearly so. The result is a folder that
ultralytics trains on: `images/`, `labels/`, `data.yaml`, one `val_<source>.yaml` per validation
source, and `manifest.jsonl` and `sources.json`, which say of each picture what is labelled on it
and where it comes from.
"""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets.checked import Checked, read_checked
from datasets.errors import LabelError, RecipeError
from datasets.folders import DESCRIPTION, read_names
from datasets.held_out import HeldOut
from datasets.importers import read_yolo, yolo_pictures
from datasets.merged import MergedFolder, Report
from datasets.prelabels import Prelabels, joined, read_prelabels
from datasets.recipe import Recipe, Source, class_names, read_recipe


def merge(
    recipe: Recipe,
    roots: Mapping[str, Path],
    prelabels: Prelabels,
    out: Path,
    checked: Mapping[str, Checked] | None = None,
) -> Report:
    """Writes the merged folder.

    Args:
        recipe: What to merge.
        roots: Folders by the names that `Source.root` uses.
        prelabels: From `read_prelabels`; may be empty.
        out: Folder to write; pictures are linked, not copied.
        checked: From `read_checked`.

    Raises:
        RecipeError: A source's folder is not there, or its classes are not ours.
    """
    folders = {source.name: roots[source.root] / source.path for source in recipe.sources}
    pictures = {name: yolo_pictures(folder) for name, folder in folders.items()}
    held_out = HeldOut(
        path for source in recipe.sources if source.part == "val" for path in pictures[source.name]
    )
    writer = MergedFolder(out, checked or {}, prelabels)
    for source in (_named(source, folders[source.name]) for source in recipe.sources):
        drawn = random.Random(f"{recipe.seed}/{source.name}")  # noqa: S311 - a draw, not a secret
        drawn.shuffle(pictures[source.name])
        seen: set[str] = set()
        for picture in pictures[source.name][: source.take]:
            try:
                sample = read_yolo(picture, source.classes)
            except LabelError as error:
                writer.report.skipped.append(str(error))
                continue
            fault = None
            if source.part == "train":
                fault = held_out.fault(sample, by_looks=not source.fixed_camera)
            if sample.sha256 in seen:
                fault = f"{picture}: stands in {source.path} twice. Once is enough; delete one."
            if fault:
                writer.report.skipped.append(fault)
                continue
            seen.add(sample.sha256)
            writer.add(source, sample)
    writer.close(recipe)
    return writer.report


def _named(source: Source, folder: Path) -> Source:
    """The source, with the class names that its folder gives where the recipe gives none."""
    if source.classes:
        return source
    for place in (folder, folder.parent):
        if (place / DESCRIPTION).is_file():
            names = read_names(place / DESCRIPTION)
            unknown = ", ".join(sorted(set(names.values()) - set(class_names())))
            if unknown:
                raise RecipeError(
                    f"{place / DESCRIPTION} names classes that kinds.yaml does not have: "
                    f"{unknown}. Write `classes` for the source {source.name} into the recipe."
                )
            return source.model_copy(update={"classes": names})
    return source


def merge_files(
    recipe_file: Path,
    *,
    data: Path,
    rendered: Path | None,
    prelabels: Sequence[Path],
    boxes: Sequence[Path],
    out: Path,
) -> Report:
    """Merges what a recipe file names; see `merge`.

    Args:
        recipe_file: The recipe.
        data: Folder of the labelled sets.
        rendered: Folder of the rendered sets; such sources are left out where there is none.
        prelabels: Files made by `models.prelabel`, one a teacher.
        boxes: Hand-checked boxes, see `datasets.checked`.
        out: Folder to write.

    Raises:
        RecipeError: The recipe, the pre-labels or a folder cannot be used.
        LabelError: The hand-checked boxes are broken.
    """
    recipe = read_recipe(recipe_file)
    roots = {"data": data}
    if rendered:
        roots["rendered"] = rendered
    else:
        recipe.sources = [source for source in recipe.sources if source.root == "data"]
    seen = joined(read_prelabels(path, recipe) for path in prelabels)
    return merge(recipe, roots, seen, out, read_checked(*boxes))
