"""Soak test: cameras fail and return at random for a long time; finds leaks and wrong counts.

Every few seconds one server of cameras is killed without a goodbye and started again a while
later. Memory, threads and open files are sampled all along; the first third is settling and does
not count for their trend. In the end every frame that was read must have been analysed or dropped
for a reason.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import psutil

from scripts.bench.rig import Rig
from vision.engines.engine import Engine

SAMPLE_S = 5.0
"""Seconds between two samples."""
UP_S = (5.0, 30.0)
"""Seconds from a camera server's return to the next one's death, drawn between these."""
DOWN_S = (1.0, 15.0)
"""Seconds that a camera server stays dead, drawn between these."""


class Server(Protocol):
    """A process that serves cameras."""

    def kill(self) -> None:
        """Pull the plug."""
        ...

    def start(self) -> None:
        """Serve again, at the same address."""
        ...


@dataclass(frozen=True, slots=True)
class Sample:
    """What the process held at one moment."""

    at_s: float
    resident_mb: float
    threads: int
    files: int


@dataclass(frozen=True, slots=True)
class Soak:
    """What came of it.

    Attributes:
        minutes: how long it lasted.
        cameras, looks_each: what was asked for, looks in looks/s.
        deaths: how often a server was killed; `reconnects`: of cameras that came back.
        read, analysed, dropped: frames of all cameras; dropped by reason.
        age_p95_s: of the latest looks, in seconds.
        samples: all along.
        left_threads, left_files: more at the end, when all had been stopped, than at the start;
            of threads Python's own, as libraries keep pools of theirs.
    """

    minutes: float
    cameras: int
    looks_each: float
    deaths: int
    reconnects: int
    read: int
    analysed: int
    dropped: dict[str, int]
    age_p95_s: float | None
    samples: tuple[Sample, ...]
    left_threads: int
    left_files: int

    @property
    def adds_up(self) -> bool:
        """Whether every frame read is accounted for."""
        return self.read == self.analysed + sum(self.dropped.values())

    def trend(self, what: str) -> float:
        """Slope per hour of `resident_mb`, `threads` or `files`, after the first third."""
        counted = self.samples[len(self.samples) // 3 :]
        if len(counted) < 3:
            return 0.0
        hours = [s.at_s / 3600 for s in counted]
        slope, _ = np.polyfit(hours, [getattr(s, what) for s in counted], 1)
        return float(slope)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        trends = {what: self.trend(what) for what in ("resident_mb", "threads", "files")}
        return {**asdict(self), "adds_up": self.adds_up, "per_hour": trends}


def soak(
    servers: Sequence[Server],
    urls: Sequence[str],
    engine: Engine,
    *,
    minutes: float,
    looks: float = 1.0,
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Soak:
    """Run it.

    Args:
        servers: that serve `urls`; running, and running again at the end.
        urls: a stream per camera.
        engine: warmed up here.
        minutes: how long.
        looks: per second and camera.
        seed: of deaths and returns.
        progress: told now and then how it stands.

    Raises:
        EngineError: the engine failed for good.
    """
    engine.warm_up()
    me, rng = psutil.Process(), random.Random(seed)  # noqa: S311 - no secret
    threads, files = threading.active_count(), me.num_fds()
    samples: list[Sample] = []
    deaths, dead, next_s = 0, None, UP_S[1]
    began = time.monotonic()
    with Rig(urls, engine, looks=looks) as rig:
        while (at := time.monotonic() - began) < 60 * minutes:
            if at >= next_s:
                if dead is None:
                    dead, deaths = rng.choice(servers), deaths + 1
                    dead.kill()
                else:
                    dead.start()
                    dead = None
                next_s = at + rng.uniform(*(UP_S if dead is None else DOWN_S))
            samples.append(_sample(me, at))
            if rig.watch.failed is not None:
                raise rig.watch.failed
            progress(f"{at / 60:.1f} of {minutes:g} min, {deaths} deaths, {samples[-1]}")
            time.sleep(SAMPLE_S)
        if dead is not None:
            dead.start()
    statuses, dropped = rig.status(), Counter[str]()
    for status in statuses:
        dropped.update(status.dropped)
    return Soak(
        minutes=minutes,
        cameras=len(urls),
        looks_each=looks,
        deaths=deaths,
        reconnects=sum(status.reconnects for status in statuses),
        read=sum(status.read for status in statuses),
        analysed=sum(status.analysed for status in statuses),
        dropped=dict(dropped),
        age_p95_s=rig.watch.loop().age_p95_s,
        samples=tuple(samples),
        left_threads=threading.active_count() - threads,
        left_files=me.num_fds() - files,
    )


def _sample(process: psutil.Process, at: float) -> Sample:
    resident = process.memory_info().rss / 2**20
    return Sample(round(at, 1), round(resident, 1), process.num_threads(), process.num_fds())
