"""The stock way: ultralytics' own loops, measured beside ours."""

from __future__ import annotations

import shutil
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scripts.bench.laps import Laps
from vision.engines.engine import Engine
from vision.errors import EngineError


@contextmanager
def stock_models(engine: Engine, *, wanted: bool) -> Iterator[Mapping[str, Path]]:
    """The files that the stock way is measured on, by the field of `Round` that it fills.

    Raises:
        EngineError: the package of its tracker is missing.
    """
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


def stock_fps(clip: Path, engine: Engine, weights: Path, frames: int) -> float:
    """Frames per second of `track(stream=True)` on one recording."""
    from ultralytics.models.yolo import YOLO

    laps = Laps()
    results = YOLO(str(weights), task="detect").track(
        str(clip),
        stream=True,
        imgsz=engine.image_size,
        device=_device(engine),
        verbose=False,
        save=False,
    )
    for _ in islice(results, frames):
        laps.tick()
    return laps.fps()


def stock_looks(engine: Engine, urls: Sequence[str], seconds: float) -> float:
    """Looks per second at each camera by its stream loader, which decodes everything."""
    from ultralytics.models.yolo import YOLO

    with TemporaryDirectory() as folder:
        listed = Path(folder) / "cameras.streams"
        listed.write_text("\n".join(urls))
        model: Any = YOLO(str(engine.model.path))
        results: Iterator[object] = iter(
            model.predict(
                str(listed),
                stream=True,
                imgsz=engine.image_size,
                device=_device(engine),
                verbose=False,
                save=False,
            )
        )
        for _ in islice(results, len(urls)):  # compiles and opens
            pass
        began, made, lasted = time.perf_counter(), 0, 0.0
        while lasted < seconds and next(results, None) is not None:
            made, lasted = made + 1, time.perf_counter() - began
        model.predictor.dataset.close()
    return made / len(urls) / lasted


def _device(engine: Engine) -> str:
    return "cuda" if engine.name.endswith("cuda") else "cpu"
