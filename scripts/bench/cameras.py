"""Benchmark: how many cameras are held, against the bare engine and the stock way.

For each number of cameras: they are streams of their own (RTSP, or MPEG-TS over HTTP), opened one
after the other over the time between two looks, as key frames of a site's cameras do not fall
together. Once each has been looked at a few times, looks are counted for a while. Several clips and
numbers of workers are measured in turns, number by number, so that they can be held against each
other. A level is held when nearly every look that was due was made and 95 in 100 were young at
their delivery. The engine alone is measured before and after each level, on ready tensors; the
server's own share of the cores is given, as on a real site it would not be on this machine.

Where the engine computes on the cores that readers and server need too, it cannot reach what it
does alone: `Level.limit` is what its own work and a reader's allow on the cores that are left.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from os import cpu_count
from urllib.parse import urlsplit

import numpy as np
import psutil

from scripts.bench.levels import CamerasBench, Level, Stock
from scripts.bench.loop import engine_alone
from scripts.bench.processes import spent_s
from scripts.bench.rig import Rig, Work
from scripts.bench.stock import stock_looks
from scripts.machine import describe_machine
from vision.engines.engine import Engine
from vision.errors import SourceUnavailable
from vision.frames import Frame
from vision.model_choice import ModelChoice
from vision.site import Camera
from vision.sources.source import open_source

SETTLED = 3
"""Looks at every camera before anything counts."""
PATIENCE_S = 60.0
"""Seconds in which every camera must have been looked at so often."""
_POLL_S = 0.1
"""Seconds between two looks at whether it has."""
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
    choice: ModelChoice | None
    looks: float
    seconds: float
    work: Work
    frame: Frame
    reading_s: float


def bench_cameras(
    clips: Sequence[Shown],
    engine: Engine,
    *,
    counts: Sequence[int],
    choice: ModelChoice | None = None,
    workers: Sequence[int] = (1,),
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
        choice: what it was opened from, see `Rig`.
        workers: numbers of processes that share the cameras, one after the other.
        looks: per second and camera.
        seconds: how long each level is measured.
        still: let what was seen stand for still scenes, as the product does; held against the bare
            engine, the looks are then not all the engine's.
        decide: track and decide on every look too, read trucks and store evidence, as the product
            does.
        stock: measure ultralytics' multi-stream loader too.
        progress: told what is being measured.

    Raises:
        SourceUnavailable: the stream cannot be opened, or no camera is looked at.
        EngineError: the engine failed.
    """
    machine = describe_machine()
    plans = []
    work = Work(decide=decide, still=still, spread_s=1 / looks)
    for shown in clips:
        progress(f"{shown.name}: a reader alone")
        first, reading_s = _reader_alone(shown.urls[0], engine, looks)
        plans.append(_Plan(shown, engine, choice, looks, seconds, work, first, reading_s))
    engine.warm_up()
    levels: list[list[Level]] = [[] for _ in plans]
    peers: list[list[Stock]] = [[] for _ in plans]
    turns = [(*turn, n) for n in sorted(counts) for turn in zip(plans, levels, peers, strict=True)]
    for plan, made, _, count in turns:
        for number in workers:
            told = f"{plan.shown.name}: {count} cameras"
            progress(f"{told}, {number} workers" if number > 1 else told)
            made.append(_level(plan, count, number))
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
    before = time.process_time()
    fps = engine_alone(plan.engine, plan.frame, BARE)
    return fps, (time.process_time() - before) / BARE


def _level(plan: _Plan, count: int, workers: int) -> Level:
    bare = [_engine_alone(plan)]
    with Rig(
        plan.shown.first(count),
        plan.engine,
        choice=plan.choice,
        workers=workers,
        looks=plan.looks,
        work=plan.work,
    ) as rig:
        _settle(rig, count)
        server = [psutil.Process(plan.shown.server)] if plan.shown.server else []
        ours, theirs, dropped = rig.spent_s(), spent_s(server), _dropped(rig)
        began = time.monotonic()
        time.sleep(plan.seconds)  # the measurement itself
        ended = time.monotonic()
        ours, theirs = rig.spent_s() - ours, spent_s(server) - theirs
        looks, dropped, memory_mb = rig.looks(), _dropped(rig) - dropped, rig.memory_mb()
    bare.append(_engine_alone(plan))
    fps, each_s = np.mean(bare, axis=0).tolist()
    lasted = ended - began
    looks = looks[(looks["at"] >= began) & (looks["at"] < ended)]
    ages = looks["age"] if len(looks) else [float("inf")]
    limit = None
    if plan.engine.device_memory is None:  # it computes on our cores
        limit = ((cpu_count() or 1) - theirs / lasted) / (each_s + plan.reading_s)
    return Level(
        cameras=count,
        workers=workers,
        looks=len(looks) / lasted,
        reused=float(looks["reused"].sum()) / lasted,
        due=count * plan.looks,
        age_p50_s=float(np.percentile(ages, 50)),
        age_p95_s=float(np.percentile(ages, 95)),
        dropped=dropped,
        cores=ours / lasted,
        server_cores=theirs / lasted if server else None,
        memory_mb=memory_mb,
        engine_fps=fps,
        limit=limit,
    )


def _settle(rig: Rig, count: int) -> None:
    """Wait until every camera has been looked at so often that what comes counts.

    Where some are not, for too long, there are more than can be held, which is what is measured
    then: the levels before it are not lost.

    Raises:
        SourceUnavailable: no camera was looked at.
    """
    until = time.monotonic() + PATIENCE_S
    while (seen := np.bincount(rig.looks()["camera"], minlength=count)).min() < SETTLED:
        if time.monotonic() > until:
            if seen.any():
                return
            late = next((s.error for s in rig.status() if s.error), "too slow")
            raise SourceUnavailable(
                f"{count} cameras: none was looked at within {PATIENCE_S:.0f} s ({late}); see "
                "whether they can be reached, or try fewer"
            )
        time.sleep(_POLL_S)


def _dropped(rig: Rig) -> int:
    return sum(sum(status.dropped.values()) for status in rig.status())
