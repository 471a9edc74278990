"""Levels: how many cameras were held, and of what that is a share."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

HELD = 0.98
"""Share of the looks that were due, from which a level counts as held."""
YOUNG_S = 1.0
"""Age at delivery that 95 in 100 looks of a held level do not pass, in seconds."""


@dataclass(frozen=True, slots=True)
class Level:
    """One number of cameras, watched by one number of processes.

    Attributes:
        cameras: how many.
        workers: processes that share them.
        looks: per second, of all cameras together.
        reused: of these, per second, the ones for which an earlier look's detections were reused.
        due: looks per second that were asked for.
        age_p50_s, age_p95_s: from capture to delivery, in seconds.
        dropped: frames that were read and not looked at.
        cores: processor time per second of all processes that watch.
        server_cores: that of the server; None where it is not on this machine.
        memory_mb: memory of all that watch, at the end, see `Rig.memory_mb`.
        engine_fps: frames per second of the engine alone, before and after.
        limit: looks per second that its work and the readers' allow on the cores that the server
            leaves; None where the engine has a device of its own.
    """

    cameras: int
    workers: int
    looks: float
    reused: float
    due: float
    age_p50_s: float
    age_p95_s: float
    dropped: int
    cores: float
    server_cores: float | None
    memory_mb: float
    engine_fps: float
    limit: float | None

    @property
    def held(self) -> bool:
        """Whether this many cameras are held."""
        return self.looks >= HELD * self.due and self.age_p95_s <= YOUNG_S


@dataclass(frozen=True, slots=True)
class Stock:
    """Ultralytics' multi-stream loader: looks per second at each of so many cameras."""

    cameras: int
    looks_each: float

    def holds(self, looks: float) -> bool:
        """Whether each camera got this many looks per second; their age is not known."""
        return self.looks_each >= HELD * looks


@dataclass(frozen=True, slots=True)
class CamerasBench:
    """What was measured, on what, with what.

    `clip` is what the cameras showed, `transport` how it came (`rtsp`, `http`), `decided` whether
    every look was tracked and decided on, `reading_ms` what reading one camera for one look takes,
    in milliseconds of processor.
    """

    clip: str
    transport: str
    width: int
    height: int
    looks_each: float
    decided: bool
    seconds: float
    model: str
    engine: str
    reading_ms: float
    machine: dict[str, str]
    levels: tuple[Level, ...]
    stock: tuple[Stock, ...]

    @property
    def workers(self) -> tuple[int, ...]:
        """The numbers of workers that were measured."""
        return tuple(dict.fromkeys(level.workers for level in self.levels))

    def held(self, workers: int) -> Level | None:
        """The held level of so many workers with the most cameras; None where none is."""
        held = (v for v in self.levels if v.held and v.workers == workers)
        return max(held, key=lambda v: v.cameras, default=None)

    def mb_per_camera(self, workers: int) -> float | None:
        """Memory that each further camera took, in 2^20 bytes; None with a single level."""
        levels = [level for level in self.levels if level.workers == workers]
        first, last = levels[0], levels[-1]
        if first.cameras == last.cameras:
            return None
        return (last.memory_mb - first.memory_mb) / (last.cameras - first.cameras)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {**asdict(self), "by_workers": {n: self._of(n) for n in self.workers}}

    def _of(self, workers: int) -> dict[str, Any]:
        held = self.held(workers)
        return {
            "held": held.cameras if held else 0,
            "held_over_engine": held.looks / held.engine_fps if held else 0.0,
            "held_over_limit": held.looks / held.limit if held and held.limit else None,
            "mb_per_camera": self.mb_per_camera(workers),
        }
