"""`streetwarden data render|composites|prelabel`: pictures and labels that a machine makes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scripts.console import out

Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")]
Seed = Annotated[int, typer.Option(help="Same seed, same result.")]


def render(
    folder: Out,
    count: Annotated[int, typer.Option(min=1, help="How many pictures.")] = 200,
    seed: Seed = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
) -> None:
    """Render labelled street and drone scenes."""
    from datasets.renderer.samples import render_samples

    render_samples(folder, count, seed, workers=workers)
    out.print(f"{count} pictures in {escape(str(folder))}")


def composites(
    merged: Annotated[Path, typer.Argument(metavar="DIR", help="Folder made by `data merge`.")],
    classes: Annotated[list[str], typer.Option("--of", help="A class to cut out.")],
    sources: Annotated[list[str], typer.Option("--from", help="A source to cut from.")],
    onto: Annotated[list[str], typer.Option(help="A source to set into.")],
    folder: Out,
    count: Annotated[int, typer.Option(min=1, help="How many pictures.")] = 300,
    seed: Seed = 0,
) -> None:
    """Cut objects out of training pictures and set them into others."""
    from datasets.composites import cutouts, read_views, write_composites
    from datasets.errors import RecipeError

    objects = list(cutouts(read_views(merged, set(sources)), set(classes)))
    if not objects:
        raise RecipeError("Nothing could be cut out. Name other classes or sources.")
    write_composites(objects, read_views(merged, set(onto)), folder, count, seed)
    out.print(f"{count} pictures in {escape(str(folder))}, from {len(objects)} objects")


def prelabel(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR", help="Folders of pictures.")],
    model: Annotated[str, typer.Option(help="The teacher: weights by name, or a .pt file.")],
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="JSON lines; grows.")],
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="A class to ask for; all if absent.")
    ] = None,
    size: Annotated[int, typer.Option(help="Longer side of the input, pixels.")] = 640,
    threshold: Annotated[float, typer.Option(help="Lowest score written.")] = 0.25,
) -> None:
    """Write down what a teacher sees on pictures whose labels say nothing of it."""
    from models.catalogue import find
    from models.prelabel import prelabel_folders

    added = prelabel_folders(
        find(model), folders, file, size=size, threshold=threshold, classes=classes or ()
    )
    out.print(f"{added} pictures added to {escape(str(file))}")
