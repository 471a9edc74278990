"""Recordings: so many at once, every frame looked at, by one process or by workers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scripts.bench.laps import LEAST, SKIPPED
from scripts.bench.rig import Rig
from vision.engines.engine import Engine
from vision.errors import SourceBroken
from vision.model_choice import ModelChoice

_POLL_S = 0.05
"""Seconds between two looks at how far it is; when each frame was done is known exactly."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What recordings, loop and engine make together.

    Attributes:
        fps: frames per second, of all recordings.
        processor_ms: of a processor for each frame, in milliseconds, of all processes.
        memory_mb: of all processes at the end, see `Rig.memory_mb`.
    """

    fps: float
    processor_ms: float
    memory_mb: float


def recordings(
    clip: Path,
    engine: Engine,
    count: int,
    *,
    frames: int = LEAST,
    seconds: float = 0.0,
    workers: int = 1,
    choice: ModelChoice | None = None,
    decoder: str = "software",
) -> Whole:
    """Measure one recording that is read `count` times at once, each on its own.

    The first frames of each do not count, nor what comes after one of them has ended.

    Args:
        clip: the recording.
        engine: warmed up.
        count: how many are read.
        frames: of each on average, after which it is stopped.
        seconds: that it lasts at least, if the recording does.
        workers, choice: see `Rig`.
        decoder: see `vision.site.Camera`.

    Raises:
        SourceBroken: the clip cannot be read, or is too short.
        EngineError: the engine failed.
    """
    more: dict[str, Any] = {"pace": "fast", "decoder": decoder}
    with Rig(
        [str(clip)] * count, engine, choice=choice, workers=workers, looks=60.0, **more
    ) as rig:
        begun = None
        while True:
            ended, looks = rig.ended(), rig.looks()
            fewest = _fewest(looks, count)
            if begun is None and fewest >= SKIPPED:
                begun = len(looks), rig.spent_s()
            enough = len(looks) >= frames * count and fewest >= LEAST and _lasted(looks) >= seconds
            if ended or (enough and begun):
                break
            time.sleep(_POLL_S)
        spent, memory_mb = rig.spent_s(), rig.memory_mb()
    fps = _fps(looks, count)
    if begun is None or begun[0] == len(looks):  # it was over within a poll
        return Whole(fps, float("nan"), memory_mb)
    looked, spent = len(looks) - begun[0], spent - begun[1]
    return Whole(fps, 1000 * spent / looked, memory_mb)


def _fewest(looks: NDArray[np.void], count: int) -> int:
    """Looks at the recording that was looked at the least."""
    return int(np.bincount(looks["camera"], minlength=count).min())


def _lasted(looks: NDArray[np.void]) -> float:
    return float(looks["at"][-1] - looks["at"][0]) if len(looks) else 0.0


def _fps(looks: NDArray[np.void], count: int) -> float:
    """Frames per second while all recordings were under way, each past its first frames."""
    if (fewest := _fewest(looks, count)) < LEAST:
        raise SourceBroken(
            f"only {fewest} frames could be measured; give a recording of {LEAST} or more"
        )
    times = [looks["at"][looks["camera"] == number] for number in range(count)]
    begin, end = max(at[SKIPPED - 1] for at in times), min(at[-1] for at in times)
    if not begin < end:
        raise SourceBroken("the recordings did not run at the same time; give a longer one")
    return int(np.sum((looks["at"] > begin) & (looks["at"] <= end))) / float(end - begin)
