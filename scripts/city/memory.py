"""SharedMemory: the cameras' memory in PostgreSQL, so that it outlives the machine that watches.

The rules write to a folder of their machine, as everywhere. From there, what has changed goes to
the database every `EVERY_S` seconds, and always before an event goes to the case intake: an event
that is in a case is in the memory too, so whoever takes the camera over offers it again under the
same id, which the intake knows. What is lost with a machine is the last seconds of looks.

It goes to PostgreSQL, not to the bucket, because there it is written under the camera's lease, in
one transaction: who has lost the lease changes nothing any more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from threading import Event, Lock, Thread

from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.dialects.postgresql import insert

from api.storage.engine import explained
from scripts.city.lease import Leases
from scripts.city.tables import MEMORY
from vision import durable
from vision.episodes import EpisodeEvent
from vision.errors import StreetwardenError
from vision.evidence import EvidenceItem
from vision.pipeline.memory import memory_of
from vision.site import Site
from vision.throttled_log import ThrottledLog

_log = logging.getLogger(__name__)

EVERY_S = 5.0
"""Seconds between two looks for what has changed."""
_STATE = "rules.json"
"""A line for each look, of which the last counts: only that is shared."""
_Seen = tuple[int, int]


@dataclass(slots=True)
class _Known:
    """What the database has of a camera, by path; `stats` as the files were when it was read."""

    stats: dict[str, _Seen] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


class SharedMemory:
    """The memory of some cameras in a folder, kept the same in the database.

    Clips that are on their way lie in folders of it that are not shared: they are large.

    Args:
        engine: of the city's database.
        root: the folder; see `vision.pipeline.memory`.
        site: whose cameras they are.
        cameras: ids of those.
        leases: under which it is written; None for who only reads.
    """

    def __init__(
        self,
        engine: Engine,
        root: Path,
        site: Site,
        cameras: Sequence[str],
        leases: Leases | None = None,
    ) -> None:
        self._engine, self._root, self._leases = engine, root, leases
        self._folders = {
            camera.id: _folders(site, camera.id, root)
            for camera in site.cameras
            if camera.id in cameras
        }
        self._known = {camera: _Known() for camera in self._folders}
        self._faults = ThrottledLog(_log)
        self._over = Event()
        self._thread = Thread(target=self._run, name="shared-memory", daemon=True)

    def pull(self) -> None:
        """Write what the database has into the folder.

        Raises:
            DatabaseUnavailable: the database does not answer.
            StreetwardenError: the folder cannot be written.
        """
        self._pull(list(self._folders))

    def add(self, site: Site, cameras: Sequence[str]) -> None:
        """Share the memory of these too from now on, by a changed site, and `pull` what is new.

        Of a camera that was there before, and of its presets, the folder knows the latest.

        Raises: as `pull`; nothing is changed.
        """
        folders = {camera: _folders(site, camera, self._root) for camera in cameras}
        fresh = [camera for camera in cameras if camera not in self._folders]
        self._known = self._known | {camera: _Known() for camera in fresh}
        self._pull(fresh)
        known = self._folders
        self._folders = known | {
            camera: list(dict.fromkeys([*known.get(camera, ()), *found]))
            for camera, found in folders.items()
        }

    def _pull(self, cameras: Sequence[str]) -> None:
        query = select(MEMORY).where(MEMORY.c.camera.in_(cameras))
        try:
            with explained(self._engine), self._engine.connect() as connection:
                for path, camera, content in connection.execute(query):
                    file = self._root / _inside(path)
                    durable.write(file, content, sync=False)
                    known = self._known[camera]
                    known.stats[path], known.contents[path] = _stat(file), content
        except OSError as error:
            raise StreetwardenError(
                f"{error.filename or self._root}: cannot be written ({error.strerror}); free space "
                "or make the folder writable"
            ) from error

    def add_missing(self) -> None:
        """Put into the database what the folder has of cameras that it knows nothing of.

        Raises:
            DatabaseUnavailable: the database does not answer.
        """
        with explained(self._engine), self._engine.connect() as connection:
            there = set(connection.execute(select(MEMORY.c.camera).distinct()).scalars())
        for camera in self._folders.keys() - there:
            self.push(camera)

    def start(self) -> None:
        """Keep the database up to date from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End that, with what has changed until now.

        Raises:
            DatabaseUnavailable, LeaseLost: see `push`.
        """
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.push_all()

    def before_case(self, event: EpisodeEvent, _items: Sequence[EvidenceItem]) -> None:
        """A sink before the case intake: the memory has an event before a case has it."""
        self.push(event.episode.camera)

    def push_all(self) -> None:
        """Put what has changed of all cameras into the database; see `push`."""
        for camera in self._folders:
            self.push(camera)

    def push(self, camera: str) -> None:
        """Put what has changed of a camera into the database, if it is still ours to watch.

        Raises:
            DatabaseUnavailable: nothing was changed; try again.
            LeaseLost: another may watch it.
        """
        known = self._known[camera]
        with known.lock:
            stats = self._stats(camera)
            if stats == known.stats:
                return
            contents = self._read(stats, known)
            changed = {p: c for p, c in contents.items() if known.contents.get(p) != c}
            gone = known.contents.keys() - contents.keys()
            if changed or gone:
                with explained(self._engine), self._engine.begin() as connection:
                    if self._leases is not None:
                        self._leases.fence(connection, camera)
                    _put(connection, camera, changed, gone)
            known.stats, known.contents = stats, contents

    def _stats(self, camera: str) -> dict[str, _Seen]:
        found = {}
        for folder in self._folders[camera]:
            for file in folder.iterdir() if folder.is_dir() else ():
                if file.name.startswith("."):  # a part of one that is being written
                    continue
                try:
                    if file.is_file():
                        found[file.relative_to(self._root).as_posix()] = _stat(file)
                except FileNotFoundError:
                    continue
        return found

    def _read(self, stats: Mapping[str, _Seen], known: _Known) -> dict[str, bytes]:
        found = {}
        for path, stat in stats.items():
            if known.stats.get(path) == stat:
                found[path] = known.contents[path]
                continue
            try:
                content = (self._root / path).read_bytes()
            except FileNotFoundError:
                continue
            found[path] = _latest(content) if path.endswith(f"/{_STATE}") else content
        return found

    def _run(self) -> None:
        while not self._over.wait(EVERY_S):
            for camera in self._folders:
                try:
                    self.push(camera)
                except StreetwardenError as error:
                    self._faults.in_words("memory is not shared now", error)
                except Exception as error:  # noqa: BLE001 - nothing may end this thread
                    self._faults.traced("sharing memory", error)


def _put(connection: Connection, camera: str, changed: Mapping[str, bytes], gone: set[str]) -> None:
    if changed:
        rows = [{"path": p, "camera": camera, "content": c} for p, c in changed.items()]
        new = insert(MEMORY).values(rows)
        connection.execute(
            new.on_conflict_do_update(
                index_elements=["path"],
                set_={"camera": new.excluded.camera, "content": new.excluded.content},
            )
        )
    if gone:
        connection.execute(delete(MEMORY).where(MEMORY.c.path.in_(gone)))


def _folders(site: Site, camera: str, root: Path) -> list[Path]:
    shown = next(one for one in site.cameras if one.id == camera)
    presets: list[str | None] = [preset.name for preset in shown.presets]
    # A camera with presets has a folder of its own as well: its gaps.
    found = [memory_of(shown, root, p, bare=site.bare) for p in dict.fromkeys([None, *presets])]
    return [folder for folder in found if folder is not None]


def _latest(content: bytes) -> bytes:
    """The last line that ends: one may be being written."""
    whole, ended, _ = content.rpartition(b"\n")
    return whole.rpartition(b"\n")[2] + ended


def _stat(file: Path) -> _Seen:
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


def _inside(path: str) -> PurePosixPath:
    """A path of the database, which may not lead out of the folder."""
    found = PurePosixPath(path)
    if found.is_absolute() or ".." in found.parts:
        raise StreetwardenError(f"city_memory: {path!r} leads out of the folder; see who wrote it")
    return found
