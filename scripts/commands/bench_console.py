"""`streetwarden bench console`: the review queue in a real browser."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from scripts.bench.tables import show_console
from scripts.commands.bench_options import AsJson
from scripts.console import err


def console(
    cases: Annotated[int, typer.Option(min=100, help="Cases that wait.")] = 10_000,
    rounds: Annotated[int, typer.Option(min=1, help="Cases to decide.")] = 30,
    think: Annotated[
        float, typer.Option(min=0, help="Seconds that each is looked at before.")
    ] = 1.0,
    json_: AsJson = False,
) -> None:
    """Measure how soon the review queue can be worked with, and the next case is shown."""
    from scripts.bench.console import bench_console

    with TemporaryDirectory() as name, err.status("starting") as status:
        result = bench_console(
            Path(name), cases=cases, rounds=rounds, think_s=think, progress=status.update
        )
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_console(result)
