"""Measures an audit against its parts and against the stock way, in one run.

- decode: the photos read and decoded, one thread, nothing else;
- engine: the network alone on ready tensors;
- ours: an audit of the folder: read, hashed, looked at, decided, masked, drawn and stored;
- stock: ultralytics' `predict(stream=True, save=True)` on the same folder and `.pt`, which reads,
  looks at, draws and stores, and neither decides nor masks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.bench.loop import engine_alone
from scripts.machine import describe_machine
from vision.audit.auditor import Auditor
from vision.audit.folder import AuditFolder
from vision.audit.intake import Item, take_in
from vision.engines.engine import Engine
from vision.errors import PictureError, SourceBroken
from vision.frames import Clock, Frame
from vision.sources.picture import read_picture

LEAST = 8
"""Fewest photos that are worth measuring."""


@dataclass(frozen=True, slots=True)
class AuditBench:
    """Photos per second; `stock` is None where it was not measured."""

    photos: int
    megapixels: float
    model: str
    engine: str
    machine: dict[str, str]
    decode: float
    bare: float
    ours: float
    stock: float | None

    @property
    def limit(self) -> float:
        """One part after the other, without waste: 1 / (1/decode + 1/engine)."""
        return 1 / (1 / self.decode + 1 / self.bare)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {**asdict(self), "limit": self.limit}


def bench_audit(
    folder: Path,
    engine: Engine,
    *,
    stock: bool = True,
    progress: Callable[[str], None] = lambda _: None,
) -> AuditBench:
    """Measure an audit of a folder.

    Args:
        folder: of photos; those that cannot be read, and zips, are left out.
        engine: warmed up here.
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
    bare = engine_alone(engine, first, max(32, len(items)))
    progress("audit")
    ours = _ours(items, engine)
    progress("stock")
    peer = _stock([i.path for i in items], engine) if stock else None
    return AuditBench(
        photos=len(items),
        megapixels=megapixels,
        model=f"{engine.model.name} {engine.model.version} {engine.model.sha256[:12]}",
        engine=engine.name,
        machine=describe_machine(),
        decode=decode,
        bare=bare,
        ours=ours,
        stock=peer,
    )


def _decoded(paths: Sequence[Path]) -> tuple[Frame, float, float]:
    """The first photo, the mean size in megapixels, and photos decoded per second."""
    first, pixels, read = None, 0, 0
    began = time.perf_counter()
    for path in paths:
        try:
            photo = read_picture(path)
        except PictureError:
            continue
        first = photo if first is None else first
        pixels, read = pixels + photo.size // 3, read + 1
    lasted = time.perf_counter() - began
    if first is None or read < LEAST:
        raise SourceBroken(
            f"only {read} photos could be measured; give a folder of {LEAST} or more"
        )
    return (
        Frame(first, "bench", datetime.now(UTC), 0, Clock.PHOTO),
        pixels / read / 1e6,
        read / lasted,
    )


def _ours(items: Sequence[Item], engine: Engine) -> float:
    with TemporaryDirectory() as out, AuditFolder(Path(out)) as claimed:
        began = time.perf_counter()
        pictures, _ = Auditor(claimed, engine, "en").run(items)
        return len(pictures) / (time.perf_counter() - began)


def _stock(paths: Sequence[Path], engine: Engine) -> float:
    from ultralytics.models.yolo import YOLO

    device = "cuda" if engine.name.endswith("cuda") else "cpu"
    with TemporaryDirectory() as out:
        listed = Path(out) / "photos.txt"
        listed.write_text("\n".join(str(path.resolve()) for path in paths))
        began, done = time.perf_counter(), 0
        results = YOLO(str(engine.model.path)).predict(
            str(listed),
            stream=True,
            imgsz=engine.image_size,
            device=device,
            verbose=False,
            save=True,
            project=out,
        )
        for _ in results:
            began = began if done else time.perf_counter()  # loading the model does not count
            done += 1
        return (done - 1) / (time.perf_counter() - began)
