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

from scripts.bench.serving import Transport, serve
from scripts.bench.tables import (
    show_audit,
    show_cameras,
    show_clips,
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
Clips = Annotated[
    list[Path] | None,
    typer.Option(
        "--clip",
        help="A video of 30 frames or more; the demo's market by default. Given again, the clips"
        " are measured in turns.",
    ),
]
HowServed = Annotated[
    Transport,
    typer.Option(
        "--transport",
        help="How a clip is served: rtsp needs GStreamer, http does not; auto takes what is there.",
    ),
]


@bench.command()
def loop(
    clip: Clips = None,
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    streams: Annotated[int, typer.Option(min=1, help="Recordings that are read at once.")] = 1,
    frames: Annotated[
        int, typer.Option(min=30, help="Frames per measurement, of each recording.")
    ] = 200,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds; medians are shown.")] = 3,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure the loop on a recording against its parts and the stock way."""
    from scripts.bench.loop import bench_loop

    log_to_stderr()
    with _opened(model, engine, device, size) as opened, err.status("starting") as status:
        results = bench_loop(
            clip or [_demo_clip(status)],
            opened,
            streams=streams,
            frames=frames,
            rounds=rounds,
            stock=stock,
            progress=status.update,
        )
    if json_:
        print(json.dumps([result.as_dict() for result in results], indent=2))
        return
    for result in results:
        show_loop(result)


@bench.command()
def cameras(
    clip: Clips = None,
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
    decide: Annotated[
        bool, typer.Option("--decide", help="Track and decide on every look too.")
    ] = False,
    transport: HowServed = Transport.AUTO,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure how many live cameras the loop holds, against the bare engine and the stock loader.

    A clip's H.264 is served as it is on loopback, in a process of its own.
    """
    from scripts.bench.cameras import Shown, bench_cameras
    from vision.sources.address import parse_address

    log_to_stderr()
    with (
        ExitStack() as stack,
        _opened(model, engine, device, size) as opened,
        err.status("starting") as status,
    ):
        counts = count or [1, 4, 8, 16]
        names = [f"{number}" for number in range(max(counts))]
        shown = [Shown(parse_address(url).shown, [url])] if url else []
        for one in () if url else clip or [_demo_clip(status)]:
            server = serve(one, names, transport)
            stack.callback(server.kill)
            pid = server.process.pid if server.process else None
            shown.append(Shown(one.name, [server.url(name) for name in names], pid))
        results = bench_cameras(
            shown,
            opened,
            counts=counts,
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
    looks: Annotated[int, typer.Option(min=5, help="Looks; medians are shown.")] = 100,
    json_: AsJson = False,
) -> None:
    """Measure what a look at a street costs the loop's thread: health, tracker, each rule, memory.

    Three drawn scenes: nothing, an ordinary street (10 people, 5 vehicles, 3 stalls) and a crowded
    market (60 people, 10 vehicles, 40 stalls).
    """
    from scripts.bench.rules import bench_rules

    result = bench_rules(looks=looks)
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
    transport: HowServed = Transport.AUTO,
    json_: AsJson = False,
) -> None:
    """Watch cameras that die and return at random; see what leaks and what does not add up.

    Exit code 1: a frame is unaccounted for, or threads or files are left behind.
    """
    from scripts.bench.soak import soak as run

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
            serving.append(serve(shown, ["camera"], transport))
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
