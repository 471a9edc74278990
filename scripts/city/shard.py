"""Shard: one process that watches its share of a city's cameras, on whatever machine it runs.

It is what one machine runs (`scripts.watching.make_pipeline`), with three things around it: leases
that count on every machine, a memory that the next process finds on another, and sinks that put
evidence into the bucket and memory into the database before a case is made of an event. Of Ray it
knows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from scripts.city.lease import Leases, last_seen
from scripts.city.memory import SharedMemory
from scripts.city.room import room
from scripts.city.tables import impatient
from vision.errors import StreetwardenError
from vision.logs import Logs, set_up
from vision.redaction import REDACTION, secrets_of

if TYPE_CHECKING:
    from api.storage.database import Database
    from vision.engines import Engine, ModelChoice
    from vision.episodes import EpisodeEvent
    from vision.evidence import EvidenceItem, EvidenceStore
    from vision.pipeline import Pipeline
    from vision.site import Site

_ROOM = "city"


@dataclass(frozen=True, slots=True)
class Order:
    """What a shard is started with; it is pickled, so all of it is found by name elsewhere.

    Attributes:
        site: the whole of it.
        cameras: ids of those to watch.
        holder: of their leases; nobody else's, ever.
        node: the machine, for people.
        opener: opens the engine.
        logs: what is logged and how.
    """

    site: Site
    cameras: tuple[str, ...]
    holder: str
    node: str
    opener: Callable[[ModelChoice], Engine]
    logs: Logs


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a shard has ended: None where it was asked to, or all its recordings are over.

    `mendable`: it never watched, and the user has to change something. `wordless`: its process is
    gone and said nothing, as when its machine is gone too.
    """

    why: str | None = None
    mendable: bool = False
    wordless: bool = False


class Shard:
    """Watches some cameras from `watch` until `stop`, by another thread, or until it cannot."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._over = Event()
        self._pipeline: Pipeline | None = None

    def stop(self) -> None:
        """End in order."""
        self._over.set()

    def watch(self) -> Ended:
        """Watch; returns when that is over."""
        from api.storage.database import Database

        order = self._order
        set_up(order.logs)
        REDACTION.hide(secrets_of(order.site))
        try:
            database = Database.open(order.site.storage.database)
            impatient(database.engine)
            try:
                with room(order.site.storage.folder / _ROOM) as own:
                    self._watch(database, _at(order.site, own))
            finally:
                database.close()
        except StreetwardenError as error:
            return Ended(str(error), mendable=self._pipeline is None)
        return Ended()

    def _watch(self, database: Database, site: Site) -> None:
        from api.cases.intake import DetectorInfo
        from api.records.site_chain import SiteChain
        from api.site_in_force import SiteInForce
        from scripts.watching import make_intake, make_pipeline
        from vision.evidence import open_store

        order = self._order
        SiteChain.open(database, site.storage.key_file)
        engine = order.opener(site.model)
        leases = Leases(database.engine, order.holder, order.node)
        memory = SharedMemory(
            database.engine, site.storage.folder / "memory", site, order.cameras, leases
        )
        evidence = open_store(site.storage)
        model = engine.model
        detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
        intake = make_intake(database, SiteInForce(site), detector)
        leases.take(order.cameras)
        try:
            leases.keep(self._told)
            memory.pull()
            pipeline = make_pipeline(
                site,
                engine,
                [memory.before_case, partial(_moved, evidence), intake.take],
                quarantine=None,  # it would lie on a machine that may be lost
                cameras=order.cameras,
                reopen=partial(order.opener, site.model),
            )
            intake.last_seen = partial(_last_seen, pipeline, database, frozenset(order.cameras))
            self._run(pipeline, memory)
        finally:
            leases.release()

    def _run(self, pipeline: Pipeline, memory: SharedMemory) -> None:
        memory.start()
        pipeline.start()
        self._pipeline = pipeline
        try:
            while not (self._over.wait(0.5) or pipeline.blind.is_set() or _drained(pipeline)):
                pass
        finally:
            pipeline.stop()
            memory.stop()
        if pipeline.failed is not None:
            raise pipeline.failed

    def _told(self) -> Mapping[str, Mapping[str, Any]]:
        """What the leases say of each camera; nothing before it is watched."""
        if self._pipeline is None:
            return {}
        sightings = self._pipeline.sightings()
        return {
            status.camera: {
                "state": status.state.value,
                "view": status.view.value,
                "error": status.error,
                "read": status.read,
                "analysed": status.analysed,
                "last_frame_at": status.last_frame_at.isoformat() if status.last_frame_at else None,
                "sightings": {
                    episode: at.isoformat()
                    for episode, at in sightings.get(status.camera, {}).items()
                },
            }
            for status in self._pipeline.status()
        }


def _drained(pipeline: Pipeline) -> bool:
    return pipeline.failed is None and pipeline.wait(0)


def _moved(store: EvidenceStore, _event: EpisodeEvent, _items: Sequence[EvidenceItem]) -> None:
    """A sink before the case intake: no case shows what one machine alone has."""
    from vision.evidence.spooled_store import SpooledStore

    if isinstance(store, SpooledStore):
        store.upload()


def _last_seen(
    pipeline: Pipeline, database: Database, mine: frozenset[str], camera: str, episode: str
) -> datetime | None:
    if camera in mine:
        return pipeline.last_seen(camera, episode)
    return last_seen(database.engine, camera, episode)


def _at(site: Site, own: Path) -> Site:
    """The site with what is this process's own in `own`, and its key where it was."""
    storage = site.storage
    moved = {"data": str(own), "site_key": str(storage.key_file)}
    return site.model_copy(update={"storage": storage.model_copy(update=moved)})
