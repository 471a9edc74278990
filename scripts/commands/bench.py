"""`streetwarden bench`: frames per second, side by side with the bare engine and with the peer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from scripts.console import err, log_to_stderr, out
from vision.errors import SiteError
from vision.site import ModelChoice

if TYPE_CHECKING:
    from vision.loop.bench import LoopBench

_DEMO_CLIP = "market-street.mp4"
_ROWS = (
    ("decode", "decoder and scaling alone, one core"),
    ("engine", "engine alone on ready tensors"),
    ("limit", "limit of these parts"),
    ("loop", "our loop, every frame"),
    ("stock", "ultralytics predict(stream=True), .pt"),
)


def bench(
    what: Annotated[Literal["loop"], typer.Argument(help="What to measure.")] = "loop",
    clip: Annotated[
        Path | None,
        typer.Option(help="A video of 30 frames or more; the demo's market by default."),
    ] = None,
    model: Annotated[str, typer.Option(help="Weights by name, or a .pt file.")] = "streetwarden-n",
    engine: Annotated[
        Literal["auto", "torch", "openvino"], typer.Option(help="Which engine.")
    ] = "auto",
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:0 …")] = "auto",
    size: Annotated[int, typer.Option(help="Longer side of the input, pixels.")] = 640,
    frames: Annotated[int, typer.Option(min=30, help="Frames per measurement.")] = 200,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are shown.")] = 3,
    stock: Annotated[bool, typer.Option(help="Measure the stock alternative too.")] = True,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure the inference loop against its parts and the stock way, in one run."""
    from datasets.demo import build_demo
    from scripts.watching import HOME
    from vision.engines import open_engine
    from vision.loop.bench import bench_loop

    assert what == "loop"  # the only one so far; Typer refuses others
    log_to_stderr()
    if size % 32 or not 160 <= size <= 1920:
        raise SiteError(f"--size {size}: give a multiple of 32 from 160 to 1920")
    chosen = ModelChoice(name=model, engine=engine, device=device, image_size=size)
    opened = open_engine(chosen)
    with err.status("starting") as status:
        if clip is None:
            status.update("rendering the demo site, once")
            clip = build_demo(HOME / "demo").with_name(_DEMO_CLIP)
        result = bench_loop(
            clip, opened, frames=frames, rounds=rounds, stock=stock, progress=status.update
        )
    opened.close()
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        _show(result)


def _show(result: LoopBench) -> None:
    table = Table(
        title=f"{result.clip} {result.width}×{result.height} at {result.input_width}×"
        f"{result.input_height}, {result.model} on {result.engine}, batch {result.batch}",
        caption=", ".join(f"{name} {value}" for name, value in result.machine.items()),
    )
    table.add_column(f"median of {len(result.rounds)} rounds of {result.frames} frames")
    table.add_column("frames/s", justify="right")
    table.add_column("loop ÷ this", justify="right")
    for part, words in _ROWS:
        fps, ratio = result.fps(part), result.loop_over(part)
        if fps is not None and ratio is not None:
            table.add_row(words, f"{fps:.1f}", "" if part == "loop" else f"{ratio:.2f}")
    out.print(table)
    load, cores = result.machine["load"], result.machine["cores"]
    if load != "unknown" and float(load) > int(cores) / 2:
        err.print(
            f"[yellow]The machine was busy at the start (load {load} on {cores} cores): trust the "
            "ratios a little and the frames/s not at all; measure again when it is idle.[/]"
        )
