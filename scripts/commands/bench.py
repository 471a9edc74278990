"""`streetwarden bench`: frames per second, side by side with the bare engine and with the peer."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.status import Status

from scripts.bench.tables import (
    show_audit,
    show_cameras,
    show_lists,
    show_loop,
    show_rules,
    show_soak,
)
from scripts.commands.bench_gpu import gpu
from scripts.console import err, log_to_stderr
from scripts.engine_name import EngineName
from vision.errors import SiteError

if TYPE_CHECKING:
    from vision.engines.engine import Engine

_DEMO_CLIP = "market-street.mp4"
bench = typer.Typer(help="Measure speed, side by side in one run.", no_args_is_help=True)
bench.command()(gpu)

Model = Annotated[str, typer.Option(help="Weights by name, or a .pt file.")]
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
    from scripts.bench.loop import bench_loop

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
        show_loop(result)


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
    still: Annotated[
        bool, typer.Option("--still", help="Let an earlier look stand for a still scene.")
    ] = False,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure how many RTSP cameras the loop holds, against the bare engine and the stock loader.

    A clip's H.264 is served as it is by GStreamer on loopback, in a process of its own.
    """
    from scripts.bench.cameras import bench_cameras
    from scripts.rtsp import RtspServer

    log_to_stderr()
    server = None
    with _opened(model, engine, device, size) as opened, err.status("starting") as status:
        try:
            counts, urls = count or [1, 4, 8, 16], [url] if url else []
            if not urls:
                shown, names = clip or _demo_clip(status), [f"{n}" for n in range(max(counts))]
                server = RtspServer(*(f"--mount={name}={shown}" for name in names))
                urls = [server.url(name) for name in names]
            result = bench_cameras(
                urls,
                opened,
                counts=counts,
                looks=looks,
                seconds=seconds,
                server=server.process.pid if server and server.process else None,
                still=still,
                stock=stock,
                progress=status.update,
            )
        finally:
            if server is not None:
                server.kill()
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_cameras(result)


@bench.command()
def audit(
    folder: Annotated[Path, typer.Argument(help="Photos: eight or more.")],
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure an audit of photos against its parts and the stock way."""
    from scripts.bench.audit import bench_audit

    log_to_stderr()
    with _opened(model, engine, device, size) as opened, err.status("starting") as status:
        result = bench_audit(folder, opened, stock=stock, progress=status.update)
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_audit(result)


@bench.command()
def rules(
    stalls: Annotated[int, typer.Option(min=0, help="Stalls that stay.")] = 60,
    people: Annotated[int, typer.Option(min=0, help="People who walk about.")] = 40,
    trucks: Annotated[int, typer.Option(min=0, help="Trucks that drive by.")] = 20,
    looks: Annotated[int, typer.Option(min=5, help="Looks; medians are shown.")] = 50,
    json_: AsJson = False,
) -> None:
    """Measure what one look at a crowded street costs the tracker and the rules."""
    from scripts.bench.rules import bench_rules

    result = bench_rules(stalls=stalls, people=people, trucks=trucks, looks=looks)
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_rules(result)


@bench.command()
def soak(
    clip: Clip = None,
    count: Annotated[int, typer.Option(min=1, help="Number of cameras.")] = 8,
    servers: Annotated[int, typer.Option(min=1, help="Processes that serve them.")] = 4,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long.")] = 30.0,
    looks: Annotated[float, typer.Option(help="Looks per second at each camera.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of deaths and returns.")] = 0,
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    json_: AsJson = False,
) -> None:
    """Watch cameras that die and return at random; see what leaks and what does not add up.

    Exit code 1: a frame is unaccounted for, or threads or files are left behind.
    """
    from scripts.bench.soak import soak as run
    from scripts.rtsp import RtspServer

    log_to_stderr()
    logging.getLogger("vision.sources").setLevel(logging.ERROR)  # that cameras die is meant
    with (
        ExitStack() as stack,
        _opened(model, engine, device, size) as opened,
        err.status("starting") as status,
    ):
        shown = clip or _demo_clip(status)
        serving = []
        for _ in range(min(servers, count)):
            serving.append(RtspServer(f"--mount=camera={shown}"))
            stack.callback(serving[-1].kill)
        urls = [serving[number % len(serving)].url("camera") for number in range(count)]
        result = run(
            serving,
            urls,
            opened,
            minutes=minutes,
            looks=looks,
            seed=seed,
            progress=status.update,
        )
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_soak(result)
    if not result.adds_up or result.left_threads > 0 or result.left_files > 0:
        raise typer.Exit(1)


@bench.command()
def api(
    cases: Annotated[int, typer.Option(min=1, help="Cases to make up.")] = 100_000,
    postgresql: Annotated[
        str | None, typer.Option(help="An empty database to measure too: postgresql://…")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are shown.")] = 9,
    json_: AsJson = False,
) -> None:
    """Measure lists of many cases: the console's filters, and the worst that a key may ask."""
    from api.storage.database import Database
    from scripts.bench.lists import bench_lists
    from vision.site import Site

    with ExitStack() as stack, err.status("starting") as status:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        addresses = {"SQLite": f"sqlite:///{folder / 'cases.db'}"}
        if postgresql is not None:
            addresses["PostgreSQL"] = postgresql
        databases = {name: Database.open(address) for name, address in addresses.items()}
        for database in databases.values():
            stack.callback(database.close)
        site = Site.for_sources(["0"], folder)
        result = bench_lists(databases, site, cases=cases, rounds=rounds, progress=status.update)
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_lists(result)


@contextmanager
def _opened(model: str, engine: str, device: str, size: int) -> Iterator[Engine]:
    from vision.engines import open_engine

    if size % 32 or not 160 <= size <= 1920:
        raise SiteError(f"--size {size}: give a multiple of 32 from 160 to 1920")
    from vision.site import ModelChoice

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
