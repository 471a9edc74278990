"""Measures the loop against its parts and against the stock way, side by side in one run.

Every round measures, on the same clip, weights, input size and cores:

- decode: the source's decoder and the scaling to the network's input, one thread, no model;
- engine: the network alone on ready tensors, at the engine's own batch;
- loop: file source → mailbox → loop → delivery, every frame;
- stock: ultralytics' `track(stream=True)` on the same `.pt` file, and on its own OpenVINO export of
  it.

The limit of the parts is 1 / (1/decode + 1/engine): what a program reaches that does one after the
other and wastes nothing. The decoder uses one core and the engine all, so a loop that lets them
overlap may come out above it. Ratios are taken within a round and the median round is reported, so
that what else the machine does weighs on both sides alike.
"""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Condition, Event
from typing import Any

import numpy as np

from scripts.bench.laps import Laps
from scripts.machine import describe_machine
from vision.engines.engine import Engine
from vision.engines.letterbox import Letterbox
from vision.errors import EngineError
from vision.frames import Frame
from vision.loop.loop import InferenceLoop
from vision.site import Camera
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.source import Source, open_source

PARTS = ("decode", "engine", "limit", "loop", "stock", "stock_openvino")
"""What is measured, by the names in `Round`."""


@dataclass(frozen=True, slots=True)
class Round:
    """Frames per second of one round; those of the stock way are None where not measured."""

    decode: float
    engine: float
    loop: float
    stock: float | None = None
    stock_openvino: float | None = None

    @property
    def limit(self) -> float:
        """The limit of the parts."""
        return 1 / (1 / self.decode + 1 / self.engine)


@dataclass(frozen=True, slots=True)
class LoopBench:
    """What was measured, on what, with what."""

    clip: str
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

    def fps(self, part: str) -> float | None:
        """Median frames per second of one of `PARTS`."""
        values = self._values(part)
        return median(values) if values else None

    def loop_over(self, part: str) -> float | None:
        """Median of the loop's frames/s over those of a part in the same round."""
        values = self._values(part)
        if not values:
            return None
        return median(r.loop / v for r, v in zip(self.rounds, values, strict=True))

    def _values(self, part: str) -> list[float]:
        """One value per round, or none where the part was not measured."""
        values: list[float | None] = [getattr(r, part) for r in self.rounds]
        return [v for v in values if v is not None]

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            **asdict(self),
            "frames_per_second": {part: self.fps(part) for part in PARTS},
            "loop_over": {part: self.loop_over(part) for part in PARTS if part != "loop"},
        }


class _FirstFrames:
    """A source that ends after so many frames."""

    def __init__(self, source: Source, count: int) -> None:
        self.live = source.live
        self.late = source.late
        self.trouble = source.trouble
        self._source = source
        self._count = count

    def __iter__(self) -> Iterator[Frame]:
        return islice(self._source, self._count)

    def close(self) -> None:
        self._source.close()


def bench_loop(
    clip: Path,
    engine: Engine,
    *,
    frames: int = 200,
    rounds: int = 3,
    stock: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> LoopBench:
    """Measure the loop on one clip.

    Args:
        clip: a video file; its first `frames` frames are used.
        engine: warmed up here.
        frames: per measurement, the first ten of which do not count.
        rounds: how often everything is measured; medians are reported.
        stock: measure ultralytics' own loop too; it needs the extra `bench`.
        progress: told what is being measured.

    Raises:
        SourceBroken: the clip cannot be read or is too short.
        EngineError: the engine failed.
    """
    camera = Camera(id="bench", source=str(clip), analyse_fps=60, pace="fast")
    with closing(open_source(camera)) as source:
        first = next(iter(source))
    box = Letterbox.fit(first.width, first.height, engine.image_size)
    machine = describe_machine()
    engine.warm_up()
    measured = []
    with _stock_models(engine, wanted=stock) as models:
        for number in range(1, rounds + 1):
            progress(f"round {number} of {rounds}: decoder and scaling")
            decode = _decode(camera, box, frames)
            progress(f"round {number} of {rounds}: engine alone")
            bare = engine_alone(engine, first, frames)
            progress(f"round {number} of {rounds}: loop")
            whole = _loop(camera, engine, frames)
            peers = {}
            for name, path in models.items():
                progress(f"round {number} of {rounds}: {name}")
                peers[name] = _stock(clip, engine, path, frames)
            measured.append(Round(decode, bare, whole, **peers))
    return LoopBench(
        clip=clip.name,
        width=first.width,
        height=first.height,
        input_width=box.input_width,
        input_height=box.input_height,
        frames=frames,
        model=f"{engine.model.name} {engine.model.version} {engine.model.sha256[:12]}",
        engine=engine.name,
        batch=engine.batch,
        machine=machine,
        rounds=tuple(measured),
    )


def _decode(camera: Camera, box: Letterbox, frames: int) -> float:
    into, laps = np.empty((*box.shape, 3), np.uint8), Laps()
    with closing(open_source(camera, image_size=max(box.shape))) as source:
        for frame in islice(source, frames):
            box.draw(frame.small, into)
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


def _loop(camera: Camera, engine: Engine, frames: int) -> float:
    ready, laps = Condition(), Laps()
    mailbox = Mailbox(camera.id, live=False, ready=ready)

    def opener(given: Camera, *, stop: Event) -> Source:
        source = open_source(given, stop=stop, image_size=engine.image_size)
        return _FirstFrames(source, frames)

    reader = Reader(camera, mailbox, opener=opener)
    loop = InferenceLoop(engine, [mailbox], laps.tick, ready=ready)
    loop.start()
    reader.start()
    try:
        loop.wait_until_drained()
    finally:
        reader.stop()
        loop.stop()
    return laps.fps()


@contextmanager
def _stock_models(engine: Engine, *, wanted: bool) -> Iterator[Mapping[str, Path]]:
    """The files that the stock way is measured on, by the field of `Round` that it fills."""
    if not wanted:
        yield {}
        return
    if find_spec("lap") is None:
        raise EngineError(
            "ultralytics' tracker, which is measured beside ours, needs the package lap: pip "
            "install 'streetwarden[bench]', or leave it out with --no-stock"
        )
    if engine.name != "openvino-cpu":
        yield {"stock": engine.model.path}
        return
    from ultralytics.models.yolo import YOLO

    with TemporaryDirectory() as folder:
        # It exports to where the weights lie, always for a square input.
        weights = Path(shutil.copy(engine.model.path, folder))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of torch.jit's end, and of sizes that it freezes
            exported = YOLO(str(weights)).export(format="openvino", imgsz=engine.image_size)
        yield {"stock": engine.model.path, "stock_openvino": Path(str(exported))}


def _stock(clip: Path, engine: Engine, weights: Path, frames: int) -> float:
    from ultralytics.models.yolo import YOLO

    laps = Laps()
    device = "cuda" if engine.name.endswith("cuda") else "cpu"
    results = YOLO(str(weights), task="detect").track(
        str(clip), stream=True, imgsz=engine.image_size, device=device, verbose=False, save=False
    )
    for _ in islice(results, frames):
        laps.tick()
    return laps.fps()
