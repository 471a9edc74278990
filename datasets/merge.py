"""Merges labelled sets into one training folder by a recipe.

Each source's class ids are mapped to the classes of `kinds.yaml`; hand-checked boxes replace the
source's own (`datasets.checked`); objects that a source does not label are filled in from a
teacher's pre-labels (`models.prelabel`). A broken picture or label is named and passed over, and so
is a training picture that a validation source holds, or nearly so. The result is a folder that
ultralytics trains on: `images/`, `labels/`, `data.yaml`, one `val_<source>.yaml` per validation
source, and `manifest.jsonl` and `sources.json`, which say of each picture what is labelled on it
and where it comes from.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from datasets.checked import BOXES, Checked, read_checked
from datasets.errors import LabelError
from datasets.held_out import HeldOut
from datasets.importers import Box, Sample, decoded, read_yolo, yolo_pictures
from datasets.prelabels import Prelabels, fill, read_prelabels
from datasets.recipe import Recipe, Source, class_names, read_recipe
from datasets.views import View, encoded, tiles, turned


@dataclass(slots=True)
class Report:
    """What a merge did.

    Attributes:
        pictures: Count per source.
        objects: Count per (source, class).
        skipped: A sentence per picture that was passed over.
    """

    pictures: Counter[str] = field(default_factory=Counter)
    objects: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)

    def of(self, source: str) -> dict[str, int]:
        """Returns a source's objects per class."""
        return {name: n for (one, name), n in sorted(self.objects.items()) if one == source}


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
        RecipeError: A source's folder is not there.
    """
    folders = {source.name: roots[source.root] / source.path for source in recipe.sources}
    pictures = {name: yolo_pictures(folder) for name, folder in folders.items()}
    held_out = HeldOut(
        path for source in recipe.sources if source.part == "val" for path in pictures[source.name]
    )
    writer = _Writer(out, checked or {}, prelabels)
    for source in recipe.sources:
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


class _Writer:
    """Writes pictures as they come, and in the end the files that describe them."""

    def __init__(self, out: Path, checked: Mapping[str, Checked], prelabels: Prelabels) -> None:
        self._out, self._checked, self._prelabels = out, checked, prelabels
        self._classes = {name: index for index, name in enumerate(class_names())}
        self._lists: dict[str, list[str]] = {}
        self._manifest: list[str] = []
        self.report = Report()
        for part in ("images", "labels"):
            (out / part).mkdir(parents=True, exist_ok=True)

    def add(self, source: Source, sample: Sample) -> None:
        """Writes one picture, or its views, with labels."""
        checked = self._checked.get(sample.sha256, Checked())
        seen = self._prelabels.get(sample.sha256, ())
        wanted = set(source.prelabel) - checked.classes
        boxes = fill(checked.correct(sample.boxes), seen, wanted)
        measured = sorted(source.labelled | checked.classes)
        listed = self._lists.setdefault("train" if source.part == "train" else source.name, [])
        written = {}
        for file, labels in self._pictures(source, sample, boxes):
            listed.append(str((self._out / "images" / file).absolute()))
            written[file] = labels
        for file, labels in written.items():
            self._label(file, labels)
            row = {
                "file": f"images/{file}",
                "source": source.name,
                "part": source.part,
                "picture": sample.sha256,
                "measured": measured,
                "marks": [[b.name, *_corners(b), b.mark] for b in labels if b.mark],
            }
            self._manifest.append(json.dumps(row) + "\n")
        self.report.pictures[source.name] += 1
        self.report.objects.update((source.name, box.name) for box in boxes)

    def _pictures(
        self, source: Source, sample: Sample, boxes: tuple[Box, ...]
    ) -> list[tuple[str, tuple[Box, ...]]]:
        """Writes the picture files; returns each as often as it is to be listed."""
        stem = f"{source.name}_{sample.sha256[:16]}"
        if not (source.turn or source.tile):
            picture = self._out / "images" / f"{stem}{sample.picture.suffix.lower()}"
            picture.unlink(missing_ok=True)
            picture.symlink_to(sample.picture.resolve())
            return [(picture.name, boxes)] * source.repeat
        whole = View(stem, decoded(sample.picture.read_bytes(), sample.picture), boxes)
        pieces = [whole] if source.tile is None else list(tiles(whole, source.tile))
        written = []
        for quarters in range(source.repeat):
            for view in (turned(piece, quarters if source.turn else 0) for piece in pieces):
                picture = self._out / "images" / f"{view.name}.jpg"
                picture.unlink(missing_ok=True)  # it may link to an original
                picture.write_bytes(encoded(view))
                written.append((picture.name, view.boxes))
        return written

    def _label(self, file: str, boxes: tuple[Box, ...]) -> None:
        rows = (
            f"{self._classes[b.name]} {(b.x1 + b.x2) / 2:.6f} {(b.y1 + b.y2) / 2:.6f} "
            f"{b.x2 - b.x1:.6f} {b.y2 - b.y1:.6f}\n"
            for b in boxes
        )
        (self._out / "labels" / Path(file).with_suffix(".txt")).write_text("".join(rows))

    def close(self, recipe: Recipe) -> None:
        """Writes the lists, the descriptions for ultralytics, the manifest and the sources."""
        (self._out / "manifest.jsonl").write_text("".join(self._manifest))
        sources = {
            source.name: {
                "part": source.part,
                "pictures": self.report.pictures[source.name],
                "objects": self.report.of(source.name),
                "licence": source.licence,
                "about": source.about,
                "prelabelled": source.prelabel,
            }
            for source in recipe.sources
        }
        text = json.dumps(sources, indent=1, ensure_ascii=False)
        (self._out / "sources.json").write_text(text + "\n")
        alone = [name for name in self._lists if name != "train"]
        everything = [path for name in alone for path in self._lists[name]]
        for name, paths in {**self._lists, "val": everything}.items():
            (self._out / f"{name}.txt").write_text("".join(f"{path}\n" for path in paths))
        for name in ("val", *alone):
            data = {
                "path": str(self._out.absolute()),
                "train": "train.txt",
                "val": f"{name}.txt",
                "names": dict(enumerate(self._classes)),
            }
            file = self._out / ("data.yaml" if name == "val" else f"val_{name}.yaml")
            with file.open("w") as handle:
                YAML(typ="safe").dump(data, handle)


def _corners(box: Box) -> list[float]:
    return [round(value, 6) for value in (box.x1, box.y1, box.x2, box.y2)]


def main() -> None:
    """`python -m datasets.merge RECIPE --data DIR --out DIR`."""
    parser = argparse.ArgumentParser(prog="python -m datasets.merge", description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled sets")
    parser.add_argument(
        "--rendered", type=Path, help="folder of the rendered sets; left out if absent"
    )
    parser.add_argument("--prelabels", type=Path, help="file made by models.prelabel")
    parser.add_argument("--boxes", type=Path, nargs="*", default=[BOXES], help="hand-checked boxes")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    report = merge_files(
        args.recipe,
        data=args.data,
        rendered=args.rendered,
        prelabels=args.prelabels,
        boxes=args.boxes,
        out=args.out,
    )
    for sentence in report.skipped:
        print(sentence)
    for name, count in report.pictures.items():
        print(f"{name}: {count} pictures, {report.of(name)}")


def merge_files(
    recipe_file: Path,
    *,
    data: Path,
    rendered: Path | None,
    prelabels: Path | None,
    boxes: Sequence[Path],
    out: Path,
) -> Report:
    """Merges what a recipe file names; see `merge`.

    Args:
        recipe_file: The recipe.
        data: Folder of the labelled sets.
        rendered: Folder of the rendered sets; such sources are left out where there is none.
        prelabels: File made by `models.prelabel`, if any.
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
    seen = read_prelabels(prelabels, recipe) if prelabels else {}
    return merge(recipe, roots, seen, out, read_checked(*boxes))


if __name__ == "__main__":
    main()
