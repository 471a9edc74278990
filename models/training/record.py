"""Record: a training run's provenance, kept with its weights: settings, start, data, pictures."""

import csv
import json
import platform
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from models.catalogue import ModelEntry, file_sha256
from models.errors import TrainingError
from models.training.recipe import Recipe, Stage, recipe_sha256
from models.training.stage import device_of

FORMAT = 1
FILE = "training.json"
PICTURES = "pictures.txt"
DIGITS = 16
"""Hexadecimal digits kept of a picture's SHA-256: enough that no two of a billion agree."""
PACKAGES = ("numpy", "torch", "ultralytics")
IDENTITY = ("settings", "start", "teacher", "data")
"""What must be unchanged for a stage to resume."""


def new_record(
    recipe: Recipe,
    recipe_file: Path,
    stage: Stage,
    start: ModelEntry,
    data: Path,
    *,
    teacher: ModelEntry | None = None,
) -> dict[str, Any]:
    """Describes a stage that is about to begin.

    Raises:
        TrainingError: The data folder has no manifest.
    """
    settings = recipe.settings(stage)
    trained = training_pictures(data)
    return {
        "format": FORMAT,
        "stage": stage.name,
        "finished": False,
        "epochs": 0,
        "seconds": 0.0,
        "resumed": [],
        "recipe": {
            "file": recipe_file.name,
            "sha256": recipe_sha256(recipe_file),
            "text": recipe_file.read_text("utf-8"),
        },
        "settings": settings,
        "start": _named(start),
        "teacher": _named(teacher) if teacher and stage.distill else None,
        "fitted": None,
        "data": {
            "manifest_sha256": file_sha256(data / "manifest.jsonl"),
            "pictures": len(trained),
        },
        "device": _device(device_of(settings), recipe.threads),
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
        "before": _before(start.path),
    }


def read_record(folder: Path) -> dict[str, Any] | None:
    """Reads the record beside weights; none where there is none.

    Raises:
        TrainingError: It is broken.
    """
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        record = json.loads(file.read_text("utf-8"))
        return {key: record[key] for key in ("finished", *record)}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(
            f"{file} cannot be read ({error}). Remove the stage's folder and train it again."
        ) from error


def write_record(folder: Path, record: dict[str, Any]) -> None:
    """Writes the record beside weights, with the epochs and the time that `results.csv` tells."""
    results = folder.parent / "results.csv"
    if results.is_file():
        record |= _spent(results, record.get("resumed", ()))
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f"{FILE}.new"
    scratch.write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    scratch.replace(folder / FILE)


def check_same(record: dict[str, Any], fresh: dict[str, Any]) -> None:
    """Checks that a stage to be resumed is the one that is asked for.

    Raises:
        TrainingError: Its settings, its start or its data are others.
    """
    changed = [name for name in IDENTITY if record.get(name) != fresh[name]]
    if "settings" in changed:
        keys = {*record["settings"], *fresh["settings"]}
        differ = (k for k in sorted(keys) if record["settings"].get(k) != fresh["settings"].get(k))
        changed = [f"settings ({', '.join(differ)})", *changed[1:]]
    if changed:
        raise TrainingError(
            f"Stage {record['stage']!r} was begun with another {' and '.join(changed)}. Give the "
            "same again, or train into another --out folder."
        )


def training_pictures(data: Path) -> set[str]:
    """Returns the first digits of the SHA-256 of each original training picture.

    Raises:
        TrainingError: The folder has no manifest, or a broken one.
    """
    manifest = data / "manifest.jsonl"
    try:
        rows = [json.loads(line) for line in manifest.read_text("utf-8").splitlines()]
        return {row["picture"][:DIGITS] for row in rows if row["part"] == "train"}
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise TrainingError(
            f"{manifest} cannot be read ({error}). Make the folder with `streetwarden data merge`."
        ) from error


def write_pictures(folder: Path, start: ModelEntry, data: Path) -> None:
    """Writes the hashes of all pictures that the weights and what they started from were shown.

    What weights that nobody listed pictures for were trained on, such as COCO's, is not known here.
    """
    known = training_pictures(data)
    listed = [start.path.parent / PICTURES]
    if start.card is not None:
        listed.append(start.card.with_suffix(f".{PICTURES}"))
    for file in listed:
        if file.is_file():
            known |= set(file.read_text("utf-8").split())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PICTURES).write_text("".join(f"{row}\n" for row in sorted(known)), "utf-8")


def _named(entry: ModelEntry) -> dict[str, str]:
    return {"file": entry.path.name, "sha256": entry.sha256}


def _before(start: Path) -> list[dict[str, Any]]:
    """The stages that made the starting weights, oldest first, without their recipes' text."""
    record = read_record(start.parent)
    if record is None:
        return []
    kept = ("stage", "epochs", "seconds", "settings", "start", "fitted", "data", "device")
    own = {key: record[key] for key in kept} | {"teacher": record.get("teacher")}
    return [*record["before"], own | {"recipe_sha256": record["recipe"]["sha256"]}]


def rows_written(results: Path) -> int:
    """Rows of `results.csv`, one a finished epoch; 0 where there is none."""
    return len(_rows(results)) if results.is_file() else 0


def _rows(results: Path) -> list[tuple[int, float]]:
    with results.open(newline="") as file:
        return [(int(row["epoch"]), float(row["time"])) for row in csv.DictReader(file)]


def _spent(results: Path, resumed: Collection[int]) -> dict[str, Any]:
    """Epochs and seconds of finished epochs, over all runs of a stage.

    Args:
        results: `results.csv`; its time counts from the beginning of a run.
        resumed: Rows that were there when a run went on. Without it a run that went on shows only
            where its time is less than the one before, and an epoch may have taken longer.
    """
    rows = _rows(results)
    times = [time for _, time in rows]
    ends = [
        time
        for number, (time, after) in enumerate(zip(times, [*times[1:], 0.0], strict=True), 1)
        if after < time or number in resumed
    ]
    return {"epochs": rows[-1][0] if rows else 0, "seconds": round(sum(ends), 1)}


def _device(device: str, threads: int) -> str:
    if device == "cpu":
        return f"CPU, {threads} threads"
    first = device.split(",", maxsplit=1)[0].removeprefix("cuda:")
    return f"CUDA, {torch.cuda.get_device_name(int(first))}"
