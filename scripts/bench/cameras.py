"""Benchmark: how many cameras one loop holds, against the bare engine and the stock way.

For each number of cameras: they are streams of their own (RTSP, or MPEG-TS over HTTP), opened one
after the other over the time between two looks, as key frames of a site's cameras do not fall
together. Once each has been looked at a few times, looks are counted for a while. Several clips are
measured in turns, number by number, so that they can be held against each other. A level is held
when nearly every look that was due was made and 95 in 100 were young at their delivery. The engine
alone is measured before and after each level, on ready tensors; the server's own share of the cores
is given, as on a real site it would not be on this machine.

Where the engine computes on the cores that readers and server need too, it cannot reach what it
does alone: `Level.limit` is what its own work and a reader's allow on the cores that are left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from os import cpu_count
from threading import Event, Lock
from urllib.parse import urlsplit

import numpy as np
import psutil

from scripts.bench.levels import CamerasBench, Level, Stock
from scripts.bench.loop import engine_alone
from scripts.bench.rig import Rig
from scripts.bench.stock import stock_looks
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
class Shown:
    """What cameras show.

    Attributes:
        name: of the clip, or its address for people.
        urls: a stream per camera; used again from the first where there are fewer than cameras.
        server: process id of the server, where it runs on this machine.
    """

    name: str
    urls: Sequence[str]
    server: int | None = None

    @property
    def transport(self) -> str:
        """How it comes."""
        return urlsplit(self.urls[0]).scheme

    def first(self, count: int) -> list[str]:
        """The addresses of so many cameras."""
        return list(islice(cycle(self.urls), count))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is the same for every level of a clip; see `bench_cameras`."""

    shown: Shown
    engine: Engine
    looks: float
    seconds: float
    still: bool
    decide: bool
    frame: Frame
    reading_s: float


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
    clips: Sequence[Shown],
    engine: Engine,
    *,
    counts: Sequence[int],
    looks: float = 1.0,
    seconds: float = 20.0,
    still: bool = False,
    decide: bool = False,
    stock: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> list[CamerasBench]:
    """Measure the loop on so many cameras, of each clip in turn.

    Args:
        clips: what the cameras show; all of a level's show the same.
        engine: warmed up here.
        counts: numbers of cameras, in rising order.
        looks: per second and camera.
        seconds: how long each level is measured.
        still: let what was seen stand for still scenes, as the product does; held against the bare
            engine, the looks are then not all the engine's.
        decide: track and decide on every look too, as the product does.
        stock: measure ultralytics' multi-stream loader too.
        progress: told what is being measured.

    Raises:
        SourceUnavailable: the stream cannot be opened, or a camera is not looked at.
        EngineError: the engine failed.
    """
    machine = describe_machine()
    plans = []
    for shown in clips:
        progress(f"{shown.name}: a reader alone")
        first, reading_s = _reader_alone(shown.urls[0], engine, looks)
        plans.append(_Plan(shown, engine, looks, seconds, still, decide, first, reading_s))
    engine.warm_up()
    levels: list[list[Level]] = [[] for _ in plans]
    peers: list[list[Stock]] = [[] for _ in plans]
    turns = [(*turn, n) for n in sorted(counts) for turn in zip(plans, levels, peers, strict=True)]
    for plan, made, _, count in turns:
        progress(f"{plan.shown.name}: {count} cameras")
        made.append(_level(plan, count))
    for plan, _, made_by_stock, count in turns if stock else ():
        progress(f"{plan.shown.name}: stock loader, {count} cameras")
        urls = plan.shown.first(count)
        made_by_stock.append(Stock(count, stock_looks(engine, urls, seconds)))
    return [
        CamerasBench(
            clip=plan.shown.name,
            transport=plan.shown.transport,
            width=plan.frame.width,
            height=plan.frame.height,
            looks_each=looks,
            decided=decide,
            seconds=seconds,
            model=f"{engine.model.name} {engine.model.version} {engine.model.sha256[:12]}",
            engine=engine.name,
            reading_ms=1000 * plan.reading_s,
            machine=machine,
            levels=tuple(made),
            stock=tuple(made_by_stock),
        )
        for plan, made, made_by_stock in zip(plans, levels, peers, strict=True)
    ]


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
        plan.shown.first(count),
        plan.engine,
        looks=plan.looks,
        observer=seen,
        still=plan.still,
        decide=plan.decide,
        spread_s=1 / plan.looks,
    ) as rig:
        if not seen.settled.wait(PATIENCE_S):
            late = next((s.error for r in rig.readers if (s := r.status()).error), "too slow")
            raise SourceUnavailable(
                f"{count} cameras: not all were looked at {SETTLED} times within {PATIENCE_S:.0f} s"
                f" ({late}); try fewer cameras"
            )
        server = plan.shown.server
        me, other = psutil.Process(), psutil.Process(server) if server else None
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
        server_cores=servers if server else None,
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
