"""`streetwarden train`: train a detector by a recipe, resumable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scripts.console import err, out


def train(
    recipe: Annotated[Path, typer.Argument(help="A recipe, as in models/recipes/.")],
    data: Annotated[Path, typer.Option(help="Folder made by `streetwarden data merge`.")],
    start: Annotated[str, typer.Option(help="Weights to start from, by name or path.")],
    folder: Annotated[Path, typer.Option("--out", metavar="RUNS", help="Where runs go.")],
    teacher: Annotated[
        str | None, typer.Option(help="Weights that stages with `distill` are held to.")
    ] = None,
    stage: Annotated[str | None, typer.Option(help="Only this stage, from --start.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
) -> None:
    """Train all stages of a recipe, each from what the one before left.

    RUNS/<stage>/ holds the curves (loss.png), weights/last.pt, and beside it training.json and
    pictures.txt: how the weights were made, and from which pictures.
    """
    from models import find
    from models.training.run import train as run

    def say(line: str) -> None:
        err.print(escape(line))

    try:
        weights = run(
            recipe,
            find(start),
            data,
            folder,
            teacher=find(teacher) if teacher else None,
            stage=stage,
            resume=resume,
            say=say,
        )
    except KeyboardInterrupt:
        err.print("stopped; the same command with --resume goes on after the last whole epoch")
        raise
    out.print(str(weights), markup=False)
