"""Many recordings at once through readers and one loop, every frame: frames per second."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from threading import Condition, Event

from scripts.bench.laps import LEAST
from vision.detections import Detections
from vision.engines.engine import Engine
from vision.errors import SourceBroken
from vision.frames import Frame
from vision.loop.loop import InferenceLoop
from vision.site import Camera
from vision.sources.mailbox import Mailbox
from vision.sources.reader import Reader
from vision.sources.source import Source, open_source

START_S = 1.0
"""Seconds at the start that do not count, of a measurement that lasts longer: opening, graphs."""


def recordings(
    clip: Path, engine: Engine, count: int, seconds: float, *, decoder: str = "software"
) -> float:
    """Frames per second of one recording, read `count` times at once.

    Raises:
        SourceBroken: the clip cannot be read.
        EngineError: the engine failed.
    """
    ready = Condition()
    times, enough = list[float](), Event()

    def deliver(_frame: Frame, _seen: Detections) -> None:
        times.append(time.perf_counter())
        if times[-1] - times[0] >= START_S + seconds and len(times) >= 2 * LEAST:
            enough.set()

    def opener(camera: Camera, *, stop: Event) -> Source:
        return open_source(camera, stop=stop, image_size=engine.image_size)

    boxes, readers = [], []
    for number in range(count):
        camera = Camera(
            id=f"r{number}", source=str(clip), analyse_fps=60, pace="fast", decoder=decoder
        )
        boxes.append(Mailbox(camera.id, live=False, ready=ready))
        readers.append(Reader(camera, boxes[-1], opener=opener))
    loop = InferenceLoop(engine, boxes, deliver, ready=ready)
    with ExitStack() as closing:
        loop.start()
        closing.callback(loop.stop)
        for reader in readers:
            reader.start()
            closing.callback(reader.stop)
        ended = False
        while not (enough.wait(0.05) or ended):
            ended = loop.wait_until_drained(0)  # a short recording ends before the time is up
    if len(times) < LEAST:
        raise SourceBroken(
            f"only {len(times)} frames could be measured; give a recording of {LEAST} or more"
        )
    counted = [at for at in times if at - times[0] >= START_S]
    counted = counted if len(counted) >= LEAST else times
    return (len(counted) - 1) / (counted[-1] - counted[0])
