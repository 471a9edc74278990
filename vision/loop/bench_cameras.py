"""Measures how many cameras one loop holds, beside the bare engine and the stock way, in one run.

For each number of cameras: they are RTSP addresses of their own, opened one after the other over
the time between two looks, as key frames of a site's cameras do not fall together. Once each has
been looked at a few times, looks are counted for a while. A level is held when nearly every look
that was due was made and 95 in 100 were young at their delivery. The engine alone is measured
before and after, on ready tensors; the server's own share of the cores is told, as on a real site
it would not be on this machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any

import numpy as np
import psutil

from vision.engines.engine import Engine
from vision.errors import SourceUnavailable
from vision.loop.bench import describe_machine, engine_alone
from vision.loop.metrics import LoopCounters
from vision.loop.rig import Rig
from vision.site import Camera
from vision.sources.source import open_source

SETTLED = 3
"""Looks at every camera before anything counts."""
PATIENCE_S = 60.0
"""Seconds in which every camera must have been looked at so often."""
HELD = 0.98
"""Share of the looks that were due, from which a level counts as held."""
YOUNG_S = 1.0
"""Age at delivery that 95 in 100 looks of a held level do not pass, in seconds."""


@dataclass(frozen=True, slots=True)
class Level:
    """One number of cameras.

    Attributes:
        cameras: how many.
        looks: per second, of all cameras together.
        stood: of these, per second, the ones for which an earlier look stood.
        due: looks per second that were asked for.
        age_p50_s, age_p95_s: from capture to delivery, in seconds.
        dropped: frames that were read and not looked at.
        cores: processor time of this process per second, the loop's and the readers'.
        server_cores: that of the server; None where it is not on this machine.
        resident_mb: memory of this process at the end, in 2^20 bytes.
    """

    cameras: int
    looks: float
    stood: float
    due: float
    age_p50_s: float
    age_p95_s: float
    dropped: int
    cores: float
    server_cores: float | None
    resident_mb: float

    @property
    def held(self) -> bool:
        """Whether this many cameras are held."""
        return self.looks >= HELD * self.due and self.age_p95_s <= YOUNG_S


@dataclass(frozen=True, slots=True)
class Stock:
    """Ultralytics' multi-stream loader: looks per second at each of so many cameras."""

    cameras: int
    looks_each: float

    def holds(self, looks: float) -> bool:
        """Whether each camera got this many looks per second; their age is not known."""
        return self.looks_each >= HELD * looks


