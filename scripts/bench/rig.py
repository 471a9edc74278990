"""Rig: cameras watched as `serve` watches them, by one process or by workers, for measuring.

Each look leaves a row in a file, so that what other processes look at is measured like our own.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import numpy as np
import psutil
from numpy.typing import NDArray

from scripts.bench.processes import memory_mb, spent_s
from scripts.console import log_to_stderr
from scripts.watching import make_pipeline, make_workers
from vision.detections import Detections
from vision.engines.engine import Engine
from vision.episodes import EpisodeEvent
from vision.evidence import EvidenceItem
from vision.frames import Frame
from vision.kinds import catalogue
from vision.look import Look
from vision.loop.metrics import age_s
from vision.model_choice import ModelChoice
from vision.pipeline import Pipeline
from vision.pipeline.event_writer import Sink
from vision.pipeline.looking import Looking
from vision.site import Camera, Site, SiteInfo, Storage, Zone
from vision.sources.status import CameraStatus
from vision.workers import Workers

LOOK = np.dtype([("at", "f8"), ("age", "f8"), ("camera", "i4"), ("reused", "i4")])
"""A look: when it was delivered (seconds of `time.monotonic`, one clock for all processes), its age
then (seconds, 0 of a recording), its camera's number, and whether an earlier one stands for it."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is done at a look.

    Attributes:
        decide: track and decide, store evidence, read trucks, as the product does; else nothing.
        still: let what was seen stand for still scenes, as the product does where no truck is
            watched.
        spread_s: cameras are started one by one in so many seconds.
    """

    decide: bool = False
    still: bool = False
    spread_s: float = 0.0

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are watched; something has to be."""
        if not self.decide:
            return ("overflowing_bin",)
        trucks = "truck_state"  # to read it, every look is needed
        return tuple(k.name for k in catalogue().kinds if not (self.still and trucks in k.needs))


class LoggedLooking(Looking):
    """What becomes of a look that is logged; `LoggedPipeline` sets what it needs.

    Attributes:
        work: what is done at a look.
        numbers: of the cameras.
        looks: the log.
    """

    work: Work
    numbers: Mapping[str, int]
    looks: io.FileIO

    def needed(self, frame: Frame) -> bool:
        """See `Looking`."""
        return super().needed(frame) if self.work.still else True

    def _look(self, frame: Frame, detections: Detections) -> None:
        if self.work.decide:
            super()._look(frame, detections)
        row = (
            time.monotonic(),
            age_s(frame) or 0.0,
            self.numbers[frame.camera],
            Look.of(detections).reused,
        )
        self.looks.write(np.array(row, LOOK).tobytes())


class LoggedPipeline(Pipeline):
    """A pipeline that logs its looks, and leaves out what comes after them unless it is to decide.

    Args:
        site, engine, sinks, more: see `Pipeline`.
        work: what is done at a look.
    """

    looking = LoggedLooking

    def __init__(
        self, site: Site, engine: Engine, sinks: Sequence[Sink], *, work: Work, **more: Any
    ) -> None:
        super().__init__(site, engine, sinks, **more)
        assert isinstance(self._looking, LoggedLooking)
        self._looking.work = work
        self._looking.numbers = {camera.id: number for number, camera in enumerate(site.cameras)}
        self._pause_s = work.spread_s / len(site.cameras)
        # One file per process; it is closed with it.
        file = _folder(site) / f"{min(self._watching.now)}.looks"
        self._looking.looks = self._looks = file.open("ab", buffering=0)

    def start(self) -> None:
        """See `Pipeline`; cameras of a site do not begin in one moment."""
        self._writer.start()
        self._loop.start()
        for watched in self._watching.now.values():
            watched.reader.start()
            time.sleep(self._pause_s)

    def stop(self) -> None:
        """See `Pipeline`."""
        super().stop()
        self._looks.close()


