"""A city that runs in this process, what it is seen to do, and the site file that it follows."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from threading import Event, Thread
from typing import Self

from sqlalchemy import Engine, select

from api.cases.intake import DetectorInfo
from api.records.site_chain import SiteChain
from api.site_in_force import SiteInForce
from api.storage.database import Database
from api.storage.tables import EvidenceRow
from scripts.city.city import City
from scripts.city.cluster import Cluster
from scripts.city.lease import held_leases
from scripts.city.machines import Need, shards_for
from scripts.city.site_file import followed
from scripts.city.tables import impatient, make_tables
from scripts.watching import make_intake
from tests.s3_server import S3Server
from tests.vision.live import SETTINGS
from tests.vision.workers.bins import open_eyes
from vision.logs import LogFormat, Logs
from vision.site import Site

LOGS = Logs(logging.WARNING, LogFormat.TEXT)


class Ran:
    """A city that runs in a thread of this process; `lines` is what it told, and when.

    `file`: the site file that it follows.
    """

    def __init__(
        self, site: Site, cluster: Cluster, shards: int | None = None, file: Path | None = None
    ) -> None:
        self.database = Database.open(site.storage.database)
        SiteChain.open(self.database, site.storage.key_file)
        impatient(self.database.engine)
        make_tables(self.database.engine)
        need = Need(cores=1)
        wanted = shards or shards_for(cluster.machines(), need)
        self.lines: list[tuple[float, str]] = []
        self.city = City(
            site,
            self.database.engine,
            cluster,
            shards=wanted,
            need=need,
            logs=LOGS,
            opener=open_eyes,
            told=lambda line: self.lines.append((time.time(), line)),
        )
        self._stop = Event()
        self._file = file
        self._thread = Thread(target=self._run, args=(site,))
        self._thread.start()

    def _run(self, site: Site) -> None:
        model = open_eyes(site.model).model
        held = self.city.prepare(model)
        detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
        in_force = SiteInForce(site)
        make_intake(self.database, in_force, detector).end_unwatched(held)
        with (
            followed(self.city, self._file, self.database, in_force)
            if self._file is not None
            else nullcontext()
        ):
            self.city.run(self._stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.city.close()
        self.database.close()


def analysed(database: Engine) -> dict[str, tuple[str, int]]:
    """By camera: who watches it now, and how many frames that one has looked at."""
    return {
        camera: (held.holder, held.told.get("analysed", 0))
        for camera, held in held_leases(database).items()
    }


def until(done: Callable[[], bool], seconds: float = 120) -> float:
    """Wait for it; returns the seconds that it took."""
    began = time.monotonic()
    while not done():
        assert time.monotonic() - began < seconds
        Event().wait(0.1)
    return time.monotonic() - began


def shows_what_is_stored(site: Site, s3: S3Server) -> None:
    """Every picture of every case is in the bucket, whatever a lost shard had not yet sent."""
    database = Database.open(site.storage.database)
    with database.read() as session:
        shown = set(session.scalars(select(EvidenceRow.sha256)))
    database.close()
    assert shown
    assert shown <= {name.rpartition("/")[2] for name in s3.objects()}


def written(site: Site, file: Path, **more: object) -> None:
    """A site file that says so; replaced at once, as an editor does."""
    assert site.storage.s3 is not None
    said = {
        "site": {"name": site.site.name},
        "storage": site.storage.model_dump(exclude={"s3"}, exclude_unset=True)
        | {"s3": site.storage.s3.model_dump(exclude_unset=True)},
        "defaults": {"overflowing_bin": SETTINGS},
        "cameras": [
            {
                "id": camera.id,
                "source": camera.source,
                "analyse_fps": camera.analyse_fps,
                "zones": [z.model_dump(include={"name", "polygon", "watch"}) for z in camera.zones],
            }
            for camera in site.cameras
        ],
    }
    new = file.with_suffix(".new")
    new.write_text(json.dumps(said | more, default=str))
    new.replace(file)