@dataclass(frozen=True, slots=True)
class CamerasBench:
    """What was measured, on what, with what."""

    width: int
    height: int
    looks_each: float
    seconds: float
    model: str
    engine: str
    engine_fps: float
    machine: dict[str, str]
    levels: tuple[Level, ...]
    stock: tuple[Stock, ...]

    @property
    def held(self) -> Level | None:
        """The held level with the most cameras; None where none is."""
        return max((v for v in self.levels if v.held), key=lambda v: v.cameras, default=None)

    @property
    def mb_per_camera(self) -> float | None:
        """Memory that each further camera took, in 2^20 bytes; None with a single level."""
        if len(self.levels) < 2:
            return None
        first, last = self.levels[0], self.levels[-1]
        return (last.resident_mb - first.resident_mb) / (last.cameras - first.cameras)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        held = self.held
        return {
            **asdict(self),
            "held": held.cameras if held else 0,
            "held_over_engine": held.looks / self.engine_fps if held else 0.0,
            "mb_per_camera": self.mb_per_camera,
        }


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is the same for every level; see `bench_cameras`."""

    urls: Sequence[str]
    engine: Engine
    looks: float
    seconds: float
    server: int | None
    still: bool

    def first(self, count: int) -> list[str]:
        """The addresses of so many cameras."""
        return list(islice(cycle(self.urls), count))


class _Ages(LoopCounters):
    """Keeps the age of every look of the time that is measured, and tells when all are settled."""

    def __init__(self, cameras: int) -> None:
        super().__init__()
        self.settled = Event()
        self.ages: list[float] = []
        self._cameras = cameras
        self._seen: dict[str, int] = {}
        self._mine = Lock()

    def delivered(self, camera: str, age_s: float | None) -> None:
        super().delivered(camera, age_s)
        with self._mine:
            self._seen[camera] = self._seen.get(camera, 0) + 1
            self.ages.append(age_s or 0.0)
            if len(self._seen) == self._cameras and min(self._seen.values()) >= SETTLED:
                self.settled.set()

    def take(self) -> list[float]:
        """The ages since this was last asked for."""
        with self._mine:
            taken, self.ages = self.ages, []
            return taken


def bench_cameras(
    urls: Sequence[str],
    engine: Engine,
    *,
    counts: Sequence[int],
    looks: float = 1.0,
    seconds: float = 20.0,
    server: int | None = None,
    still: bool = False,
    stock: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> CamerasBench:
    """Measure the loop on so many cameras.

    Args:
        urls: a stream per camera; used again from the first where there are fewer than cameras.
        engine: warmed up here.
        counts: numbers of cameras, in rising order.
        looks: per second and camera.
        seconds: how long each level is measured.
        server: process id of the server, where it runs on this machine.
        still: let what was seen stand for still scenes, as the product does; held against the bare
            engine, the looks are then not all the engine's.
        stock: measure ultralytics' multi-stream loader too.
        progress: told what is being measured.

    Raises:
        SourceUnavailable: the stream cannot be opened, or a camera is not looked at.
        EngineError: the engine failed.
    """
    plan = _Plan(urls, engine, looks, seconds, server, still)
    machine = describe_machine()
    source = open_source(Camera(id="bench", source=urls[0]), image_size=engine.image_size)
    try:
        first = next(iter(source))
    finally:
        source.close()
    engine.warm_up()
    progress("engine alone")
    bare = [engine_alone(engine, first, 100)]
    levels = []
    for count in sorted(counts):
        progress(f"{count} cameras")
        levels.append(_level(plan, count))
    bare.append(engine_alone(engine, first, 100))
    peers = []
    for count in sorted(counts) if stock else ():
        progress(f"stock loader, {count} cameras")
        peers.append(Stock(count, _stock(plan, count)))
    return CamerasBench(
        width=first.width,
        height=first.height,
        looks_each=looks,
        seconds=seconds,
        model=f"{engine.model.name} {engine.model.version} {engine.model.sha256[:12]}",
        engine=engine.name,
        engine_fps=float(np.median(bare)),
        machine=machine,
        levels=tuple(levels),
        stock=tuple(peers),
    )


def _level(plan: _Plan, count: int) -> Level:
    seen = _Ages(count)
    with Rig(
        plan.first(count),
        plan.engine,
        looks=plan.looks,
        observer=seen,
        still=plan.still,
        spread_s=1 / plan.looks,
    ) as rig:
        if not seen.settled.wait(PATIENCE_S):
            late = next((s.error for r in rig.readers if (s := r.status()).error), "too slow")
            raise SourceUnavailable(
                f"{count} cameras: not all were looked at {SETTLED} times within {PATIENCE_S:.0f} s"
                f" ({late}); try fewer cameras"
            )
        me, other = psutil.Process(), psutil.Process(plan.server) if plan.server else None
        seen.take()
        before, dropped, stood = _spent(me, other), _dropped(rig), _stood(seen)
        began = time.perf_counter()
        time.sleep(plan.seconds)  # the measurement itself
        lasted = time.perf_counter() - began
        ages, after = seen.take(), _spent(me, other)
        return Level(
            cameras=count,
            looks=len(ages) / lasted,
            stood=(_stood(seen) - stood) / lasted,
            due=count * plan.looks,
            age_p50_s=float(np.percentile(ages, 50)) if ages else float("inf"),
            age_p95_s=float(np.percentile(ages, 95)) if ages else float("inf"),
            dropped=_dropped(rig) - dropped,
            cores=(after[0] - before[0]) / lasted,
            server_cores=(after[1] - before[1]) / lasted if plan.server else None,
            resident_mb=me.memory_info().rss / 2**20,
        )


def _spent(*processes: psutil.Process | None) -> list[float]:
    """Processor seconds so far, of each."""
    return [sum(p.cpu_times()[:2]) if p else 0.0 for p in processes]


def _dropped(rig: Rig) -> int:
    return sum(sum(counts.dropped.values()) for counts in rig.counts())


def _stood(seen: LoopCounters) -> int:
    return sum(seen.counts().stood.values())


def _stock(plan: _Plan, count: int) -> float:
    """Looks per second at each camera by ultralytics' own loader, which decodes everything."""
    from ultralytics.models.yolo import YOLO  # noqa: PLC0415 - slow to import

    device = "cuda" if plan.engine.name.endswith("cuda") else "cpu"
    with TemporaryDirectory() as folder:
        listed = Path(folder) / "cameras.streams"
        listed.write_text("\n".join(plan.first(count)))
        model: Any = YOLO(str(plan.engine.model.path))
        results: Iterator[object] = iter(
            model.predict(
                str(listed),
                stream=True,
                imgsz=plan.engine.image_size,
                device=device,
                verbose=False,
                save=False,
            )
        )
        for _ in islice(results, count):  # compiles and opens
            pass
        began, made, lasted = time.perf_counter(), 0, 0.0
        while lasted < plan.seconds and next(results, None) is not None:
            made, lasted = made + 1, time.perf_counter() - began
        model.predictor.dataset.close()
    return made / count / lasted
