"""`streetwarden evaluate`: measure a detector on a merged folder's validation pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from models.errors import EvaluationError
from scripts.console import err, out

if TYPE_CHECKING:
    from models.evaluation.run import Say, Settings

_SAY_EVERY = 50


def evaluate(
    weights: Annotated[str, typer.Argument(help="A model's name, or the path of a .pt file.")],
    data: Annotated[Path, typer.Argument(help="Folder made by `streetwarden data merge`.")],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")],
    size: Annotated[
        int | None, typer.Option(help="Longer side of the input, pixels; the listed one if absent.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Score that counts; the listed one if absent."),
    ] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Only this validation source; may be repeated.")
    ] = None,
    mean: Annotated[
        list[str] | None,
        typer.Option(metavar="SOURCE:CLASS,…", help="A mean over these classes of a source."),
    ] = None,
    tiles: Annotated[bool, typer.Option(help="Look at large pictures in tiles too.")] = False,
    against: Annotated[
        str | None, typer.Option(help="Other weights to compare with, by name or path.")
    ] = None,
    against_size: Annotated[
        int | None, typer.Option(help="Their input, pixels; the size they were made for if absent.")
    ] = None,
    against_threshold: Annotated[
        float | None, typer.Option(min=0, max=1, help="Theirs; the listed one, or 0.25, if absent.")
    ] = None,
    faces: Annotated[
        Path | None, typer.Option(help="Labelled faces: measure what masking hides too.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print evaluation.json.")] = False,
) -> None:
    """Measure weights: average precision, precision and recall per class and source.

    DIR/evaluation.html is the report, DIR/evaluation.json the same for programs, DIR/sheets/ the
    worst errors.
    """
    from models import find
    from models.evaluation.masking import Masking
    from models.evaluation.run import Settings
    from models.evaluation.run import evaluate as run
    from vision.evidence.masking import MASKED_CLASSES, MASKED_FROM

    entry = find(weights)
    settings = Settings(
        size=multiple(size or entry.image_size),
        threshold=entry.threshold if threshold is None else threshold,
        sources=tuple(source or ()),
        tiles=tiles,
        against=find(against) if against else None,
        against_size=multiple(against_size) if against_size else None,
        against_threshold=against_threshold,
        masking=Masking(faces, MASKED_FROM, MASKED_CLASSES) if faces else None,
        means=tuple(_mean(text) for text in mean or ()),
    )
    with err.status("opening the detector") as status:
        report = run(entry, data, folder, settings, _say(status))
    if json_:
        print(json.dumps(report))
    else:
        _print(report, folder, settings)


def multiple(size: int) -> int:
    """Returns an input size, checked.

    Raises:
        EvaluationError: It is none.
    """
    if size % 32 or not 64 <= size <= 2048:
        raise EvaluationError(f"--size {size}: give a multiple of 32 from 64 to 2048")
    return size


def _mean(text: str) -> tuple[str, tuple[str, ...]]:
    source, _, classes = text.partition(":")
    if not classes:
        raise EvaluationError(f"--mean {text}: give a source, a colon and classes with commas")
    return source, tuple(classes.split(","))


def _say(status: Any) -> Say:
    def say(what: str, done: int, total: int) -> None:
        if err.is_terminal:
            status.update(f"{escape(what)}: {done} of {total}")
        elif done % _SAY_EVERY == 0 or done == total:
            err.print(f"{what}: {done} of {total}", markup=False)

    return say


def _print(report: dict[str, Any], folder: Path, settings: Settings) -> None:
    from models.evaluation.page import figure

    rows = [("source", "class", "objects", "AP50", "AP50-95", "precision", "recall", "at 0.3")]
    for name, part in report["sources"].items():
        for label, f in part["classes"].items():
            figures = (f[key] for key in ("ap50", "ap50_95", "precision", "recall", "recall_loose"))
            rows.append((name, label, str(f["objects"]), *map(figure, figures)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        out.print("  ".join(map(str.ljust, row, widths)).rstrip(), markup=False)
    for row in report["means"]:
        if row["classes"]:
            out.print(
                f"{row['source']}, mean of {', '.join(row['classes'])}: {figure(row['ap50'])}",
                markup=False,
            )
    for label, c in report.get("against", {"classes": {}})["classes"].items():
        out.print(
            f"{escape(label)}: recall {figure(c['recall_ratio'])} times that of the other weights"
        )
    if "against" in report:
        other = report["against"]
        out.print(
            f"the other weights: {escape(other['weights']['name'])} at {other['size']} px, "
            f"score {other['threshold']}"
        )
    for label, c in report.get("masking", {"classes": {}})["classes"].items():
        out.print(f"{escape(label)}: masking hides {figure(c['hidden'])} of {c['objects']}")
    out.print(f"{settings.size} px, score {settings.threshold}; 95 % intervals in brackets")
    out.print(f"report: {escape(str(folder / 'evaluation.html'))}")
