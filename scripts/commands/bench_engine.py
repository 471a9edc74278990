"""`streetwarden bench engine`: what it costs that another process owns the engine."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from scripts.bench.tables import show_served
from scripts.commands.bench_options import AsJson, Device, Model, Rounds, Size, chosen
from scripts.console import err, log_to_stderr
from scripts.engine_name import EngineName


def engine(
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    clients: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Processes that ask at once; may be given again; 1 and 2 if not."),
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.2, help="Of each measurement.")] = 3.0,
    rounds: Rounds = 7,
    json_: AsJson = False,
) -> None:
    """Measure the engine itself beside the same engine, served to other processes.

    The same once more for an engine that only letterboxes, where the way to the server shows.
    """
    from scripts.bench.served import bench_served

    log_to_stderr()
    choice = chosen(model, engine, device, size)
    with err.status("starting") as status:
        result = bench_served(
            choice,
            clients=clients or (1, 2),
            seconds=seconds,
            rounds=rounds,
            progress=status.update,
        )
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_served(result)
