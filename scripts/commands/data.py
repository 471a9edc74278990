"""`streetwarden data`: labelled pictures in, a training folder out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

from scripts.commands.data_cases import cases
from scripts.commands.data_made import composites, prelabel, render
from scripts.console import err, out
from vision.printable import printable, to_json

data = typer.Typer(
    help="Import, check, look at, split and merge labelled pictures.", no_args_is_help=True
)
for command in (cases, composites, prelabel, render):
    data.command()(command)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of labelled pictures.")]
Folders = Annotated[list[Path], typer.Argument(metavar="DIR", help="Folders of pictures.")]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")]
Names = Annotated[
    Path | None,
    typer.Option(help="A data.yaml with class names, for a folder that has none.", metavar="FILE"),
]
Seed = Annotated[int, typer.Option(help="Same seed, same result.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@data.command(name="import")
def import_(
    source: Annotated[Path, typer.Argument(metavar="SRC", help="What a labelling tool exported.")],
    format_: Annotated[
        Literal["yolo", "coco", "voc", "roboflow"], typer.Option("--format", help="Of the export.")
    ],
    folder: Out,
    classes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Their class names to ours, as YAML.")
    ] = None,
) -> None:
    """Turn an export into a YOLO folder; each broken picture or label is named."""
    from datasets.exports import READERS, read_class_map, write_import

    mapped = read_class_map(classes) if classes else None
    report = write_import(READERS[format_](source), folder, mapped)
    _name(report.broken)
    out.print(f"{report.pictures} pictures, {_counts(report.objects)}; {len(report.broken)} broken")


@data.command()
def merge(
    recipe: Annotated[Path, typer.Argument(help="A recipe, see datasets/recipes/.")],
    sets: Annotated[Path, typer.Option("--data", help="Folder of the labelled sets.")],
    folder: Out,
    rendered: Annotated[
        Path | None, typer.Option(help="Folder of the rendered sets; else they are left out.")
    ] = None,
    prelabels: Annotated[
        list[Path] | None, typer.Option(help="Files made by `data prelabel`, one a teacher.")
    ] = None,
    boxes: Annotated[
        list[Path] | None,
        typer.Option(help="Hand-checked boxes; datasets/labels/boxes.jsonl if absent."),
    ] = None,
) -> None:
    """Merge labelled sets by a recipe into a folder to train on and to measure with."""
    from datasets.checked import BOXES
    from datasets.merge import merge_files

    report = merge_files(
        recipe,
        data=sets,
        rendered=rendered,
        prelabels=prelabels or [],
        boxes=boxes or [BOXES],
        out=folder,
    )
    _name(report.skipped)
    for name, count in report.pictures.items():
        out.print(f"{escape(name)}: {count} pictures, {_counts(report.of(name))}")
        if changes := report.changes(name):
            out.print(f"  {escape(changes)}")


@data.command()
def split(
    folder: Folder,
    target: Out,
    val: Annotated[float, typer.Option(help="Share of each source that goes to val.")] = 0.1,
    by: Annotated[
        str,
        typer.Option(help="`scene`, or a regular expression whose first group names a scene too."),
    ] = "scene",
    seed: Seed = 0,
) -> None:
    """Split into train/ and val/, so that no near-duplicate and no scene is in both.

    Pictures that look alike and Roboflow's copies of one photo always stay together.
    """
    from datasets.duplicates import look_at, scenes
    from datasets.folders import list_folder
    from datasets.split import split as draw
    from datasets.split import write_split

    looks = look_at(list_folder(folder))
    _name(looks.broken)
    found = scenes(looks, None if by == "scene" else by)
    parts = draw(found, val, seed)
    write_split(parts, target)
    sizes = ", ".join(f"{len(some)} to {part}" for part, some in parts.items())
    out.print(f"{len(found)} scenes: {sizes}")


@data.command()
def duplicates(
    folders: Folders,
    alike: Annotated[
        float, typer.Option(min=0.5, max=1, help="Agreement from which two pictures are one.")
    ] = 0.8,
    json_: AsJson = False,
) -> None:
    """Find near-duplicates within and across folders; exit 1 if some cross train and val."""
    from datasets.duplicates import crosses, look_at, near_duplicates
    from datasets.folders import list_folder

    looks = look_at([entry for folder in folders for entry in list_folder(folder)])
    _name(looks.broken)
    groups = near_duplicates(looks, alike)
    crossing = sum(map(crosses, groups))
    if json_:
        rows = [
            {"crosses": crosses(group), "pictures": [str(entry.picture) for entry in group]}
            for group in groups
        ]
        print(to_json(rows, indent=1))
    else:
        for group in groups:
            out.print("crosses parts:" if crosses(group) else "alike:")
            for entry in group:
                out.print(f"  {entry.part or '-'} {escape(printable(str(entry.picture)))}")
        out.print(f"{len(groups)} groups in {len(looks.entries)} pictures, {crossing} cross parts")
    if crossing:
        raise typer.Exit(1)


@data.command()
def sheet(
    folder: Folder,
    target: Out,
    class_: Annotated[str | None, typer.Option("--class", help="Only boxes of this class.")] = None,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(help="`mark=shed` of a merged folder, `load=open` of truck crops."),
    ] = None,
    names: Names = None,
) -> None:
    """Draw contact sheets: numbered pictures with their boxes, and which file each is."""
    from datasets.folders import list_folder, read_names
    from datasets.sheets import crop_tiles, labelled_tiles, write_sheets

    asked = dict(_attribute(text) for text in attribute or ())
    if (folder / "crops.jsonl").is_file() and not (folder / "images").is_dir():
        tiles = crop_tiles(folder, asked)
    else:
        if set(asked) - {"mark"}:
            raise typer.BadParameter("boxes have a mark only", param_hint="--attribute")
        tiles = labelled_tiles(
            list_folder(folder),
            read_names(names) if names else {},
            only=class_,
            source=source,
            mark=asked.get("mark"),
        )
    pages = write_sheets(tiles, target)
    out.print(f"{len(pages)} sheets in {escape(str(target))}, index.csv names the pictures")


@data.command()
def stats(folder: Folder, names: Names = None, json_: AsJson = False) -> None:
    """Count pictures and objects per source, part, class and size (COCO's, at 640 pixels)."""
    from datasets.folders import list_folder, read_names
    from datasets.stats import count

    found = count(list_folder(folder), read_names(names) if names else {})
    _name(found.broken)
    if json_:
        print(to_json(found.table(), indent=1))
        return
    columns = ("source", "part", "class", "pictures", "objects", "small", "medium", "large")
    table = Table(*columns, box=None)
    for row in found.table():
        table.add_row(*(escape(str(row.get(column, ""))) for column in columns))
    out.print(table)


@data.command()
def check(
    folders: Folders,
    names: Names = None,
    backgrounds: Annotated[
        bool, typer.Option(help="A picture without a label file is meant to show nothing.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Name each broken picture, label and box; exit 1 if there is one."""
    from datasets.check import check as look
    from datasets.folders import list_folder, read_names

    entries = [entry for folder in folders for entry in list_folder(folder)]
    known = read_names(names) if names else {}
    faults = list(look(entries, known, backgrounds=backgrounds))
    if json_:
        print(to_json([asdict(fault) for fault in faults], indent=1))
    else:
        for fault in faults:
            out.print(escape(printable(fault.text)))
        out.print(f"{len(entries)} pictures, {len(faults)} faults")
    if faults:
        raise typer.Exit(1)


@data.command()
def crops(
    folder: Out, sets: Annotated[Path, typer.Option("--data", help="Where the pictures are.")]
) -> None:
    """Cut out the trucks whose load and dirt people labelled."""
    from datasets.crops import cut, read_labels

    out.print(f"{cut(read_labels(), sets, folder)} crops")


def _attribute(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found:
        raise typer.BadParameter(f"{text!r} is not name=value", param_hint="--attribute")
    return name, value


def _counts(objects: Mapping[str, int]) -> str:
    return ", ".join(f"{n} {escape(name)}" for name, n in sorted(objects.items())) or "no objects"


def _name(faults: Iterable[str]) -> None:
    for fault in faults:
        err.print(escape(printable(fault)))
