"""Pre-labels: what a teacher sees on pictures whose own labels say nothing of it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from datasets.errors import RecipeError
from datasets.importers import Box
from datasets.recipe import Recipe

SAME_OBJECT_IOU = 0.45
"""A pre-label that overlaps a label by more than this is taken for the labelled object."""
INSIDE_SHARE = 0.75
"""A pre-labelled vehicle with more than this share inside a labelled vehicle is a part of it."""
VEHICLES = {"truck", "car", "bus"}

Prelabels = Mapping[str, tuple[tuple[Box, float], ...]]


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
            "`streetwarden data prelabel`."
        ) from error
    return found


def joined(teachers: Iterable[Prelabels]) -> Prelabels:
    """Puts together what several teachers saw, each of them classes of its own."""
    found: dict[str, tuple[tuple[Box, float], ...]] = {}
    for teacher in teachers:
        for picture, seen in teacher.items():
            found[picture] = found.get(picture, ()) + seen
    return found


def decide(
    labels: tuple[Box, ...], seen: Iterable[tuple[Box, float]], undecided: Mapping[str, list[str]]
) -> tuple[Box, ...]:
    """Gives labels that may mean one of several classes the one that the teacher sees there.

    Args:
        labels: The picture's labels.
        seen: The teacher's boxes with their scores.
        undecided: Class to the classes that it may be instead.
    """
    return tuple(
        replace(label, name=_decided(label, seen, undecided[label.name]))
        if label.name in undecided
        else label
        for label in labels
    )


def _decided(label: Box, seen: Iterable[tuple[Box, float]], others: list[str]) -> str:
    alike = [(box.iou(label), box.name) for box, _ in seen if box.name in {label.name, *others}]
    overlap, name = max(alike, default=(0.0, label.name))
    return name if overlap > SAME_OBJECT_IOU else label.name


def fill(
    labels: tuple[Box, ...], seen: Iterable[tuple[Box, float]], classes: set[str]
) -> tuple[Box, ...]:
    """Adds to a picture's labels what the teacher saw and no label already marks.

    Args:
        labels: The picture's labels.
        seen: The teacher's boxes with their scores.
        classes: Which of them are wanted.
    """
    return labels + tuple(
        box
        for box, _ in seen
        if box.name in classes and not any(_same(box, label) for label in labels)
    )


def _same(box: Box, label: Box) -> bool:
    if box.iou(label) > SAME_OBJECT_IOU:
        return True
    both_vehicles = box.name in VEHICLES and label.name in VEHICLES
    return both_vehicles and box.overlap(label) / (box.area + 1e-9) > INSIDE_SHARE
