"""Splits a labelled folder into `train/` and `val/`, so that no scene is in both."""

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from datasets.errors import RecipeError
from datasets.folders import Entry


def split(
    scenes: Sequence[Sequence[Entry]], share: float, seed: int
) -> dict[str, tuple[Entry, ...]]:
    """Draws scenes for validation, source by source, until each has given its share.

    A scene counts for the source of its first picture, and stays whole: a source of one scene, or
    one whose scenes are all larger than its share, gives nothing.

    Args:
        scenes: Groups that must not be torn, see `datasets.duplicates.scenes`.
        share: Of each source's pictures, 0..1, that validation may at most get.
        seed: Same seed, same draw.

    Returns:
        `train` and `val`.

    Raises:
        RecipeError: The share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise RecipeError(f"Share {share} is not between 0 and 1. Give 0.1 for a tenth.")
    by_source: dict[str, list[Sequence[Entry]]] = defaultdict(list)
    for scene in scenes:
        by_source[scene[0].source].append(scene)
    parts: dict[str, list[Entry]] = {"train": [], "val": []}
    for source, members in sorted(by_source.items()):
        room = round(share * sum(map(len, members)))
        drawn = random.Random(f"{seed}/{source}")  # noqa: S311 - a draw, not a secret
        for scene in drawn.sample(members, len(members)):
            part = "val" if len(scene) <= room else "train"
            room -= len(scene) if part == "val" else 0
            parts[part].extend(scene)
    return {part: tuple(sorted(some, key=lambda e: e.picture)) for part, some in parts.items()}


def write_split(parts: dict[str, tuple[Entry, ...]], out: Path) -> None:
    """Writes a YOLO folder for each part, and `data.yaml` beside them; pictures are linked.

    Args:
        parts: From `split`.
        out: Folder to write, which must not hold a split yet.

    Raises:
        RecipeError: It does, or the sources name their classes differently.
    """
    everything = [entry for some in parts.values() for entry in some]
    names: dict[int, str] = {}
    for entry in everything:
        if any(names.setdefault(label, name) != name for label, name in entry.names.items()):
            raise RecipeError(
                "The folder's sources name their classes differently. Split each, and put them "
                "together with a merge recipe."
            )
    many = len({entry.picture.parent for entry in everything}) > 1
    for part, entries in parts.items():
        if (out / part).exists():
            raise RecipeError(f"{out / part} is there already. Choose another folder for --out.")
        for kind in ("images", "labels"):
            (out / part / kind).mkdir(parents=True)
        for entry in entries:
            prefix = entry.source.replace("/", "_") + "_" if many else ""
            stem = prefix + entry.picture.stem
            link = out / part / "images" / (stem + entry.picture.suffix)
            link.symlink_to(entry.picture.resolve())
            if entry.labels.is_file():
                (out / part / "labels" / f"{stem}.txt").write_bytes(entry.labels.read_bytes())
    data = {"path": str(out.resolve()), "train": "train/images", "val": "val/images"}
    with (out / "data.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump({**data, "names": names}, file)
