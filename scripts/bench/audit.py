"""Measures an audit against its parts and against the stock way, in one run.

- decode: the photos decoded as the audit decodes them, one after the other, nothing else;
- engine: the network alone on ready tensors, a photo's looks at its tiles included;
- ours: an audit of the folder: read, hashed, looked at, decided, masked, drawn and stored;
- stock: ultralytics' `predict(stream=True, save=True)` on the same folder and `.pt`, which reads,
  looks at, draws and stores, and neither decides nor masks.

Ours and stock are measured in turns. Where others use the machine too, what each took of the
processors says more than the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from scripts.bench.loop import engine_alone
from scripts.machine import describe_machine
from vision.audit.auditor import Auditor
from vision.audit.derivative import LONGEST
from vision.audit.folder import AuditFolder
from vision.audit.intake.items import Item, take_in
from vision.decoding.decoder import Decode
from vision.engines.engine import Engine
from vision.errors import PictureError, SourceBroken
from vision.frames import Clock, Frame

LEAST = 8
"""Fewest photos that are worth measuring."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly it went: photos per second, and milliseconds of processor per photo."""

    rate: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class AuditBench:
    """Medians of the rounds; `stock` is empty where it was not measured."""

    photos: int
    megapixels: float
    model: str
    engine: str
    machine: dict[str, str]
    decode: Pace
    bare: Pace
    ours: tuple[Pace, ...]
    stock: tuple[Pace, ...]

    @property
    def limit(self) -> float:
        """Photos per second if all cores did nothing but decode and run the network."""
        return int(self.machine["cores"]) * 1e3 / (self.decode.cpu_ms + self.bare.cpu_ms)

    @property
    def own(self) -> Pace:
        """The median of our rounds."""
        return _median(self.ours)

    @property
    def peer(self) -> Pace | None:
        """The median of its rounds."""
        return _median(self.stock) if self.stock else None

    @property
    def times(self) -> Pace | None:
        """How many times as quick as stock ours is: by the clock, and by what it takes."""
        if not self.stock:
            return None
        pairs = list(zip(self.ours, self.stock, strict=True))
        return Pace(
            median(ours.rate / stock.rate for ours, stock in pairs),
            median(stock.cpu_ms / ours.cpu_ms for ours, stock in pairs),
        )

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        times = self.times
        return {**asdict(self), "limit": self.limit, "times": times and asdict(times)}


def _median(rounds: Sequence[Pace]) -> Pace:
    return Pace(median(one.rate for one in rounds), median(one.cpu_ms for one in rounds))


def bench_audit(
    folder: Path,
    engine: Engine,
    *,
    rounds: int = 1,
    stock: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> AuditBench:
    """Measure an audit of a folder.

    Args:
        folder: of photos; those that cannot be read, and zips, are left out.
        engine: warmed up here.
        rounds: how often ours and stock are measured, in turns.
        stock: measure ultralytics' own way too.
        progress: told what is being measured.

    Raises:
        SourceBroken: the folder holds too few photos.
        EngineError: the engine failed.
    """
    progress("decoding alone")
    given = take_in([folder], leave_out=folder / "none")
    items = [i for i in given if isinstance(i, Item) and i.member is None]
    first, megapixels, decode = _decoded([i.path for i in items])
    engine.warm_up()
    progress("engine alone")
    began = _Clock()
    times = max(32, len(items))
    engine_alone(engine, first, times)
    bare = began.pace(times + 2 * engine.batch)
    ours, peer = list[Pace](), list[Pace]()
    model = _warm(engine, items[0].path) if stock else None
    for number in range(rounds):
        progress(f"audit, round {number + 1}")
        ours.append(_ours(items, engine))
        if model is not None:
            progress(f"stock, round {number + 1}")
            peer.append(_stock(model, [i.path for i in items], engine))
    return AuditBench(
        photos=len(items),
        megapixels=megapixels,
        model=f"{engine.model.name} {engine.model.version} {engine.model.sha256[:12]}",
        engine=engine.name,
        machine=describe_machine(),
        decode=decode,
        bare=bare,
        ours=tuple(ours),
        stock=tuple(peer),
    )


class _Clock:
    """What has gone by since it was made."""

    def __init__(self) -> None:
        self._began, self._spent = time.perf_counter(), _spent_s()

    def pace(self, photos: int) -> Pace:
        """Of so many photos."""
        lasted, spent = time.perf_counter() - self._began, _spent_s() - self._spent
        return Pace(photos / lasted, 1e3 * spent / photos)


def _spent_s() -> float:
    """Processor seconds of this process and of those it started and that have ended."""
    return sum(sum(getrusage(of)[:2]) for of in (RUSAGE_SELF, RUSAGE_CHILDREN))


def _decoded(paths: Sequence[Path]) -> tuple[Frame, float, Pace]:
    """The first photo, the mean size in megapixels, and how quickly photos are decoded."""
    first, pixels, read = None, 0, 0
    began = _Clock()
    for path in paths:
        try:
            photo = Decode(path, LONGEST).answer()
        except PictureError:
            continue
        first = photo.pixels if first is None else first
        pixels, read = pixels + photo.width * photo.height, read + 1
    if first is None or read < LEAST:
        raise SourceBroken(
            f"only {read} photos could be measured; give a folder of {LEAST} or more"
        )
    return (
        Frame(first, "bench", datetime.now(UTC), 0, Clock.PHOTO),
        pixels / read / 1e6,
        began.pace(read),
    )


def _ours(items: Sequence[Item], engine: Engine) -> Pace:
    with TemporaryDirectory() as out, AuditFolder(Path(out)) as claimed:
        began = _Clock()
        pictures, _ = Auditor(claimed, engine, "en").run(items)
        return began.pace(len(pictures))


def _warm(engine: Engine, photo: Path) -> Any:
    """Ultralytics' model, loaded and run once; neither counts."""
    from ultralytics.models.yolo import YOLO

    model = YOLO(str(engine.model.path))
    model.predict(str(photo.resolve()), imgsz=engine.image_size, verbose=False)
    return model


def _stock(model: Any, paths: Sequence[Path], engine: Engine) -> Pace:
    device = "cuda" if engine.name.endswith("cuda") else "cpu"
    with TemporaryDirectory() as out:
        listed = Path(out) / "photos.txt"
        listed.write_text("\n".join(str(path.resolve()) for path in paths))
        began, done = _Clock(), 0
        results = model.predict(
            str(listed),
            stream=True,
            imgsz=engine.image_size,
            device=device,
            verbose=False,
            save=True,
            project=out,
        )
        for _ in results:
            done += 1
        return began.pace(done)
