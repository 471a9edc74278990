"""`streetwarden bench cameras` and `clips`: how many live cameras are held, and what they show."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from scripts.bench.serving import Transport, serve
from scripts.bench.tables import show_cameras, show_clips
from scripts.commands.bench_options import (
    AsJson,
    Clips,
    Device,
    HowServed,
    Model,
    Size,
    WithStock,
    Workers,
    chosen,
    demo_clip,
    opened,
)
from scripts.console import err, log_to_stderr, out
from scripts.engine_name import EngineName
from vision.errors import SiteError


def cameras(
    clip: Clips = None,
    url: Annotated[
        str | None, typer.Option(help="A stream to show instead of serving a clip.")
    ] = None,
    count: Annotated[
        list[int] | None, typer.Option(min=1, help="Number of cameras; may be given again.")
    ] = None,
    workers: Workers = None,
    looks: Annotated[float, typer.Option(help="Looks per second at each camera.")] = 1.0,
    seconds: Annotated[float, typer.Option(min=5, help="Seconds per number of cameras.")] = 20.0,
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    still: Annotated[
        bool, typer.Option("--still", help="Let an earlier look stand for a still scene.")
    ] = False,
    decide: Annotated[
        bool, typer.Option("--decide", help="Track and decide on every look too.")
    ] = False,
    transport: HowServed = Transport.AUTO,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure how many live cameras are held, against the bare engine and the stock loader.

    A clip's H.264 is served as it is on loopback, in a process of its own.
    """
    from scripts.bench.cameras import Shown, bench_cameras
    from vision.sources.address import parse_address

    log_to_stderr()
    counts, processes = count or [1, 4, 8, 16], workers or [1]
    if min(counts) < max(processes):
        raise SiteError(
            f"{max(processes)} workers have no {min(counts)} camera to share: give --count from "
            f"{max(processes)} on"
        )
    choice = chosen(model, engine, device, size)
    with (
        ExitStack() as stack,
        opened(choice) as looking,
        err.status("starting") as status,
    ):
        names = [f"{number}" for number in range(max(counts))]
        shown = [Shown(parse_address(url).shown, [url])] if url else []
        for one in () if url else clip or [demo_clip(status)]:
            server = serve(one, names, transport)
            stack.callback(server.kill)
            pid = server.process.pid if server.process else None
            shown.append(Shown(one.name, [server.url(name) for name in names], pid))
        results = bench_cameras(
            shown,
            looking,
            counts=counts,
            choice=choice,
            workers=processes,
            looks=looks,
            seconds=seconds,
            still=still,
            decide=decide,
            stock=stock,
            progress=status.update,
        )
    if json_:
        print(json.dumps([result.as_dict() for result in results], indent=2))
        return
    for result in results:
        show_cameras(result)
    show_clips(results)


def clips(
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")],
    width: Annotated[
        int, typer.Option(min=320, help="Of the pictures, pixels; a multiple of 32.")
    ] = 1920,
    seconds: Annotated[float, typer.Option(min=2, help="Length.")] = 10.0,
) -> None:
    """Render a market street as clips for `cameras`: quiet.mp4, crowded.mp4 and jammed.mp4.

    With nobody in it; with 40 stalls and 60 people; with these and 10 vehicles.
    """
    from scripts.bench.market import render_clips

    if width % 32:
        raise SiteError(f"--width {width}: give a multiple of 32, such as 640 or 1920")
    with err.status("starting") as status:
        files = render_clips(folder, width=width, seconds=seconds, progress=status.update)
    for file in files:
        out.print(f"{escape(str(file))}: {file.stat().st_size / 2**17 / seconds:.1f} Mbit/s")
