"""The folder that a merge writes: pictures as they come, and in the end what describes them."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML

from datasets.checked import Checked
from datasets.importers import Box, Sample, decoded
from datasets.prelabels import Prelabels, decide, fill
from datasets.recipe import Recipe, Source, class_names
from datasets.views import View, encoded, tiles, turned

SAME_BOX = 0.98
"""Two boxes of one class that overlap more than this (IoU) are one, as in `datasets.check`."""


@dataclass(slots=True)
class Report:
    """What a merge did.

    Attributes:
        pictures: Count per source.
        objects: Count per (source, class).
        skipped: A sentence per picture that was passed over.
        checked: Count per source of pictures with hand-checked boxes.
        gone, new: Count per (source, class) of labelled boxes that the hand-checked ones do not
            have, and of those that they have more; a box that was moved is one of each.
    """

    pictures: Counter[str] = field(default_factory=Counter)
    objects: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    checked: Counter[str] = field(default_factory=Counter)
    gone: Counter[tuple[str, str]] = field(default_factory=Counter)
    new: Counter[tuple[str, str]] = field(default_factory=Counter)

    def correct(self, source: str, labels: tuple[Box, ...], checked: Checked) -> tuple[Box, ...]:
        """Returns a picture's labels as people corrected them, and counts what that changed."""
        corrected = checked.correct(labels)
        self.checked[source] += bool(checked.classes)
        for counts, boxes, others in (
            (self.gone, labels, corrected),
            (self.new, corrected, labels),
        ):
            counts.update((source, box.name) for box in boxes if not _among(box, others))
        return corrected

    def changes(self, source: str) -> str:
        """Says what hand-checked boxes changed in a source; nothing where none were."""
        if not self.checked[source]:
            return ""
        names = sorted({name for one, name in (*self.gone, *self.new) if one == source})
        parts = [f"{n}: {self.gone[source, n]} gone, {self.new[source, n]} new" for n in names]
        return f"hand-checked on {self.checked[source]}: {'; '.join(parts) or 'nothing changed'}"

    def of(self, source: str) -> dict[str, int]:
        """Returns a source's objects per class."""
        return {name: n for (one, name), n in sorted(self.objects.items()) if one == source}


class MergedFolder:
    """A folder that is being written.

    Attributes:
        report: What was written so far.
    """

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
        corrected = self.report.correct(source.name, sample.boxes, checked)
        boxes = fill(decide(corrected, seen, source.undecided), seen, wanted)
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
            lines = "".join(f"{path}\n" for path in paths)
            (self._out / f"{name}.txt").write_text(lines, "utf-8", "surrogateescape")
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


def _among(box: Box, others: tuple[Box, ...]) -> bool:
    """Whether a box is one of others, but for the digits that a label file keeps."""
    return any(other.name == box.name and other.iou(box) > SAME_BOX for other in others)
