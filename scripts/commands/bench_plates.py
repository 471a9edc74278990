"""`streetwarden bench plates`: how many number plates are read without a mistake."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from scripts.commands.bench_options import AsJson, Model
from scripts.console import err, out

if TYPE_CHECKING:
    from scripts.bench.plates import PlatesResult


def plates(
    folder: Annotated[
        Path,
        typer.Argument(help="Holds plates.csv (file, plate_colour, text) beside images/."),
    ],
    model: Model = "streetwarden-n",
    json_: AsJson = False,
) -> None:
    """Measure how many number plates are read without a mistake, by kind and by way of reading."""
    from scripts.bench.plates import bench_plates
    from vision.engines import ModelChoice, open_engine

    with err.status("starting") as status:
        engine = open_engine(ModelChoice(name=model))
        result = bench_plates(folder, engine, status.update)
    if json_:
        print(json.dumps(result.as_dict(), indent=2, ensure_ascii=False))
    else:
        _show(result)


def _show(result: PlatesResult) -> None:
    for way in result.ms:
        table = Table(title=f"{way}: {result.ms[way]:,.0f} ms a plate")
        for name in ("kind", "plates", "found", "right", "of all (95 %)", "read as another"):
            table.add_column(name, justify="left" if name == "kind" else "right")
        for one in result.shares:
            if one.way == way:
                share = f"{one.right / one.plates:.0%} ({one.low:.0%} to {one.high:.0%})"
                counts = (str(one.plates), str(one.found), str(one.right))
                table.add_row(one.kind, *counts, share, str(one.wrong))
        out.print(table)
