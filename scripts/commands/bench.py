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

from scripts.bench.serving import Transport, serve
from scripts.bench.tables import (
    show_audit,
    show_lists,
    show_loop,
    show_reports,
    show_rules,
    show_soak,
)
from scripts.commands.bench_cameras import cameras, clips
from scripts.commands.bench_city import city
from scripts.commands.bench_console import console
from scripts.commands.bench_engine import engine
from scripts.commands.bench_gpu import gpu
from scripts.commands.bench_options import (
    AsJson,
    Clip,
    Clips,
    Device,
    EmptyPostgresql,
    HowServed,
    Model,
    Rounds,
    Size,
    WithStock,
    Workers,
    chosen,
    demo_clip,
    opened,
)
from scripts.commands.bench_plates import plates
from scripts.commands.bench_webhook import webhook
from scripts.console import err, log_to_stderr
from scripts.engine_name import EngineName
from vision.errors import SiteError

if TYPE_CHECKING:
    from api.storage.database import Database
    from vision.site import Site

bench = typer.Typer(help="Measure speed, side by side in one run.", no_args_is_help=True)
for command in (cameras, city, clips, console, engine, gpu, plates, webhook):
    bench.command()(command)


@bench.command()
def loop(
    clip: Clips = None,
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    workers: Workers = None,
    streams: Annotated[
        int | None,
        typer.Option(min=1, help="Recordings read at once; one for each worker if absent."),
    ] = None,
    frames: Annotated[
        int, typer.Option(min=30, help="Frames per measurement, of each recording.")
    ] = 200,
    rounds: Rounds = 3,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure the loop on a recording against its parts and the stock way."""
    from scripts.bench.loop import bench_loop

    log_to_stderr()
    processes = workers or [1]
    count = streams or max(processes)
    if count < max(processes):
        raise SiteError(
            f"{max(processes)} workers have no {count} recordings to share: give --streams from "
            f"{max(processes)} on"
        )
    choice = chosen(model, engine, device, size)
    with opened(choice) as looking, err.status("starting") as status:
        results = bench_loop(
            clip or [demo_clip(status)],
            looking,
            choice=choice,
            workers=processes,
            streams=count,
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
def audit(
    folder: Annotated[Path, typer.Argument(help="Photos: eight or more.")],
    model: Model = "streetwarden-n",
    engine: EngineName = "auto",
    device: Device = "auto",
    size: Size = 640,
    rounds: Rounds = 1,
    stock: WithStock = True,
    json_: AsJson = False,
) -> None:
    """Measure an audit of photos against its parts and the stock way."""
    from scripts.bench.audit import bench_audit

    log_to_stderr()
    choice = chosen(model, engine, device, size)
    with opened(choice) as looking, err.status("starting") as status:
        result = bench_audit(folder, looking, rounds=rounds, stock=stock, progress=status.update)
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
    choice = chosen(model, engine, device, size)
    with ExitStack() as stack, opened(choice) as looking, err.status("starting") as status:
        shown = clip or demo_clip(status)
        serving = []
        for _ in range(min(servers, count)):
            serving.append(serve(shown, ["camera"], transport))
            stack.callback(serving[-1].kill)
        urls = [serving[number % len(serving)].url("camera") for number in range(count)]
        result = run(
            serving,
            urls,
            looking,
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


Cases = Annotated[int, typer.Option(min=1, help="Cases to make up.")]


@bench.command()
def api(
    cases: Cases = 100_000,
    postgresql: EmptyPostgresql = None,
    rounds: Rounds = 9,
    json_: AsJson = False,
) -> None:
    """Measure lists of many cases and the queue: the console's filters, the worst a key may ask."""
    from scripts.bench.lists import bench_lists

    with _databases(postgresql) as (databases, site), err.status("starting") as status:
        result = bench_lists(databases, site, cases=cases, rounds=rounds, progress=status.update)
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_lists(result)


@bench.command()
def reports(
    cases: Cases = 100_000,
    postgresql: EmptyPostgresql = None,
    rounds: Rounds = 3,
    json_: AsJson = False,
) -> None:
    """Measure every report over a year of cases, one every five minutes."""
    from scripts.bench.reports import bench_reports

    with _databases(postgresql) as (databases, site), err.status("starting") as status:
        result = bench_reports(databases, site, cases=cases, rounds=rounds, progress=status.update)
    if json_:
        print(json.dumps(result.as_dict(), indent=2))
    else:
        show_reports(result)


@contextmanager
def _databases(postgresql: str | None) -> Iterator[tuple[dict[str, Database], Site]]:
    """Empty databases by name, and a site of theirs."""
    from api.storage.database import Database
    from vision.site import Site

    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        addresses = {"SQLite": f"sqlite:///{folder / 'cases.db'}"}
        if postgresql is not None:
            addresses["PostgreSQL"] = postgresql
        databases = {name: Database.open(address) for name, address in addresses.items()}
        for database in databases.values():
            stack.callback(database.close)
        place = {"lon": 113.38, "lat": 31.71}
        yield databases, Site.for_sources(["0"], folder, place=place)
