"""Ways to decode a recording, many streams at once in threads: frames per second."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import av
from av.codec.hwaccel import HWAccel
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from vision.frames import fitted
from vision.sources.hardware import hardware
from vision.sources.on_device import take

SOFTWARE, SCALED, DOWNLOADED, KEPT, TAKEN = (
    "software decoder",
    "software decoder, scaled by FFmpeg",
    "NVDEC, frames downloaded",
    "NVDEC, frames kept on the device",
    "NVDEC, kept, the small picture made there and taken down",
)
NVDEC = frozenset({DOWNLOADED, KEPT, TAKEN})
DECODERS = (SOFTWARE, SCALED, DOWNLOADED, KEPT, TAKEN)

Use = Callable[[VideoFrame], object]


def decoded(clip: Path, way: str, streams: int, seconds: float, size: int) -> float | None:
    """Frames per second of a recording that so many threads decode, each from its start.

    Args:
        clip: the recording.
        way: one of `DECODERS`.
        streams: number of threads.
        seconds: how long.
        size: longer side to which frames are scaled, pixels.

    Returns:
        None where this machine cannot do it.
    """
    if way in NVDEC and hardware("cuda") is None:
        return None
    counts = [0] * streams
    until = time.perf_counter() + seconds
    threads = [
        Thread(target=_decode, args=(clip, way, size, until, counts, number))
        for number in range(streams)
    ]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def _decode(clip: Path, way: str, size: int, until: float, counts: list[int], number: int) -> None:
    use = _use(way, size)
    while time.perf_counter() < until:
        with av.open(str(clip), hwaccel=_hwaccel(way)) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for frame in container.decode(stream):
                use(frame)
                counts[number] += 1
                if time.perf_counter() >= until:
                    return


def _hwaccel(way: str) -> HWAccel | None:
    if way not in NVDEC:
        return None
    return HWAccel("cuda", options={"primary_ctx": "1"}, is_hw_owned=way != DOWNLOADED)


def _use(way: str, size: int) -> Use:
    scaler = VideoReformatter()

    def taken(frame: VideoFrame) -> object:
        return take(frame, fitted(frame.width, frame.height, size), scaler)

    return taken if way in {SCALED, TAKEN} else lambda _: None
