"""Weights by name, or by path: which file, what it sees, and that it is the file listed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from models.errors import (
    CatalogueError,
    MissingWeightsError,
    TamperedWeightsError,
    UnknownModelError,
)

Task = Literal["detect", "truck_state"]

HERE = Path(__file__).resolve().parent
CATALOGUE = HERE / "catalogue.yaml"
OWN_IMAGE_SIZE = 640
"""Input size in pixels for a user's own file that does not say at which size it was trained."""
OWN_THRESHOLD = 0.25
"""Score threshold for a user's own file: ultralytics' default for prediction."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One weight file and what is known of it.

    Attributes:
        name: Name in the catalogue, or the file's stem.
        path: The weight file.
        sha256: Of the file's bytes, lower-case hexadecimal; checked when the entry was found.
        version: Version from the catalogue, or `file` for a user's own file.
        task: What the model does.
        classes: Class names in the order of the model's outputs.
        image_size: Longer side of the input, in pixels.
        threshold: Score in 0..1 at which a detection counts.
        card: Path of the model card; none for a user's own file.
    """

    name: str
    path: Path
    sha256: str
    version: str
    task: Task
    classes: tuple[str, ...]
    image_size: int
    threshold: float
    card: Path | None = None


def names(catalogue: Path = CATALOGUE) -> tuple[str, ...]:
    """Returns the names in the catalogue.

    Raises:
        CatalogueError: The catalogue cannot be read.
    """
    return tuple(_read(catalogue))


def find(name_or_path: str | Path, *, catalogue: Path = CATALOGUE) -> ModelEntry:
    """Finds weights by catalogue name, or by the path of a user's own `.pt` file.

    Args:
        name_or_path: A name of `models/catalogue.yaml`, or a path.
        catalogue: Another catalogue; its `weights/` and `cards/` lie beside it.

    Raises:
        UnknownModelError: Neither a name nor a file.
        MissingWeightsError: The listed file is absent.
        TamperedWeightsError: The listed file has another SHA-256.
        UnreadableWeightsError: The user's own file is no weight file.
        CatalogueError: The catalogue is broken.
    """
    listed = _read(catalogue)
    if str(name_or_path) in listed:
        return _listed(str(name_or_path), listed[str(name_or_path)], catalogue)
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return _own(path.resolve())
    known = ", ".join(listed) or "none"
    raise UnknownModelError(
        f"Model {str(name_or_path)!r} is neither a name in the catalogue nor a file. "
        f"Use one of: {known}; or give the path of a .pt file."
    )


def file_sha256(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes, lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(catalogue: Path) -> Mapping[str, Mapping[str, Any]]:
    try:
        loaded = YAML(typ="safe").load(catalogue)
        models = loaded["models"]
    except (OSError, YAMLError, TypeError, KeyError) as error:
        raise CatalogueError(
            f"Model catalogue {catalogue} cannot be read ({error}). Restore it from the repository."
        ) from error
    if not isinstance(models, dict):
        raise CatalogueError(f"Model catalogue {catalogue}: `models` must map names to entries.")
    return models


def _listed(name: str, fields: Mapping[str, Any], catalogue: Path) -> ModelEntry:
    try:
        path = catalogue.parent / "weights" / fields["file"]
        entry = ModelEntry(
            name=name,
            path=path,
            sha256=str(fields["sha256"]),
            version=str(fields["version"]),
            task=fields["task"],
            classes=tuple(fields["classes"]),
            image_size=int(fields["image_size"]),
            threshold=float(fields["threshold"]),
            card=catalogue.parent / "cards" / fields["card"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogueError(
            f"Model catalogue {catalogue}: entry {name!r} lacks or misspells a field ({error}). "
            "Restore it from the repository."
        ) from error
    if not path.is_file():
        raise MissingWeightsError(
            f"Weights of {name!r} are missing: no file {path}. Fetch the repository's "
            "`models/weights/` again."
        )
    found = file_sha256(path)
    if found != entry.sha256:
        raise TamperedWeightsError(
            f"Weights of {name!r} are refused: {path} has SHA-256 {found[:12]}…, the catalogue "
            f"lists {entry.sha256[:12]}…. Restore the file from the repository, or, if it is "
            "your own model, name it by its path."
        )
    return entry


@cache
def _own(path: Path) -> ModelEntry:
    from models.checkpoint import read_checkpoint  # noqa: PLC0415 - torch is slow to import

    contents = read_checkpoint(path)
    return ModelEntry(
        name=path.stem,
        path=path,
        sha256=file_sha256(path),
        version="file",
        task="detect",
        classes=contents.classes,
        image_size=contents.image_size or OWN_IMAGE_SIZE,
        threshold=OWN_THRESHOLD,
    )