def _in_worker(
    site: Site, cameras: Sequence[str], opener: Callable[[], Engine], sink: Sink, *, work: Work
) -> Pipeline:
    """The pipeline of a worker, in its process."""
    log_to_stderr()
    made = partial(LoggedPipeline, work=work)
    return make_pipeline(site, opener(), [sink], cameras=cameras, reopen=opener, made=made)


class Rig:
    """Cameras that are watched; a context manager that starts and stops that.

    Args:
        sources: of each camera; they are named `camera-0`, `camera-1`, ….
        engine: warmed up, looks where one process does it all; its owner closes it.
        choice: what it was opened from, for the engine server of workers.
        workers: processes that share the cameras; 1: this one watches them.
        looks: per second and camera.
        work: what is done at a look.
        camera: more of each camera, see `vision.site.Camera`.
    """

    def __init__(
        self,
        sources: Sequence[str],
        engine: Engine,
        *,
        choice: ModelChoice | None = None,
        workers: int = 1,
        looks: float = 1.0,
        work: Work | None = None,
        **camera: Any,
    ) -> None:
        self._stack = ExitStack()
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        work = work or Work()
        zone = Zone(name="whole picture", watch=work.kinds)
        site = Site(
            site=SiteInfo(name="bench"),
            storage=Storage(database="sqlite://", evidence=str(folder / "evidence")),
            model=choice or ModelChoice(),
            cameras=tuple(
                Camera(
                    id=f"camera-{number}", source=source, analyse_fps=looks, zones=(zone,), **camera
                )
                for number, source in enumerate(sources)
            ),
        )
        self._folder = folder
        self.watch: Pipeline | Workers
        if workers == 1:
            made = partial(LoggedPipeline, work=work)
            self.watch = make_pipeline(site, engine, [_to_nobody], made=made)
            self._others: Callable[[], Sequence[psutil.Process]] = tuple
        else:
            shared = make_workers(
                site,
                engine.model,
                _to_nobody,
                count=workers,
                build=partial(_in_worker, work=work),
            )
            self.watch = shared
            self._others = lambda: [psutil.Process(pid) for pid in shared.pids.values()]
        self._me = [psutil.Process()]
        self._before_mb = memory_mb(self._me)

    def __enter__(self) -> Self:
        self._stack.callback(self.watch.stop)
        try:
            self.watch.start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def looks(self) -> NDArray[np.void]:
        """Every look so far, as `LOOK`, in the order of time.

        Raises:
            EngineError: the engine failed for good.
        """
        if self.watch.failed is not None:
            raise self.watch.failed
        found = [np.frombuffer(_whole(file.read_bytes()), LOOK) for file in self._logs()]
        return np.sort(np.concatenate([np.empty(0, LOOK), *found]), order="at")

    def ended(self) -> bool:
        """Whether all recordings have been looked at."""
        return self.watch.wait(0)

    def status(self) -> list[CameraStatus]:
        """The status of each camera; by workers, a second old at most."""
        return self.watch.status()

    def spent_s(self) -> float:
        """Processor seconds so far of all processes that watch, and of this one."""
        return spent_s([*self._me, *self._others()])

    def memory_mb(self) -> float:
        """Memory of all processes that watch.

        Where others do so, that of this one counts as far as it has grown: the engine that it has
        opened is there for measuring alone.
        """
        others = self._others()
        own = memory_mb(self._me) - (self._before_mb if others else 0.0)
        return max(0.0, own) + memory_mb(others)

    def _logs(self) -> list[Path]:
        return sorted(self._folder.glob("*.looks"))


def _folder(site: Site) -> Path:
    return Path(site.storage.evidence).parent


def _whole(rows: bytes) -> bytes:
    return rows[: len(rows) // LOOK.itemsize * LOOK.itemsize]


def _to_nobody(_event: EpisodeEvent, _items: Sequence[EvidenceItem]) -> None:
    """Where events go."""
