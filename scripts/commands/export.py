"""`streetwarden export`: a detector in another format, compared with the original."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from scripts.commands.evaluate import multiple
from scripts.console import err, out


def export(
    weights: Annotated[str, typer.Argument(help="A model's name, or the path of a .pt file.")],
    form: Annotated[
        Literal["onnx", "openvino", "torchscript"], typer.Option("--format", help="Which format.")
    ],
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the file goes.")],
    pictures: Annotated[Path, typer.Option(help="Folder of real pictures to compare on.")],
    size: Annotated[
        int | None, typer.Option(help="Longer side of the input, pixels; the listed one if absent.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Convert a detector; it is kept only if it sees on real pictures what the original sees."""
    from models import find
    from models.artifact import export_artifact

    entry = find(weights)
    with err.status(f"converting to {form} and comparing"):
        report = export_artifact(entry, form, folder, pictures, multiple(size or entry.image_size))
    if json_:
        print(json.dumps(report))
        return
    parity = report["parity"]
    for file in report["files"]:
        out.print(escape(str(folder / file)))
    out.print(
        f"{parity['detections']} detections on {parity['pictures']} pictures are the same: boxes "
        f"within {parity['box']:.2g} px, scores within {parity['score']:.2g}; "
        + ("no suppression needed" if report["nms_free"] else "suppression is the receiver's")
    )
