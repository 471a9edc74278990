"""One evaluation, from weights and a merged folder to JSON, a page and sheets."""

import json
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from models.catalogue import ModelEntry
from models.errors import EvaluationError
from models.evaluation import breakdown, errors
from models.evaluation.against import Side, compare
from models.evaluation.bootstrap import Floats, draws
from models.evaluation.curves import write_curves
from models.evaluation.figures import (
    ClassView,
    calibration,
    class_figures,
    curve,
    mean_figures,
    operating_points,
)
from models.evaluation.masking import Masking, hidden, read_faces
from models.evaluation.page import write_page
from models.evaluation.sheets import write_sheet
from models.evaluation.table import Table, look_at
from models.evaluation.tiles import compare_tiles
from models.evaluation.told import told
from models.evaluation.truth import Truth, read_truth
from models.look import Looker, Pixels
from models.non_maximum import NMS_IOU

FORMAT = 1
FLOOR = 0.001
"""Lowest score kept for average precision: that of ultralytics' validator (`conf`)."""
PACKAGES = [p for p in ("numpy", "openvino", "torch", "ultralytics") if find_spec(p)]

Say = Callable[[str, int, int], None]
"""Told what is done, how many pictures of it, and of how many."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to measure.

    Attributes:
        size: Longer side of the network's input, in pixels.
        threshold: Score from which a detection counts.
        sources: Only these validation sources; all where empty.
        tiles: Also look at large pictures tile by tile.
        against: Another detector, compared on the same pictures.
        against_size: Longer side of its input, in pixels; its own where none.
        against_threshold: Its threshold; its own where none.
        masking: How a product masks; then what that hides is measured too.
        means: Source to classes whose mean average precision is wanted besides that over all.
        resamples: Draws for the intervals.
        seed: Of the draws.
    """

    size: int
    threshold: float
    sources: tuple[str, ...] = ()
    tiles: bool = False
    against: ModelEntry | None = None
    against_size: int | None = None
    against_threshold: float | None = None
    masking: Masking | None = None
    means: tuple[tuple[str, tuple[str, ...]], ...] = ()
    resamples: int = 1000
    seed: int = 0


def evaluate(
    entry: ModelEntry,
    data: Path,
    out: Path,
    settings: Settings,
    say: Say = lambda what, done, total: None,  # noqa: ARG005
) -> dict[str, Any]:
    """Measures a detector; writes `evaluation.json`, `evaluation.html`, `curves.png`, `sheets/`.

    Args:
        entry: From `models.find`.
        data: Folder made by `datasets.merge`.
        out: Folder for the results.
        settings: How.
        say: Receives progress.

    Returns:
        What `evaluation.json` holds.

    Raises:
        EvaluationError: The folder cannot be measured on.
        ModelError: The weights cannot be used.
    """
    truth = read_truth(data, settings.sources)
    _check_means(settings, truth, entry)
    faces = read_faces(settings.masking.faces) if settings.masking is not None else {}
    looker = Looker(entry, settings.size, FLOOR)
    table = look_at(
        truth.pictures,
        looker.look,
        settings.size,
        entry.classes,
        progress=lambda done, total: say("pictures", done, total),
    )
    weights = draws(table.sources, settings.resamples, settings.seed)
    report = {**_head(entry, truth, settings), **_figures(table, weights, settings)}
    if settings.tiles:
        report["tiles"] = compare_tiles(
            table,
            looker,
            weights,
            settings.threshold,
            lambda done, total: say("pictures in tiles", done, total),
        )
    if settings.against is not None:
        report["against"] = _against(table, settings.against, weights, settings, say)
    if settings.masking is not None:
        report["masking"] = _hidden(table, looker, settings.masking, faces, weights)
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_text(json.dumps(report, indent=1, allow_nan=False) + "\n")
    sheets = _pictures(table, settings.threshold, out)
    write_page(report, out / "curves.png", sheets, out / "evaluation.html")
    return report


def _check_means(settings: Settings, truth: Truth, entry: ModelEntry) -> None:
    for source, classes in settings.means:
        if source not in truth.sources or not set(classes) <= set(entry.classes):
            raise EvaluationError(
                f"No mean can be taken over {', '.join(classes)} of {source}: sources are "
                f"{', '.join(truth.sources)}, classes {', '.join(entry.classes)}. Correct the name."
            )


def _head(entry: ModelEntry, truth: Truth, settings: Settings) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "weights": _named(entry),
        "data": {"manifest_sha256": truth.manifest_sha256, "pictures": len(truth.pictures)},
        "settings": {
            "size": settings.size,
            "threshold": settings.threshold,
            "score_floor": FLOOR,
            "nms_iou": NMS_IOU,
            "resamples": settings.resamples,
            "seed": settings.seed,
            "interval": 0.95,
            "dark_below_luma": breakdown.DARK_BELOW,
        },
        "versions": {"python": platform.python_version(), **{p: version(p) for p in PACKAGES}},
    }


