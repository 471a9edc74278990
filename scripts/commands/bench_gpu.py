"""`streetwarden bench gpu`: what a device makes of the network, the engine and recordings."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from scripts.console import err, log_to_stderr


def gpu(
    device: Annotated[str, typer.Option(help="cuda, cuda:0 …; cpu for what one can do.")] = "auto",
    model: Annotated[str, typer.Option(help="Weights by name, or a .pt file.")] = "streetwarden-n",
    size: Annotated[int, typer.Option(help="Longer side of the input, pixels.")] = 640,
    batch: Annotated[
        list[int] | None, typer.Option(min=1, help="Pictures at once; may be given again.")
    ] = None,
    clip: Annotated[
        Path | None, typer.Option(help="A recording, for the decoders and the loop.")
    ] = None,
    streams: Annotated[
        list[int] | None, typer.Option(min=1, help="Recordings at once; may be given again.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.05, help="Of each measurement.")] = 1.0,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are shown.")] = 3,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Measure a CUDA device: network, CUDA graph, engine, decoders and loop, by how many at once.

    Exit code 1: there is none.
    """
    from models.catalogue import find
    from scripts.bench.gpu import BATCHES, STREAMS, bench_gpu, cuda_device
    from scripts.bench.tables import show_gpu
    from vision.engines.torch_engine import TorchEngine

    log_to_stderr()
    where = cuda_device(device)
    with (
        closing(TorchEngine(find(model), device=str(where), image_size=size)) as engine,
        err.status("starting") as status,
    ):
        result = bench_gpu(
            engine,
            where,
            batches=batch or BATCHES,
            streams=streams or STREAMS,
            clip=clip,
            seconds=seconds,
            rounds=rounds,
            progress=status.update,
        )
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_gpu(result)
