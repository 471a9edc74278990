"""Measures how many cameras one loop holds, beside the bare engine and the stock way, in one run.

For each number of cameras: they are RTSP addresses of their own, opened one after the other over
the time between two looks, as key frames of a site's cameras do not fall together. Once each has
been looked at a few times, looks are counted for a while. A level is held when nearly every look
that was due was made and 95 in 100 were young at their delivery. The engine alone is measured
before and after each level, on ready tensors; the server's own share of the cores is told, as on a
real site it would not be on this machine.

Where the engine computes on the cores that readers and server need too, it cannot reach what it
does alone: `Level.limit` is what its own work and a reader's allow on the cores that are left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from os import cpu_count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock
from typing import Any

import numpy as np
import psutil

from scripts.bench.levels import CamerasBench, Level, Stock
from scripts.bench.loop import engine_alone
from scripts.bench.rig import Rig
from scripts.machine import describe_machine
from vision.engines.engine import Engine
from vision.errors import SourceUnavailable
from vision.frames import Frame
from vision.loop.metrics import LoopCounters
from vision.site import Camera
from vision.sources.source import open_source

SETTLED = 3
"""Looks at every camera before anything counts."""
PATIENCE_S = 60.0
"""Seconds in which every camera must have been looked at so often."""
READ, BARE = 10, 100
"""Looks, and pictures, by which a reader and the engine are measured alone."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is the same for every level; see `bench_cameras`."""

    urls: Sequence[str]
    engine: Engine
    looks: float
    seconds: float
    server: int | None
    still: bool
    frame: Frame
    reading_s: float

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
    machine = describe_machine()
    progress("a reader alone")
    first, reading_s = _reader_alone(urls[0], engine, looks)
    plan = _Plan(urls, engine, looks, seconds, server, still, first, reading_s)
    engine.warm_up()
    levels = []
    for count in sorted(counts):
        progress(f"{count} cameras")
        levels.append(_level(plan, count))
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
        reading_ms=1000 * reading_s,
        machine=machine,
        levels=tuple(levels),
        stock=tuple(peers),
    )


def _reader_alone(url: str, engine: Engine, looks: float) -> tuple[Frame, float]:
    """A frame, and the processor seconds of this thread that one look's reading takes."""
    camera = Camera(id="bench", source=url, analyse_fps=looks)
    source = open_source(camera, image_size=engine.image_size)
    try:
        frames = iter(source)
        first, *_ = islice(frames, SETTLED)
        began = time.thread_time()
        for _ in islice(frames, READ):
            pass
        return first, (time.thread_time() - began) / READ
    finally:
        source.close()


def _engine_alone(plan: _Plan) -> tuple[float, float]:
    """Frames per second, and processor seconds for each."""
    before = _spent(psutil.Process())[0]
    fps = engine_alone(plan.engine, plan.frame, BARE)
    return fps, (_spent(psutil.Process())[0] - before) / BARE


def _level(plan: _Plan, count: int) -> Level:
    seen = _Ages(count)
    bare = [_engine_alone(plan)]
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
        before, dropped, reused = _spent(me, other), _dropped(rig), _reused(seen)
        began = time.perf_counter()
        time.sleep(plan.seconds)  # the measurement itself
        lasted = time.perf_counter() - began
        ages, after = seen.take(), _spent(me, other)
        dropped, reused = _dropped(rig) - dropped, _reused(seen) - reused
        resident_mb = me.memory_info().rss / 2**20
    bare.append(_engine_alone(plan))
    fps, each_s = np.mean(bare, axis=0).tolist()
    ours, servers = ((b - a) / lasted for a, b in zip(before, after, strict=True))
    on_our_cores = plan.engine.device_memory is None
    return Level(
        cameras=count,
        looks=len(ages) / lasted,
        reused=reused / lasted,
        due=count * plan.looks,
        age_p50_s=float(np.percentile(ages, 50)) if ages else float("inf"),
        age_p95_s=float(np.percentile(ages, 95)) if ages else float("inf"),
        dropped=dropped,
        cores=ours,
        server_cores=servers if plan.server else None,
        resident_mb=resident_mb,
        engine_fps=fps,
        limit=((cpu_count() or 1) - servers) / (each_s + plan.reading_s) if on_our_cores else None,
    )


def _spent(*processes: psutil.Process | None) -> list[float]:
    """Processor seconds so far, of each."""
    return [sum(p.cpu_times()[:2]) if p else 0.0 for p in processes]


def _dropped(rig: Rig) -> int:
    return sum(sum(counts.dropped.values()) for counts in rig.counts())


def _reused(seen: LoopCounters) -> int:
    return sum(seen.counts().reused.values())


def _stock(plan: _Plan, count: int) -> float:
    """Looks per second at each camera by ultralytics' own loader, which decodes everything."""
    from ultralytics.models.yolo import YOLO

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
