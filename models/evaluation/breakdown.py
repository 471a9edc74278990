"""Breakdown of a detector's figures by size, light and mark, and its confusion matrix."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from ultralytics.utils.metrics import ConfusionMatrix

from models.evaluation.bootstrap import Floats, average_precisions, interval, ratio
from models.evaluation.figures import ClassView, class_figures
from models.evaluation.table import Table

SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, np.inf)}
"""COCO's steps of area, in square pixels, here of the network's input and not of the picture."""
DARK_BELOW = 60.0
"""Mean brightness (0..255) below which a picture is called dark: a proxy for night, no label."""
CONFUSED_FROM = 0.5
"""Overlap at which a detection of any class is taken to mean an object."""


def by_size(view: ClassView, weights: Floats, threshold: float) -> dict[str, dict[str, Any]]:
    """Measures a class by the size of its objects in the network's input.

    As in COCO, a detection that found an object of another size, or that found nothing and is
    itself of another size, is left out.

    Returns:
        Size to `{"objects", "ap50", "recall"}`.
    """
    mine, theirs = _areas(view, "objects"), _areas(view, "seen")
    scores, picture = view.objects("score"), view.objects("picture")
    # The object that a detection found, by its place among this class's objects.
    numbers = np.flatnonzero(
        (view.table.objects["label"] == view.label) & view.inside[view.table.objects["picture"]]
    )
    found = view.seen("object")
    place = np.searchsorted(numbers, found)
    result = {}
    for name, (low, high) in SIZES.items():
        inside = (mine >= low) & (mine < high)
        if not inside.any():
            continue
        own = (theirs >= low) & (theirs < high)
        counts = view.seen("first") & np.where(
            found >= 0, inside[np.minimum(place, len(inside) - 1)], own
        )
        precision = average_precisions(
            (found >= 0)[counts, None], view.seen("picture")[counts], picture[inside], weights
        )
        result[name] = {
            "objects": int(inside.sum()),
            "ap50": interval(precision[:, 0]),
            "recall": interval(_recall(view, inside, scores >= threshold, weights)),
        }
    return result


def _areas(view: ClassView, column: str) -> Floats:
    boxes = view.seen("box") if column == "seen" else view.objects("box")
    picture = view.seen("picture") if column == "seen" else view.objects("picture")
    area = (boxes[:, 2:] - boxes[:, :2]).prod(1) * view.table.scale[picture] ** 2
    return np.asarray(area, np.float64)


def _recall(
    view: ClassView,
    inside: npt.NDArray[np.bool_],
    found: npt.NDArray[np.bool_],
    weights: Floats,
) -> Floats:
    picture = view.objects("picture")
    return ratio(
        weights @ view.per_picture(picture[inside & found]),
        weights @ view.per_picture(picture[inside]),
    )


def by_mark(view: ClassView, weights: Floats, threshold: float) -> dict[str, dict[str, Any]]:
    """Recall of a class by the marks that people gave its objects: `{"objects", "recall"}`."""
    marks, found = view.objects("mark"), view.objects("score") >= threshold
    return {
        str(mark): {
            "objects": int((marks == mark).sum()),
            "recall": interval(_recall(view, marks == mark, found, weights)),
        }
        for mark in np.unique(marks)
        if mark
    }


def by_light(table: Table, weights: Floats, threshold: float) -> dict[str, Any]:
    """Measures dark and bright pictures apart: light to `{"pictures", "classes"}`."""
    dark = table.luma < DARK_BELOW
    result: dict[str, Any] = {}
    for name, inside in (("bright", ~dark), ("dark", dark)):
        views = {c: ClassView(table, i, inside) for i, c in enumerate(table.classes)}
        result[name] = {
            "pictures": int(inside.sum()),
            "classes": {
                c: class_figures(view, weights, threshold)[0]
                for c, view in views.items()
                if len(view.objects("label"))
            },
        }
    return result


def confusion(table: Table, threshold: float) -> dict[str, Any]:
    """Counts what was taken for what, with ultralytics' matrix.

    Only classes measured on a picture take part there, so a class can only be taken for one that
    the same picture measures.

    Returns:
        `{"classes": […, "nothing"], "matrix": matrix[seen][true]}`, classes that occur.
    """
    matrix = ConfusionMatrix(names=dict(enumerate(table.classes)))
    shown = table.seen["first"] & (table.seen["score"] >= threshold)
    for number in range(len(table.pictures)):
        matrix.process_batch(
            _tensors(table.seen, shown & (table.seen["picture"] == number)),
            _tensors(table.objects, table.objects["picture"] == number),
            conf=0.0,
            iou_thres=CONFUSED_FROM,
        )
    counts = matrix.matrix.astype(int)
    used = np.flatnonzero(counts.sum(0) + counts.sum(1))
    names = (*table.classes, "nothing")
    return {
        "classes": [names[index] for index in used],
        "matrix": counts[np.ix_(used, used)].tolist(),
    }


def _tensors(
    columns: Mapping[str, npt.NDArray[Any]], rows: npt.NDArray[np.bool_]
) -> dict[str, torch.Tensor]:
    return {
        "cls": torch.from_numpy(columns["label"][rows]),
        "bboxes": torch.from_numpy(columns["box"][rows]),
        "conf": torch.from_numpy(columns["score"][rows]),
    }
