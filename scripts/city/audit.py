"""look_ahead: an audit's photos looked at by the machines of a Ray cluster, as a job of Ray Data.

Each machine runs the auditor of `vision.audit` on a few photos at a time, in a folder of its own,
and what that comes to, record and pictures, goes into the journal of the audit's folder here.
Then the audit runs here as it always does, finds these photos done, and does the rest: what could
not be read, orthophotos, videos, merging and the report. So a cluster changes no result, and an
audit that was stopped goes on, with or without one.

Photos are read on this machine and sent: the others need none of its folders.
"""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from scripts.city.cluster import RayCluster
from vision.audit import AuditFolder, Item, Problem
from vision.audit.auditor import Auditor, Progress
from vision.audit.folder import kept
from vision.audit.intake.archive import MAX_PICTURE_BYTES
from vision.audit.records import PictureRecord
from vision.audit.whole import truck_states
from vision.decoding.decoders import Decoders
from vision.decoding.orthophoto import may_be
from vision.engines import ModelChoice, open_engine
from vision.errors import EngineError, PictureError, StreetwardenError

if TYPE_CHECKING:
    from collections.abc import Container

BATCH = 16
"""Photos that a machine takes at a time."""
_KEEPS = 32
"""Records that are made durable together."""
Row = dict[str, Any]


def look_ahead(
    auditor: Auditor,
    *,
    address: str,
    photos: Sequence[Item | Problem],
    choice: ModelChoice,
    shown: AbstractContextManager[Callable[[Progress], None]],
    cores: float = 1.0,
) -> None:
    """Have the photos that its journal does not know looked at elsewhere, and put them there.

    Args:
        auditor: of the audit; it has not run yet.
        address: of the cluster, see `RayCluster`.
        photos: the intake without its videos.
        choice: the model and engine that `auditor` has.
        shown: entered meanwhile; what it gives is told how far it is.
        cores: that each process takes on its machine.

    Raises:
        StreetwardenError: no cluster answers, its machines look with another engine or model, or
            none of them can.
        EvidenceError: the folder cannot be written to; what was done stays in its journal.
    """
    folder = auditor.folder
    _, known = folder.resume(auditor.settings)
    items = [one for one in photos if isinstance(one, Item)]
    cluster = RayCluster(address)
    try:
        with shown as show:
            done = min(len(known), len(photos))  # the journal may know more than was asked for now
            reused = done
            rows = _looked_at(cluster, auditor, items, frozenset(known), choice, cores)
            for records in _kept_in(folder, rows):
                folder.remember(auditor.settings, records)
                done = min(done + len(records), len(photos))
                show(Progress(done, len(photos), 0, reused))
    finally:
        cluster.close()


def _looked_at(
    cluster: RayCluster,
    auditor: Auditor,
    items: Sequence[Item],
    known: Container[str],
    choice: ModelChoice,
    cores: float,
) -> Iterator[Row]:
    import ray
    from ray.data import ActorPoolStrategy, DataContext

    if not items:
        return
    DataContext.get_current().enable_progress_bars = False  # the command has one
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # it tells its plans as warnings
    here = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
    processes = max(1, sum(int(machine.cores / cores) for machine in cluster.machines()))
    looked_at = (
        ray.data.from_items([{"item": pickle.dumps(item)} for item in items])
        .flat_map(
            partial(_read, known=known, scratch=auditor.folder.scratch),
            num_cpus=0,  # this machine may have none to give
            label_selector=here,
        )
        .map_batches(
            Looker,
            fn_constructor_args=(choice, auditor.language, auditor.settings.model_dump_json()),
            batch_size=BATCH,
            batch_format="pyarrow",
            num_cpus=cores,
            compute=ActorPoolStrategy(min_size=1, max_size=min(processes, -(-len(items) // BATCH))),
        )
    )
    try:
        yield from looked_at.iter_rows()
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None) or error.__cause__
        if isinstance(cause, StreetwardenError):
            raise cause from error
        raise StreetwardenError(
            f"the cluster did not finish ({type(error).__name__}); run the same command again: it "
            "goes on, with --cluster or without"
        ) from error


def _read(row: Row, *, known: Container[str], scratch: Path) -> list[Row]:
    """A photo that is not known, with its bytes; none of what the auditor here sees to itself."""
    item: Item = pickle.loads(row["item"])  # noqa: S301 - this process's parent made it
    try:
        with item.local(scratch) as path:
            if path.stat().st_size > MAX_PICTURE_BYTES or may_be(path):
                return []
            content = path.read_bytes()
            suffix = path.suffix
    except (OSError, PictureError):
        return []
    if hashlib.sha256(content).hexdigest() in known:
        return []
    return [{"name": item.name, "suffix": suffix, "content": content}]


class Looker:
    """The auditor of one process of the cluster.

    Args:
        settings: of the audit, as JSON: who would come to other records says so at once.
    """

    def __init__(self, choice: ModelChoice, language: Literal["zh", "en"], settings: str) -> None:
        self._language = language
        self._eyes = open_engine(choice)
        self._states = truck_states(self._eyes, choice.engine, lambda _: None)
        self._decoders = Decoders(1).__enter__()
        with TemporaryDirectory() as home, AuditFolder(Path(home) / "audit") as folder:
            ours, theirs = (
                self._auditor(folder).settings.model_dump(mode="json"),
                json.loads(settings),
            )
        if ours != theirs:
            name = next(name for name in theirs if ours[name] != theirs[name])
            raise EngineError(
                f"a machine of the cluster looks with {name} {ours[name]}, this one with "
                f"{theirs[name]}: give --engine one that all have, and the same version to all"
            )

    def __call__(self, photos: Any) -> dict[str, list[bytes]]:
        """Look at a few photos (a table of name, suffix and content).

        Returns:
            The record and the files of each that could be read.
        """
        found: dict[str, list[bytes]] = {"record": [], "files": []}
        with TemporaryDirectory() as home, AuditFolder(Path(home) / "audit") as folder:
            items = []
            for number, photo in enumerate(photos.to_pylist()):
                path = Path(home) / f"{number}{photo['suffix']}"
                path.write_bytes(photo["content"])
                items.append(Item(photo["name"], path))
            pictures, _ = self._auditor(folder).run(items)
            for record in (p.record for p in pictures if p.record is not None):
                files = {name: (folder.root / name).read_bytes() for name in kept(record)}
                found["record"].append(record.model_dump_json().encode())
                found["files"].append(pickle.dumps(files))
        return found

    def _auditor(self, folder: AuditFolder) -> Auditor:
        return Auditor(folder, self._eyes, self._language, *self._states, decoders=self._decoders)


def _kept_in(folder: AuditFolder, rows: Iterator[Row]) -> Iterator[list[PictureRecord]]:
    """Write the files of what comes, and give the records in groups."""
    group = list[PictureRecord]()
    for row in rows:
        for name, content in pickle.loads(row["files"]).items():  # noqa: S301 - of our own process
            folder.write(name, content, sync=False)
        group.append(PictureRecord.model_validate_json(row["record"]))
        if len(group) == _KEEPS:
            yield group
            group = []
    if group:
        yield group