def _named(entry: ModelEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "version": entry.version,
        "sha256": entry.sha256,
        "bytes": entry.path.stat().st_size,
        "classes": list(entry.classes),
    }


def _figures(table: Table, weights: Floats, settings: Settings) -> dict[str, Any]:
    sources, means = {}, []
    for source in np.unique(table.sources):
        inside = table.sources == source
        figures, precisions = _classes(table, inside, weights, settings.threshold)
        whole = [n for n in figures if table.measures[inside, table.classes.index(n)].all()]
        wanted = [(str(source), tuple(whole))] if whole else []
        asked = [mean for mean in settings.means if mean[0] == source and mean not in wanted]
        for name, classes in (*wanted, *asked):
            used = [c for c in classes if c in precisions]
            mean = mean_figures([precisions[c] for c in used]) if used else {}
            means.append({"source": str(name), "classes": used, **mean})
        sources[str(source)] = {"pictures": int(inside.sum()), "classes": figures}
    everywhere = np.ones(len(table.pictures), bool)
    overall, precisions = _classes(table, everywhere, weights, settings.threshold)
    views = {name: ClassView(table, table.classes.index(name), everywhere) for name in overall}
    for name, view in views.items():
        overall[name] |= _details(view, weights, settings.threshold)
    shown = table.seen["first"]
    return {
        "sources": sources,
        "means": means,
        "overall": {
            "pictures": len(table.pictures),
            "mean": mean_figures(list(precisions.values())) if precisions else None,
            "classes": overall,
        },
        "told": told(table, weights, settings.threshold),
        "calibration": calibration(table.seen["score"][shown], table.seen["object"][shown] >= 0),
        "light": breakdown.by_light(table, weights, settings.threshold),
        "confusion": breakdown.confusion(table, settings.threshold),
    }


def _classes(
    table: Table, inside: Any, weights: Floats, threshold: float
) -> tuple[dict[str, dict[str, Any]], dict[str, Floats]]:
    figures, precisions = {}, {}
    for label, name in enumerate(table.classes):
        view = ClassView(table, label, inside)
        if len(view.objects("label")):
            figures[name], precisions[name] = class_figures(view, weights, threshold)
    return figures, precisions


def _details(view: ClassView, weights: Floats, threshold: float) -> dict[str, Any]:
    return {
        "operating_points": operating_points(curve(view)),
        "calibration": calibration(view.shown("score"), view.shown("object") >= 0),
        "sizes": breakdown.by_size(view, weights, threshold),
        "marks": breakdown.by_mark(view, weights, threshold),
        "errors": {
            "false": errors.counts(errors.false_detections(view, threshold)),
            "missed": errors.counts(errors.missed_objects(view, threshold)),
        },
    }


def _against(
    table: Table, other: ModelEntry, weights: Floats, settings: Settings, say: Say
) -> dict[str, Any]:
    shared = frozenset(table.classes) & frozenset(other.classes)
    threshold = settings.against_threshold
    threshold = other.threshold if threshold is None else threshold
    size = settings.against_size or other.image_size  # what it was trained for, as ours at ours
    theirs = look_at(
        table.pictures,
        Looker(other, size, FLOOR).look,
        size,
        table.classes,
        renamed={other.classes.index(n): table.classes.index(n) for n in shared},
        progress=lambda done, total: say(f"pictures with {other.name}", done, total),
    )
    ours, reference = Side(table, settings.threshold), Side(theirs, threshold)
    return {
        "weights": _named(other),
        "size": size,
        "threshold": threshold,
        "classes": compare(ours, reference, shared, weights),
    }


def _hidden(
    table: Table, looker: Looker, masking: Masking, faces: dict[str, Floats], weights: Floats
) -> dict[str, Any]:
    labels = [table.classes.index(name) for name in masking.classes if name in table.classes]

    def boxes(pixels: Pixels) -> Floats:
        found = looker.look(pixels)
        masked = np.isin(found.labels, labels) & (found.scores >= masking.score)
        return found.boxes[masked].astype(np.float64)

    return {"score": masking.score, "classes": hidden(table.pictures, faces, boxes, weights)}


def _pictures(table: Table, threshold: float, out: Path) -> Mapping[str, Path]:
    """Writes curves and sheets; returns the sheets by class name."""
    everywhere = np.ones(len(table.pictures), bool)
    curves, sheets = {}, {}
    for label, name in enumerate(table.classes):
        view = ClassView(table, label, everywhere)
        if not view.pictures:
            continue
        if len(view.objects("label")):
            curves[name] = curve(view)
        false = errors.false_detections(view, threshold)
        missed = errors.missed_objects(view, threshold)
        if false or missed:
            sheets[name] = out / "sheets" / f"{name}.png"
            write_sheet(view, false, missed, threshold, sheets[name])
    if curves:
        write_curves(curves, threshold, out / "curves.png")
    return sheets
