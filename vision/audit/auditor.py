"""Auditor: pictures in, records out, through one engine, resumable at any moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import cv2
import numpy as np

from vision.audit.derivative import derive, sure
from vision.audit.findings import VERSION, brought_findings, find, seen
from vision.audit.folder import PICTURES, AuditFolder, sketch_of
from vision.audit.intake import archive
from vision.audit.intake.items import Item, Problem
from vision.audit.merging.likeness import fingerprint, sketch
from vision.audit.orthophotos.orthophoto import Orthophoto, OrthophotoAudit
from vision.audit.places import Whereabouts
from vision.audit.reading import Loaded, load_ahead
from vision.audit.records import (
    Picture,
    PictureRecord,
    Settings,
    finding_record,
    found_objects,
)
from vision.audit.sight import Attributes, Sight
from vision.audit.storing import Store
from vision.decoding.decoders import Decoders, at_once
from vision.decoding.orthophoto import Facts
from vision.detections import Detections
from vision.engines.engine import Engine
from vision.errors import EngineError, PictureError
from vision.sources.raster import Raster


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an audit is: items of the intake done, of how many."""

    done: int
    total: int
    not_audited: int
    reused: int
    """Of those done, the ones that an earlier run had looked at."""


@dataclass(slots=True, eq=False)
class Auditor:
    """Looks at every picture of an intake once.

    Attributes:
        folder: claimed; the journal and the derivatives go there.
        engine: the detector; only the calling thread uses it.
        language: of the labels drawn into derivatives.
        attributes, attributes_sha256: reader of truck states and the hash of its weights, if any.
        decoders: decode the pictures; of its own while it runs, if None.
        started_at: when the audit under these settings first began (ISO, UTC); set by `run`.
    """

    folder: AuditFolder
    engine: Engine
    language: Literal["zh", "en"]
    attributes: Attributes | None = None
    attributes_sha256: str = ""
    decoders: Decoders | None = None
    started_at: str = field(default="", init=False)
    _known: dict[str, PictureRecord] = field(default_factory=dict, init=False)
    _sight: Sight = field(init=False)
    _decoders: Decoders = field(init=False)
    _asked: set[str] = field(default_factory=set, init=False)
    _reused: int = field(default=0, init=False)

    @property
    def settings(self) -> Settings:
        """What the records depend on."""
        model = self.engine.model
        return Settings(
            language=self.language,
            model=model.name,
            version=model.version,
            sha256=model.sha256,
            engine=self.engine.name,
            image_size=self.engine.image_size,
            threshold=model.threshold,
            truck_state=self.attributes_sha256,
            decisions=VERSION,
            brought=tuple(brought_findings()),
        )

    def run(
        self, intake: Sequence[Item | Problem], report: Callable[[Progress], None] = lambda _: None
    ) -> tuple[list[Picture], list[Problem]]:
        """Look at the pictures that the journal does not know yet.

        Args:
            intake: pictures and problems, each name once, in the order of the report.
            report: called after each batch, from this thread.

        Returns:
            The pictures that could be read and everything that could not, in the order of intake.

        Raises:
            EvidenceError: the folder cannot be written to; what was done stays in the journal.
            EngineError: the engine cannot look at any picture.
        """
        self.started_at, self._known = self.folder.resume(self.settings)
        self._reused, self._asked = 0, set()
        self._sight = Sight(self.engine, self.attributes, works=bool(self._known))
        problems = [i for i in intake if isinstance(i, Problem)]
        items = [i for i in intake if isinstance(i, Item)]
        hashes, done = dict[str, str](), len(problems)
        with ExitStack() as stack:
            stack.callback(archive.close)
            decoders = self.decoders or stack.enter_context(Decoders(min(len(items), at_once())))
            self._decoders = decoders
            pool = ThreadPoolExecutor(decoders.count, thread_name_prefix="audit-reading")
            stack.callback(pool.shutdown, wait=True, cancel_futures=True)
            store = stack.enter_context(Store(self.folder, self.settings, self._known))

            def told() -> None:
                waiting = self._sight.under_way + store.waiting
                unaudited = len(problems) + len(store.problems)
                report(Progress(done - waiting, len(intake), unaudited, self._reused))

            ahead = load_ahead(pool, items, self._known, self.folder.scratch, decoders)
            for batch, unread in self._batches(ahead):
                done += len(batch) + len(unread)
                hashes |= {one.item.name: one.sha256 for one in batch}
                problems += unread + self._look(store, batch)
                told()
            while self._sight.under_way:
                problems += self._finish(store)
                told()
        problems += store.problems
        told()
        return self._in_order(intake, hashes, problems)

    def _in_order(
        self, intake: Sequence[Item | Problem], hashes: dict[str, str], problems: Sequence[Problem]
    ) -> tuple[list[Picture], list[Problem]]:
        """Sort what came of the intake; the first name of the same bytes carries the record."""
        causes = {p.name: p for p in problems}
        first, pictures, failed = dict[str, str](), list[Picture](), list[Problem]()
        for name in (one.name for one in intake):
            sha = hashes.get(name, "")
            if sha in first:
                pictures.append(Picture(name=name, duplicate_of=first[sha]))
            elif sha in self._known:
                first[sha] = name
                pictures.append(Picture(name=name, record=self._known[sha]))
            else:
                copy = Problem(name=name, cause="has the same bytes as a picture that failed")
                failed.append(causes.get(name, copy))
        return pictures, failed

    def _batches(
        self, loaded: Iterator[Loaded | Problem]
    ) -> Iterator[tuple[list[Loaded], list[Problem]]]:
        batch, unread, fresh = list[Loaded](), list[Problem](), 0
        for one in loaded:
            if isinstance(one, Problem):
                unread.append(one)
            else:
                batch.append(one)
                fresh += not one.known
            many = len(batch) + len(unread) >= 64  # known ones cost little, yet progress is shown
            if fresh >= self.engine.batch or many:
                yield batch, unread
                batch, unread, fresh = [], [], 0
        if batch or unread:
            yield batch, unread

    def _look(self, store: Store, batch: Sequence[Loaded]) -> list[Problem]:
        """Start on a batch, and finish the oldest where the engine has enough to do."""
        fresh = list[Loaded]()
        self._reused += sum(one.known for one in batch)
        problems = list[Problem]()
        for one in batch:
            if one.known or one.sha256 in self._asked or one.sha256 in self._known:
                continue
            self._asked.add(one.sha256)
            if one.facts is None:
                fresh.append(one)
            else:
                problems += self._survey(store, one, one.facts)
        if not fresh:
            return problems
        self._sight.start(fresh)
        return problems + (self._finish(store) if self._sight.busy else [])

    def _survey(self, store: Store, one: Loaded, facts: Facts) -> list[Problem]:
        """Look at an orthophoto, all of it."""
        path = one.item.path
        try:
            with one.item.local(self.folder.scratch) as path:
                map_ = Orthophoto(path, one.sha256, facts)
                looking = OrthophotoAudit(self.folder, self.settings, self.engine, self._decoders)
                record = looking.look(map_)
        except (PictureError, EngineError) as error:
            if isinstance(error, EngineError) and not self._sight.works:
                raise
            cause = str(error).replace(str(path), "").lstrip(": ")
            return [Problem(name=one.item.name, cause=cause)]
        self._sight.works = True
        store.put(lambda: record)
        return []

    def _finish(self, store: Store) -> list[Problem]:
        """Wait for the oldest batch, and have its derivatives drawn and its records stored."""
        problems = list[Problem]()
        for one, result in self._sight.finish():
            if isinstance(result, EngineError):
                problems.append(Problem(name=one.item.name, cause=str(result)))
            else:
                store.put(partial(self._record, one, result))
        return problems

    def _record(self, one: Loaded, detections: Detections) -> PictureRecord | Problem:
        """Decide, draw and store one picture; runs in the store's threads."""
        assert one.raster is not None
        threshold = self.engine.model.threshold
        strong = _on_the_whole(sure(detections, threshold), one.raster)
        findings = find(strong)
        name = f"{PICTURES}/{one.sha256[:20]}-{self.settings.key[:6]}.jpg"
        try:
            shown = derive(one.raster.pixels, detections, findings, threshold, self.language)
        except (PictureError, cv2.error) as error:
            return Problem(name=one.item.name, cause=f"cannot be drawn ({error})")
        if findings:
            self.folder.write(sketch_of(name), sketch(one.raster.pixels, detections), sync=False)
        self.folder.write(name, shown, sync=False)  # the store syncs them together
        where = Whereabouts.of(one.sample, one.position, one.raster.width, one.raster.height)
        return PictureRecord(
            sha256=one.sha256,
            width=one.raster.width,
            height=one.raster.height,
            note=one.raster.note,
            taken_at=one.taken_at,
            position=one.position,
            annotated=name,
            seen=seen(strong),
            findings=tuple(finding_record(f, where.place(f.box)) for f in findings),
            objects=found_objects(strong),
            fingerprint=fingerprint(one.raster.pixels),
        )


def _on_the_whole(detections: Detections, raster: Raster) -> Detections:
    """Detections on a picture that was scaled down, in pixels of the picture itself."""
    height, width = raster.pixels.shape[:2]
    scale = np.array([raster.width / width, raster.height / height] * 2, np.float32)
    return replace(detections, xyxy=np.asarray(detections.xyxy, np.float32) * scale)
