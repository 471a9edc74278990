"""Shard: one process that watches its share of a city's cameras, on whatever machine it runs.

It is what one machine runs (`scripts.watching.make_pipeline`), with three things around it: leases
that count on every machine, a memory that the next process finds on another, and sinks that put
evidence into the bucket and memory into the database before a case is made of an event. Of Ray it
knows nothing.

A changed site is taken over while it watches. The lease of a camera that has left stays its own
until it ends: what that camera's rules had under way is over, and is stored under it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Event, Lock
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

_log = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Applied:
    """A shard's answer to a changed site: None where it watches by it, else why it cannot."""

    fault: str | None = None


class Shard:
    """Watches some cameras from `watch` until `stop`, by another thread, or until it cannot."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._over = Event()
        self._pipeline: Pipeline | None = None
        self._take_over: Callable[[Site, Sequence[str]], None] | None = None
        self._changing = Lock()

    def stop(self) -> None:
        """End in order."""
        self._over.set()

    def apply(self, site: Site, cameras: Sequence[str]) -> Applied:
        """Watch these cameras of a changed site from now on, by another thread than `watch`'s.

        A camera of which nothing has changed does not notice; see `Pipeline.apply`. Where there is
        a fault, some of the change may have been made: this shard is to end then.
        """
        with self._changing:
            if self._take_over is None:
                return Applied("it does not watch now")
            try:
                self._take_over(site, cameras)
            except (StreetwardenError, OSError) as error:
                return Applied(str(error))
            except Exception as error:  # noqa: BLE001 - another shard is started then
                _log.exception("a changed site could not be taken over; report this")
                return Applied(f"{type(error).__name__}: {error}")
        return Applied()

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
                    self._watch(database, own)
            finally:
                database.close()
        except StreetwardenError as error:
            return Ended(str(error), mendable=self._pipeline is None)
        return Ended()

    def _watch(self, database: Database, own: Path) -> None:
        from api.cases.intake import DetectorInfo
        from api.records.site_chain import SiteChain
        from api.site_in_force import SiteInForce
        from scripts.watching import make_intake, make_pipeline
        from vision.evidence import open_store

        order = self._order
        site = _at(order.site, own)
        SiteChain.open(database, site.storage.key_file)
        engine = order.opener(site.model)
        leases = Leases(database.engine, order.holder, order.node)
        memory = SharedMemory(
            database.engine, site.storage.folder / "memory", site, order.cameras, leases
        )
        evidence = open_store(site.storage)
        model = engine.model
        detector = DetectorInfo(model.name, model.version, model.sha256, model.threshold)
        in_force = SiteInForce(site)
        intake = make_intake(database, in_force, detector)
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
            intake.last_seen = partial(_last_seen, pipeline, database, leases)

            def take_over(changed: Site, cameras: Sequence[str]) -> None:
                changed = _at(changed, own)
                REDACTION.hide(secrets_of(changed))
                leases.add(cameras)
                memory.add(changed, cameras)
                in_force.follow(changed)
                pipeline.apply(changed, cameras)

            self._run(pipeline, memory, take_over)
        finally:
            leases.release()

    def _run(
        self,
        pipeline: Pipeline,
        memory: SharedMemory,
        take_over: Callable[[Site, Sequence[str]], None],
    ) -> None:
        memory.start()
        pipeline.start()
        self._take_over = take_over
        self._pipeline = pipeline  # from now on the leases say that it watches
        try:
            while not (self._over.wait(0.5) or pipeline.blind.is_set() or self._drained(pipeline)):
                pass
        finally:
            with self._changing:
                self._take_over = None
            pipeline.stop()
            memory.stop()
        if pipeline.failed is not None:
            raise pipeline.failed

    def _drained(self, pipeline: Pipeline) -> bool:
        """Whether all recordings are over, or it has no camera any more."""
        with self._changing:  # one that is added meanwhile is no recording that is over
            return pipeline.failed is None and pipeline.wait(0)

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


def _moved(store: EvidenceStore, _event: EpisodeEvent, _items: Sequence[EvidenceItem]) -> None:
    """A sink before the case intake: no case shows what one machine alone has."""
    from vision.evidence.spooled_store import SpooledStore

    if isinstance(store, SpooledStore):
        store.upload()


def _last_seen(
    pipeline: Pipeline, database: Database, leases: Leases, camera: str, episode: str
) -> datetime | None:
    if camera in leases.cameras:
        return pipeline.last_seen(camera, episode)
    return last_seen(database.engine, camera, episode)


def _at(site: Site, own: Path) -> Site:
    """The site with what is this process's own in `own`, and its key where it was."""
    storage = site.storage
    moved = {"data": str(own), "site_key": str(storage.key_file)}
    return site.model_copy(update={"storage": storage.model_copy(update=moved)})
