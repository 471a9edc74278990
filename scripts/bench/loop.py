"""Measures the loop against its parts and against the stock way, side by side in one run.

Every round measures, on the same clip, weights, input size and cores:

- decode: the source's decoder and the scaling to the network's input, one thread, no model;
- engine: the network alone on ready tensors, at the engine's own batch;
- loop: file source → mailbox → loop → delivery, every frame of so many recordings at once, by this
  process and by workers that share them and an engine server;
- stock: ultralytics' `track(stream=True)` on the same `.pt` file, and on its own OpenVINO export of
  it.

The limit of the parts is 1 / (1/decode + 1/engine): what a program reaches that does one after the
other and wastes nothing. The decoder uses one core for each recording, as far as there are cores,
and the engine all, so a loop that lets them overlap may come out above it. Several clips are
measured in turns, so that they can be held against each other. Ratios are taken within a round and
the median round is reported, so that what else the machine does weighs on both sides alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, astuple, dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from scripts.bench.laps import Laps
from scripts.bench.recordings import Whole, recordings
from scripts.bench.stock import stock_fps, stock_models
from scripts.machine import describe_machine
from vision.engines.engine import Engine
from vision.engines.letterbox import Letterbox
from vision.frames import Frame
from vision.model_choice import ModelChoice
from vision.site import Camera
from vision.sources.source import open_source

PARTS = ("decode", "engine", "limit", "stock", "stock_openvino")
"""What the loop is held against, by the names in `Round`."""


@dataclass(frozen=True, slots=True)
class Round:
    """Frames per second of one round; those of the stock way are None where not measured.

    `loops` are by number of workers. `lanes` is on how many cores recordings are decoded at once;
    `decode` is the speed of one.
    """

    decode: float
    engine: float
    loops: Mapping[int, Whole]
    stock: float | None = None
    stock_openvino: float | None = None
    lanes: int = 1

    @property
    def limit(self) -> float:
        """The limit of the parts."""
        return 1 / (1 / (self.lanes * self.decode) + 1 / self.engine)


@dataclass(frozen=True, slots=True)
class LoopBench:
    """What was measured, on what, with what; `frames` of each of `streams` recordings."""

    clip: str
    streams: int
    width: int
    height: int
    input_width: int
    input_height: int
    frames: int
    model: str
    engine: str
    batch: int
    machine: dict[str, str]
    rounds: tuple[Round, ...]

    @property
    def workers(self) -> tuple[int, ...]:
        """The numbers of workers that were measured."""
        return tuple(self.rounds[0].loops)

    def fps(self, part: str) -> float | None:
        """Median frames per second of one of `PARTS`."""
        values = self._values(part)
        return median(values) if values else None

    def loop(self, workers: int) -> Whole:
        """The loop of so many workers: the median of each of its figures."""
        rounds = [astuple(r.loops[workers]) for r in self.rounds]
        return Whole(*map(median, zip(*rounds, strict=True)))

    def loop_over(self, part: str, workers: int) -> float | None:
        """Median of the loop's frames/s over those of a part in the same round."""
        values = self._values(part)
        if not values:
            return None
        loops = (r.loops[workers].fps for r in self.rounds)
        return median(loop / v for loop, v in zip(loops, values, strict=True))

    def _values(self, part: str) -> list[float]:
        """One value per round, or none where the part was not measured."""
        values: list[float | None] = [getattr(r, part) for r in self.rounds]
        return [v for v in values if v is not None]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **asdict(self),
            "frames_per_second": {part: self.fps(part) for part in PARTS},
            "loops": {
                workers: {
                    **asdict(whole := self.loop(workers)),
                    "each": whole.fps / self.streams,
                    "over": {part: self.loop_over(part, workers) for part in PARTS},
                }
                for workers in self.workers
            },
        }


def bench_loop(
    clips: Sequence[Path],
    engine: Engine,
    *,
    choice: ModelChoice | None = None,
    workers: Sequence[int] = (1,),
    streams: int = 1,
    frames: int = 200,
    rounds: int = 3,
    stock: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> list[LoopBench]:
    """Measure the loop on each clip.

    Args:
        clips: video files; the first `frames` frames are used.
        engine: warmed up here.
        choice: what it was opened from, see `Rig`.
        workers: numbers of processes, one after the other in each round.
        streams: recordings that the loop reads at once; all hold the same clip.
        frames: of each recording in a measurement, the first ten of which do not count.
        rounds: how often everything is measured; medians are reported.
        stock: measure ultralytics' own loop too; it needs the extra `bench`.
        progress: told what is being measured.

    Raises:
        SourceBroken: the clip cannot be read or is too short.
        EngineError: the engine failed.
    """
    machine = describe_machine()
    firsts = [_first(clip) for clip in clips]
    engine.warm_up()
    measured: list[list[Round]] = [[] for _ in clips]
    with stock_models(engine, wanted=stock) as models:
        for number in range(1, rounds + 1):
            for clip, first, done in zip(clips, firsts, measured, strict=True):
                told = f"{clip.name}, round {number} of {rounds}"
                progress(f"{told}: decoder and scaling")
                decode = _decode(clip, engine, frames)
                progress(f"{told}: engine alone")
                bare = engine_alone(engine, first, frames)
                loops = {}
                for count in workers:
                    progress(f"{told}: loop, {count} workers" if count > 1 else f"{told}: loop")
                    loops[count] = recordings(
                        clip, engine, streams, frames=frames, workers=count, choice=choice
                    )
                peers = {}
                for name, path in models.items():
                    progress(f"{told}: {name}")
                    peers[name] = stock_fps(clip, engine, path, frames)
                lanes = min(streams, int(machine["cores"]))
                done.append(Round(decode, bare, loops, lanes=lanes, **peers))
    results = []
    for clip, first, done in zip(clips, firsts, measured, strict=True):
        box = Letterbox.fit(first.width, first.height, engine.image_size)
        results.append(
            LoopBench(
                clip=clip.name,
                streams=streams,
                width=first.width,
                height=first.height,
                input_width=box.input_width,
                input_height=box.input_height,
                frames=frames,
                model=f"{engine.model.name} {engine.model.version} {engine.model.sha256[:12]}",
                engine=engine.name,
                batch=engine.batch,
                machine=machine,
                rounds=tuple(done),
            )
        )
    return results


def _recording(clip: Path) -> Camera:
    return Camera(id="bench", source=str(clip), analyse_fps=60, pace="fast")


def _first(clip: Path) -> Frame:
    with closing(open_source(_recording(clip))) as source:
        return next(iter(source))


def _decode(clip: Path, engine: Engine, frames: int) -> float:
    laps = Laps()
    with closing(open_source(_recording(clip), image_size=engine.image_size)) as source:
        for frame in islice(source, frames):
            box = Letterbox.fit(frame.width, frame.height, engine.image_size)
            box.draw(frame.small, np.empty((*box.shape, 3), np.uint8))
            laps.tick()
    return laps.fps()


def engine_alone(engine: Engine, frame: Frame, frames: int) -> float:
    """Frames per second of the network alone, on ready tensors of this frame."""
    box = Letterbox.fit(frame.width, frame.height, engine.image_size)
    ready = np.empty((engine.batch, *box.shape, 3), np.uint8)
    for room in ready:
        box.draw(frame.small, room)
    times = max(1, frames // engine.batch)
    engine.run_bare(ready, 2)
    started = time.perf_counter()
    engine.run_bare(ready, times)
    return times * engine.batch / (time.perf_counter() - started)
