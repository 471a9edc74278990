"""`streetwarden bench`: frames per second, side by side with the bare engine and with the peer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.status import Status
from rich.table import Table

from scripts.console import err, log_to_stderr, out
from vision.errors import SiteError
from vision.site import ModelChoice

if TYPE_CHECKING:
    from vision.engines.engine import Engine
    from vision.loop.bench import LoopBench
    from vision.loop.bench_cameras import CamerasBench

_DEMO_CLIP = "market-street.mp4"
_ROWS = (
    ("decode", "decoder and scaling alone, one core"),
    ("engine", "engine alone on ready tensors"),
    ("limit", "limit of these parts"),
    ("loop", "our loop, every frame"),
    ("stock", "ultralytics track(stream=True), .pt"),
    ("stock_openvino", "the same, its own OpenVINO export"),
)


bench = typer.Typer(help="Measure speed, side by side in one run.", no_args_is_help=True)

Model = Annotated[str, typer.Option(help="Weights by name, or a .pt file.")]
EngineName = Annotated[Literal["auto", "torch", "openvino"], typer.Option(help="Which engine.")]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:0 …")]
Size = Annotated[int, typer.Option(help="Longer side of the input, pixels.")]
WithStock = Annotated[bool, typer.Option(help="Measure the stock alternative too.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Clip = Annotated[
    Path | None, typer.Option(help="A video of 30 frames or more; the demo's market by default.")
]


@bench.command()
def loop(
    clip: Clip = None,
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    frames: Annotated[int, typer.Option(min=30, help="Frames per measurement.")] = 200,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are shown.")] = 3,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure the loop on a recording against its parts and the stock way."""
    from vision.loop.bench import bench_loop

    log_to_stderr()
    with _opened(model, engine, device, size) as opened, err.status("starting") as status:
        result = bench_loop(
            clip or _demo_clip(status),
            opened,
            frames=frames,
            rounds=rounds,
            stock=stock,
            progress=status.update,
        )
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        _show(result)


@bench.command()
def cameras(
    clip: Clip = None,
    url: Annotated[
        str | None, typer.Option(help="A stream to show instead of serving a clip.")
    ] = None,
    count: Annotated[
        list[int] | None, typer.Option(min=1, help="Number of cameras; may be given again.")
    ] = None,
    looks: Annotated[float, typer.Option(help="Looks per second at each camera.")] = 1.0,
    seconds: Annotated[float, typer.Option(min=5, help="Seconds per number of cameras.")] = 20.0,
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure how many RTSP cameras the loop holds, against the bare engine and the stock loader.

    A clip's H.264 is served as it is by GStreamer on loopback, in a process of its own.
    """
    from scripts.rtsp import RtspServer
    from vision.loop.bench_cameras import bench_cameras

    log_to_stderr()
    server = None
    with _opened(model, engine, device, size) as opened, err.status("starting") as status:
        try:
            if url is None:
                server = RtspServer(f"--mount=camera={clip or _demo_clip(status)}")
                url = server.url("camera")
            result = bench_cameras(
                url,
                opened,
                counts=count or [1, 4, 8, 16],
                looks=looks,
                seconds=seconds,
                server=server.process.pid if server and server.process else None,
                stock=stock,
                progress=status.update,
            )
        finally:
            if server is not None:
                server.kill()
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        _show_cameras(result)


@contextmanager
def _opened(model: str, engine: str, device: str, size: int) -> Iterator[Engine]:
    from vision.engines import open_engine

    if size % 32 or not 160 <= size <= 1920:
        raise SiteError(f"--size {size}: give a multiple of 32 from 160 to 1920")
    chosen = ModelChoice(name=model, engine=engine, device=device, image_size=size)
    opened = open_engine(chosen)
    try:
        yield opened
    finally:
        opened.close()


def _demo_clip(status: Status) -> Path:
    from datasets.demo import build_demo
    from scripts.watching import HOME

    status.update("rendering the demo site, once")
    return build_demo(HOME / "demo").with_name(_DEMO_CLIP)


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


def _show_cameras(result: CamerasBench) -> None:
    table = Table(
        title=f"{result.width}×{result.height}, {result.looks_each:g} looks/s each, {result.model} "
        f"on {result.engine}: {result.engine_fps:.1f} frames/s alone; {result.seconds:g} s a row, "
        "ages in seconds",
        caption=", ".join(f"{name} {value}" for name, value in result.machine.items()),
        box=SIMPLE_HEAD,
        padding=0,
    )
    ages = ("p50", "p95")
    for name in (
        "cameras",
        "held",
        "looks/s",
        "÷ engine",
        *ages,
        "dropped",
        "cores",
        "server",
        "MB",
    ):
        table.add_column(name, justify="right")
    for level in result.levels:
        table.add_row(
            str(level.cameras),
            "yes" if level.held else "no",
            f"{level.looks:.1f}",
            f"{level.looks / result.engine_fps:.2f}",
            f"{level.age_p50_s:.1f}",
            f"{level.age_p95_s:.1f}",
            str(level.dropped),
            f"{level.cores:.2f}",
            "" if level.server_cores is None else f"{level.server_cores:.2f}",
            f"{level.resident_mb:.0f}",
        )
    out.print(table)
    if result.mb_per_camera is not None:
        out.print(f"{result.mb_per_camera:.1f} MB for each further camera")
    for peer in result.stock:
        out.print(
            f"ultralytics' multi-stream loader, {peer.cameras} cameras: "
            f"{peer.looks_each:.2f} looks/s each"
        )
