"""Duplicates: groups near-duplicate pictures, copies of one photo, and pictures of one scene."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from datasets.errors import LabelError, RecipeError
from datasets.folders import Entry
from datasets.importers import decoded
from datasets.likeness import COPY, Thumbnail, alike, groups, thumbnail

ROBOFLOW = re.compile(r"^(.+)\.rf\.[0-9a-zA-Z]+$")
"""How Roboflow names the copies of one photo that it augments: `photo_jpg.rf.<hash>.jpg`."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Readable pictures with what of them is compared.

    Attributes:
        entries: The pictures.
        thumbnails: One for each.
        broken: A sentence per picture that could not be read.
    """

    entries: list[Entry]
    thumbnails: list[Thumbnail]
    broken: list[str]


def look_at(entries: Sequence[Entry]) -> Looks:
    """Reads each picture; a broken one is named and passed over."""
    good, small, broken = [], [], []
    for entry in entries:
        try:
            small.append(thumbnail(decoded(entry.picture.read_bytes(), entry.picture)))
        except (LabelError, OSError) as error:
            broken.append(str(error))
            continue
        good.append(entry)
    return Looks(good, small, broken)


def near_duplicates(looks: Looks, least: float = COPY) -> list[list[Entry]]:
    """Groups pictures that look alike, directly or through others; single ones are left out.

    Args:
        looks: From `look_at`.
        least: Agreement from which they do, see `datasets.likeness`.
    """
    found = groups(len(looks.entries), alike(looks.thumbnails, least))
    return [[looks.entries[i] for i in group] for group in found if len(group) > 1]


def scenes(looks: Looks, pattern: str | None = None) -> list[list[Entry]]:
    """Groups pictures that must stay on one side of a split.

    Pictures belong together when they look alike, when Roboflow made them from one photo, or when
    `pattern` says so.

    Args:
        looks: From `look_at`.
        pattern: Regular expression, searched in `source/name`; its first group (or else the whole
            match) names the scene. A picture that it is not found in is alone by it.

    Returns:
        All pictures, each in one group.

    Raises:
        RecipeError: `pattern` is no regular expression.
    """
    try:
        found = re.compile(pattern) if pattern else None
    except re.error as error:
        raise RecipeError(f"{pattern!r} is no regular expression: {error}. Correct it.") from error
    called: dict[tuple[str, str], list[int]] = {}
    for index, entry in enumerate(looks.entries):
        copy = ROBOFLOW.match(entry.picture.stem)
        if copy:
            called.setdefault(("photo", copy[1]), []).append(index)
        told = found.search(f"{entry.source}/{entry.picture.name}") if found else None
        if told:
            called.setdefault(("scene", told[1] if told.re.groups else told[0]), []).append(index)
    named = [pair for members in called.values() for pair in pairwise(members)]
    joined = groups(len(looks.entries), [*named, *alike(looks.thumbnails)])
    return [[looks.entries[i] for i in group] for group in joined]


def crosses(group: Sequence[Entry]) -> bool:
    """Whether a group has pictures on both sides of a split."""
    parts = {entry.part for entry in group}
    return "train" in parts and len(parts - {""}) > 1
