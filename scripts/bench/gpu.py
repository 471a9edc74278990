"""Measures a device: the network alone, as a graph, the engine around it, recordings, decoders.

For each number of pictures at once, network, graph and engine are measured in turn, so that their
ratio is of the same minute; medians over the rounds are reported. A recording is read by as many
readers as asked, each on its own, and one loop looks at every frame.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from models.load import load_detector
from scripts.bench.asking import PICTURE, asked, random_pictures
from scripts.bench.decoders import DECODERS, NVDEC, decoded
from scripts.bench.recordings import recordings
from scripts.machine import describe_machine
from vision.engines.letterbox import Letterbox
from vision.engines.torch_device import torch_device
from vision.engines.torch_engine import TorchEngine
from vision.errors import EngineError
from vision.frames import Pixels
from vision.sources.hardware import hardware

BATCHES = (1, 4, 16, 64, 256)
STREAMS = (1, 8, 16, 32)
NETWORK, GRAPH, ENGINE, LOOP = (
    "network alone",
    "network alone, CUDA graph",
    "engine, from host pictures",
    "loop, every frame of recordings",
)
START_S = 1.0
"""Seconds by which recordings are read longer, as it takes time to open many."""
LOOPS = {LOOP: "software", f"{LOOP}, NVDEC": "cuda"}
"""The decoder of each, see `vision.site.Camera`."""


@dataclass(frozen=True, slots=True)
class GpuBench:
    """Frames per second by what was measured, and by pictures at once or streams.

    Attributes:
        model: its name, version and the start of its hash.
        device: PyTorch's name of it.
        engine: name of the engine.
        size: longer side of the input, pixels.
        clip: the recording's name, where one was measured.
        by_batch: what, then pictures at once, then frames/s.
        by_streams: what, then streams at once, then frames/s.
        machine: see `describe_machine`.
    """

    model: str
    device: str
    engine: str
    size: int
    clip: str | None
    by_batch: dict[str, dict[int, float]]
    by_streams: dict[str, dict[int, float]]
    machine: dict[str, str]

    @property
    def engine_over_network(self) -> dict[int, float]:
        """What the engine makes of the network, the quicker way it runs, by pictures at once."""
        engine = self.by_batch[ENGINE]
        ways = [self.by_batch[name] for name in (NETWORK, GRAPH) if name in self.by_batch]
        return {batch: fps / max(way[batch] for way in ways) for batch, fps in engine.items()}

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {**asdict(self), "engine_over_network": self.engine_over_network}


def bench_gpu(
    engine: TorchEngine,
    device: torch.device,
    *,
    batches: Sequence[int] = BATCHES,
    streams: Sequence[int] = STREAMS,
    clip: Path | None = None,
    seconds: float = 1.0,
    rounds: int = 3,
    progress: Callable[[str], None] = lambda _: None,
) -> GpuBench:
    """Measure a device.

    Args:
        engine: on it; warmed up here.
        device: the same.
        batches: numbers of pictures at once.
        streams: numbers of recordings at once; only with a clip.
        clip: a recording for decoders and loop.
        seconds: of each measurement.
        rounds: how often each is done for a number of pictures.
        progress: told what is being measured.

    Raises:
        EngineError: the engine failed, or memory is short for a batch.
        SourceBroken: the clip cannot be read.
    """
    by_batch: dict[str, dict[int, float]] = {}
    engine.warm_up()
    for batch in batches:
        measured: dict[str, list[float]] = {}
        for number in range(rounds):
            progress(f"{batch} pictures at once, round {number + 1} of {rounds}")
            for name, fps in _at_once(engine, device, batch, seconds):
                measured.setdefault(name, []).append(fps)
        for name, values in measured.items():
            by_batch.setdefault(name, {})[batch] = median(values)
    by_streams: dict[str, dict[int, float]] = {}
    for count in streams if clip is not None else ():
        assert clip is not None
        for name, measure in _recorded(engine, device, clip, count, seconds):
            progress(f"{count} streams: {name}")
            if (made := measure()) is not None:
                by_streams.setdefault(name, {})[count] = made
    return GpuBench(
        model=f"{engine.model.name} {engine.model.version} {engine.model.sha256[:12]}",
        device=str(device),
        engine=engine.name,
        size=engine.image_size,
        clip=clip.name if clip is not None else None,
        by_batch=by_batch,
        by_streams=by_streams,
        machine=describe_machine(),
    )


def cuda_device(name: str) -> torch.device:
    """The device to measure.

    Raises:
        EngineError: there is none, and no CPU was asked for.
    """
    if name == "auto" and not torch.cuda.is_available():
        raise EngineError(
            f"`bench gpu` measures a CUDA device, and PyTorch {torch.__version__} sees none here. "
            "Check `nvidia-smi`; `--device cpu` measures what a CPU can do of it."
        )
    return torch_device(name)


def _recorded(
    engine: TorchEngine, device: torch.device, clip: Path, count: int, seconds: float
) -> Iterator[tuple[str, Callable[[], float | None]]]:
    """What is measured of so many recordings, and how."""
    cuda = device.type == "cuda"
    for name in DECODERS:
        if cuda or name not in NVDEC:
            yield name, partial(decoded, clip, name, count, seconds, engine.image_size)
    for name, decoder in LOOPS.items():
        if decoder == "software" or (cuda and hardware(decoder) is not None):
            yield name, partial(_looked_at, clip, engine, count, seconds, decoder)


def _looked_at(clip: Path, engine: TorchEngine, count: int, seconds: float, decoder: str) -> float:
    return recordings(clip, engine, count, seconds=START_S + seconds, decoder=decoder).fps


def _at_once(
    engine: TorchEngine, device: torch.device, batch: int, seconds: float
) -> Iterator[tuple[str, float]]:
    box = Letterbox.fit(PICTURE[1], PICTURE[0], engine.image_size)
    yield NETWORK, _network(engine, device, (batch, *box.shape), seconds)
    if device.type == "cuda":
        ready = np.random.default_rng(0).integers(0, 256, (batch, *box.shape, 3), np.uint8)
        engine.run_bare(ready, 2)  # which captures it
        times = max(1, round(seconds / _spent(lambda: engine.run_bare(ready, 4)) * 4))
        yield GRAPH, batch * times / _spent(lambda: engine.run_bare(ready, times))
    yield ENGINE, _engine(engine, random_pictures(batch), seconds)


def _network(
    engine: TorchEngine, device: torch.device, shape: tuple[int, int, int], seconds: float
) -> float:
    """Frames/s of the network as `load_detector` gives it, on floats that lie on the device."""
    cuda = device.type == "cuda"
    detector = load_detector(engine.model, device, half=cuda)
    planes = torch.rand(shape[0], 3, *shape[1:], device=device)
    planes = (planes.half() if cuda else planes).to(memory_format=torch.channels_last)

    def settle() -> None:
        if cuda:
            torch.cuda.synchronize(device)

    with torch.inference_mode():
        for _ in range(2):
            detector(planes)
        settle()
        started, runs = time.perf_counter(), 0
        while time.perf_counter() - started < seconds:
            for _ in range(4 if cuda else 1):  # enough to keep a device busy between two waits
                detector(planes)
                runs += 1
            settle()
    return runs * shape[0] / (time.perf_counter() - started)


def _engine(engine: TorchEngine, pictures: Sequence[Pixels], seconds: float) -> float:
    """Frames/s of `submit` and `result`."""
    for _ in range(2):
        engine.infer(pictures)
    started = time.perf_counter()
    done = asked(engine, pictures, lambda: time.perf_counter() - started >= seconds)
    return done / (time.perf_counter() - started)


def _spent(what: Callable[[], object]) -> float:
    started = time.perf_counter()
    what()
    return time.perf_counter() - started
