"""`streetwarden serve`: pipeline, API and console in one process."""

from __future__ import annotations

from pathlib import Path
from socket import socket
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress

from scripts.console import err, log_to_stderr, out
from vision.errors import SiteError, StreetwardenError
from vision.site import Site


def serve(
    site: Annotated[Path | None, typer.Argument(help="A site file.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="A stream, file, folder or device; may be repeated.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="The rendered demo site.")] = False,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 8000,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
) -> None:
    """Watch cameras and serve cases, review, webhooks and the console until Ctrl-C."""
    from api.http.server import listen

    log_to_stderr(verbose=verbose)
    if demo and (site or source):
        raise SiteError("--demo is a site of its own; leave out the site file and --source")
    listener = listen(host, port)
    try:
        _serve(_chosen(site, source or [], demo=demo), listener)
    finally:
        listener.close()


def _chosen(site: Path | None, sources: list[str], *, demo: bool) -> Site:
    from scripts.watching import HOME, choose_site

    return choose_site(_demo(HOME / "demo") if demo else site, sources)


def _demo(root: Path) -> Path:
    """The demo's site file; rendered on the first run, which takes about a minute."""
    from datasets.demo import build_demo

    if not err.is_terminal:
        return build_demo(root, progress=None)
    with Progress(console=err, transient=True) as bar:
        tasks = {}

        def progress(name: str, done: float) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(f"rendering {name}", total=1.0)
            bar.update(tasks[name], completed=done)

        return build_demo(root, progress=progress)


def _serve(site: Site, listener: socket) -> None:
    from api.access.keys import KeyStore
    from api.cases.intake import CaseIntake, DetectorInfo
    from api.http.app import create_app
    from api.http.server import console_address
    from api.http.server import serve as run
    from api.storage.database import Database
    from scripts.watching import make_pipeline
    from vision.engines import open_engine
    from vision.evidence import EvidenceStore

    database = Database.open(site.storage.database)
    try:
        engine = open_engine(site.model)
        model = engine.model
        detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
        intake = CaseIntake(database, site, detector)
        pipeline = make_pipeline(site, engine, [intake.take])
        evidence = EvidenceStore(Path(site.storage.evidence))
        app = create_app(site, database, evidence, watch=pipeline)
        address = console_address(listener, KeyStore(database).session_key())
        out.print(
            f"{escape(site.site.name)}: {len(site.cameras)} cameras, {model.name} on {engine.name}"
        )
        out.print(f"console: {address}")
        intake.end_unwatched(pipeline.held)
        pipeline.start()
        try:
            run(app, listener)
        finally:
            pipeline.stop()
    except OSError as error:
        raise StreetwardenError(
            f"{error.filename or site.storage.evidence}: {error.strerror}; "
            "free space or make the folder writable"
        ) from error
    finally:
        database.close()
