"""`streetwarden serve`: API and console with the pipeline, or with workers beside them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from scripts.console import LogFormatOption, count, err, log_to_stderr, out
from vision.errors import SiteError, StreetwardenError
from vision.logs import LogFormat, Logs

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.site_in_force import SiteInForce
    from api.storage.database import Database
    from vision.evidence import EvidenceStore
    from vision.pipeline import Pipeline
    from vision.site import Site
    from vision.workers import Workers

# A line this often where no bar can be drawn.
_LINE_EVERY_S = 5.0
_TELLING = 0.05
"""Share that is done before it tells how long the rest takes."""


def serve(
    site: Annotated[Path | None, typer.Argument(help="A site file.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A stream, file, folder or device; may be repeated.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The rendered demo site.")] = False,
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    watch: Annotated[
        bool,
        typer.Option(
            help="Watch the cameras; --no-watch: only serve and deliver, beside `city`, on any "
            "number of machines.",
        ),
    ] = True,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
    log_format: LogFormatOption = None,
) -> None:
    """Watch cameras and serve cases, review, webhooks and the console until Ctrl-C or SIGTERM.

    It ends in order within a minute, whatever hangs; asked a second time, at once.

    Exit code 1: something is wrong that the last line says, for example that the engine failed
    for good and no camera is looked at; let a supervisor start it again.
    """
    logs = log_to_stderr(verbose=verbose, form=log_format)
    _tell(logs, "loading the server", to=err)
    from api.http.connections import raise_file_limit
    from api.http.server import listen
    from scripts.watching import HOME, choose_site

    raise_file_limit()
    if demo and (site or source):
        raise SiteError("--demo is a site of its own; leave out the site file and --source")
    listener = listen(host, port)
    try:
        path = _demo(HOME / "demo") if demo else site
        _serve(choose_site(path, source or []), path, listener, logs, watch=watch)
    finally:
        listener.close()


def _demo(root: Path) -> Path:
    """The demo's site file; rendered on the first run, which takes about a minute."""
    err.print(f"the demo site: four rendered videos in {escape(str(root.resolve()))}")
    from datasets.demo import build_demo
    from datasets.demo.build import SHOTS

    if not err.is_terminal:
        return build_demo(root, progress=_lines(len(SHOTS), time.monotonic))
    with Progress(console=err, transient=True) as bar:
        tasks = {}

        def progress(name: str, done: float) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(f"rendering {name}", total=1.0)
            bar.update(tasks[name], completed=done)

        return build_demo(root, progress=progress)


def _lines(videos: int, clock: Callable[[], float]) -> Callable[[str, float], None]:
    """Progress as plain lines, of all videos together."""
    shares: dict[str, float] = {}
    started = last = clock()

    def progress(name: str, done: float) -> None:
        nonlocal last
        shares[name] = done
        share, now = sum(shares.values()) / videos, clock()
        if not share > 0 or (now - last < _LINE_EVERY_S and share < 1):
            return
        last = now
        left = (now - started) * (1 - share) / share
        about = f", about {left:.0f} s left" if share > _TELLING else ""
        err.print(f"rendering, once: {share:.0%}{about}")

    return progress


def _serve(site: Site, path: Path | None, listener: socket, logs: Logs, *, watch: bool) -> None:
    from api.access.keys import KeyStore
    from api.http.app import create_app
    from api.http.server import console_address
    from api.records.site_chain import SiteChain
    from api.setup.site_file import SiteFile
    from api.site_in_force import SiteInForce
    from api.storage.database import Database
    from vision.evidence import open_store
    from vision.view.preset_finder import PresetFinder

    cameras = count(len(site.cameras), "camera")
    if watch:
        _tell(logs, f"loading {site.model.name} for {cameras}", to=err)
    database = Database.open(site.storage.database)
    try:
        SiteChain.open(database, site.storage.key_file)
        if not watch and database.on_postgresql:
            from scripts.city.tables import impatient

            impatient(database.engine)  # it is one of many
        in_force = SiteInForce(site)
        pipeline, how = (
            _watching(site, database, in_force, logs) if watch else (None, "watched by others")
        )
        evidence = open_store(site.storage)
        file = SiteFile(path, PresetFinder) if path is not None else None
        app = create_app(in_force, database, evidence, watch=pipeline, file=file)
        address = console_address(listener, KeyStore(database).session_key())
        _tell(
            logs,
            f"{site.site.name}: {cameras}, {how}",
            f"data: {site.storage.folder}",
            f"console: {address}",
        )
        if not ip_address(listener.getsockname()[0]).is_loopback:
            _tell(
                logs,
                "anybody in this network can read along: it is plain HTTP. Put a proxy with TLS "
                "before it for more than a try (scripts/README.md, Behind a proxy).",
                to=err,
            )
        _run(app, listener, pipeline, evidence)
        if pipeline is not None and pipeline.failed is not None:
            raise pipeline.failed
    except OSError as error:
        raise StreetwardenError(
            f"{error.filename or site.storage.folder}: {error.strerror}; "
            "free space or make the folder writable"
        ) from error
    finally:
        database.close()


def _watching(
    site: Site, database: Database, in_force: SiteInForce, logs: Logs
) -> tuple[Pipeline | Workers, str]:
    """What watches the cameras from this process, ready to start, and its model and engine."""
    from api.cases.intake import DetectorInfo
    from models.catalogue import find
    from scripts.watching import make_intake, make_pipeline, make_workers
    from vision.engines import open_engine
    from vision.workers import workers_for

    if database.on_postgresql:
        from scripts.city.lease import refuse_watched

        refuse_watched(database.engine, [camera.id for camera in site.cameras])
    processes = workers_for(site)
    engine = open_engine(site.model) if processes == 1 else None
    model = engine.model if engine is not None else find(site.model.name)
    detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
    intake = make_intake(database, in_force, detector)
    pipeline = (
        make_pipeline(site, engine, [intake.take])
        if engine is not None
        else make_workers(site, model, intake.take, count=processes, logs=logs)
    )
    intake.last_seen = pipeline.last_seen
    intake.end_unwatched(pipeline.held)
    where = engine.name if engine is not None else count(processes, "camera worker")
    return pipeline, f"{model.name} on {where}"


def _tell(logs: Logs, *lines: str, to: Console = out) -> None:
    """Say how it goes: to a person, or in the log, which shows no key, to a machine."""
    if logs.form is LogFormat.TEXT:
        for line in lines:
            to.print(escape(line))
        return
    log = logging.getLogger("streetwarden.serve")
    log.setLevel(logging.INFO)
    for line in lines:
        log.info("%s", line)


def _run(
    app: FastAPI, listener: socket, pipeline: Pipeline | Workers | None, evidence: EvidenceStore
) -> None:
    """Watch and serve until the end; a signal before this ends a start, which has nothing to lose.

    From here on it ends in order.
    """
    from api.http.ending import Ending
    from api.http.server import serve as run

    with Ending().on_signals() as ending:
        evidence.start()
        if pipeline is not None:
            pipeline.start()
        try:
            if pipeline is not None:
                ending.when(pipeline.blind)
            run(app, listener, ending=ending)
        finally:
            ending.doing = "cameras and what they have seen"
            if pipeline is not None:
                pipeline.stop()
            ending.doing = "the upload of evidence"
            evidence.stop()
