"""`streetwarden city`: a site's cameras watched by the machines of a Ray cluster."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from typing import Annotated

import typer
from rich.markup import escape

from scripts.console import LogFormatOption, count, err, log_to_stderr


def city(
    site: Annotated[Path, typer.Argument(help="A site file, the same on every machine.")],
    address: Annotated[
        str, typer.Option(help="HOST:PORT of the cluster's head; auto: this machine's.")
    ] = "auto",
    shards: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes that share the cameras, at most; by default as many as there is room "
            "for without the largest machine.",
        ),
    ] = None,
    cores: Annotated[float, typer.Option(min=0.1, help="Cores that each takes.")] = 1.0,
    gpus: Annotated[float, typer.Option(min=0.0, help="GPUs that each takes; 0.25: a part.")] = 0.0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log what happens.")] = False,
    log_format: LogFormatOption = None,
) -> None:
    """Watch a site's cameras on many machines, until Ctrl-C or SIGTERM.

    Cases go to PostgreSQL and evidence to a bucket. A machine that is lost loses no case: its
    cameras go on elsewhere. A changed site file is followed. API, console and deliveries are
    `serve --no-watch`, on any machines.
    """
    from api.cases.intake import DetectorInfo
    from api.records.site_chain import SiteChain
    from api.site_in_force import SiteInForce
    from api.storage.database import Database
    from models.catalogue import find
    from scripts.city.city import City
    from scripts.city.cluster import RayCluster
    from scripts.city.fitness import check_site
    from scripts.city.machines import Need, shards_for
    from scripts.city.site_file import followed
    from scripts.city.tables import impatient, make_tables
    from scripts.watching import choose_site, make_intake
    from vision.evidence import open_store

    logs = log_to_stderr(verbose=verbose, form=log_format)
    chosen = choose_site(site, [])
    check_site(chosen, 1)
    open_store(chosen.storage)  # says what is not installed, before every shard does
    cluster = RayCluster(address)
    try:
        machines = cluster.machines()
        check_site(chosen, len(machines))
        need = Need(cores, gpus)
        most = shards or shards_for(machines, need)
        err.print(
            f"{escape(chosen.site.name)}: {count(len(chosen.cameras), 'camera')} in "
            f"{count(min(most, len(chosen.cameras)), 'shard')} on {count(len(machines), 'machine')}"
        )
        stop = Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        database = Database.open(chosen.storage.database)
        try:
            SiteChain.open(database, chosen.storage.key_file)
            impatient(database.engine)
            make_tables(database.engine)
            made = City(
                chosen,
                database.engine,
                cluster,
                shards=most,
                need=need,
                logs=logs,
                told=lambda line: err.print(escape(line)),
            )
            model = find(chosen.model.name)
            detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
            held = made.prepare(model)
            in_force = SiteInForce(chosen)
            make_intake(database, in_force, detector).end_unwatched(held)
            with followed(made, site, database, in_force):
                made.run(stop)
            made.close()
        finally:
            database.close()
    finally:
        cluster.close()
