"""`streetwarden data render|composites|prelabel`: pictures and labels that a machine makes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from scripts.console import out

if TYPE_CHECKING:
    from datasets.cutouts import Cutout

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
    beside: Annotated[
        list[str] | None, typer.Option(help="A class to set in beside it, in groups.")
    ] = None,
    beside_from: Annotated[
        list[str] | None, typer.Option(help="A source to cut those from; as --from if absent.")
    ] = None,
    without: Annotated[
        float, typer.Option(min=0, max=1, help="Share of pictures with nothing of --of set in.")
    ] = 0.0,
    count: Annotated[int, typer.Option(min=1, help="How many pictures.")] = 300,
    most: Annotated[int, typer.Option(min=1, help="Cut-outs of one class.")] = 300,
    seed: Seed = 0,
) -> None:
    """Cut objects out of training pictures and set them into others."""
    from datasets.composites import write_composites
    from datasets.cutouts import collect, counted
    from datasets.errors import RecipeError
    from datasets.photos import training_photos

    def cut(names: list[str], places: list[str], *, whole: bool) -> dict[str, list[Cutout]]:
        photos = training_photos(merged, set(places))
        files = [file for pictures in photos.values() for file in pictures]
        found = collect(files, set(names), most, whole=whole, seed=seed)
        missing = sorted(set(names) - set(found))
        if missing:
            raise RecipeError(
                f"Nothing could be cut out of {', '.join(missing)}. Name other classes or sources."
            )
        return found

    if without and not beside:
        raise RecipeError("--without leaves nothing to set in. Name classes with --beside.")
    backgrounds = training_photos(merged, set(onto))
    wanted = cut(classes, sources, whole=False)
    crowd = cut(beside, beside_from or sources, whole=True) if beside else {}
    out.print(f"cut out: {counted({**crowd, **wanted})}")
    objects = [cutout for those in wanted.values() for cutout in those]
    write_composites(objects, crowd, backgrounds, folder, count, without=without, seed=seed)
    out.print(f"{count} pictures in {escape(str(folder))}")


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
